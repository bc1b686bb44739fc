/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line of a script (run_line.c) sets and running it (run.c) takes. */
#ifndef CEPHTAP_CMD_RUN_H
#define CEPHTAP_CMD_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cmd/option.h"
#include "cmd/record.h"
#include "report/formats.h"
#include "run/pipeline.h"
#include "run/target.h"

struct run {
	struct arena *arena;
	struct pipeline pipeline;
	struct target_list targets;
	struct pipeline_times times;
	struct option_loop loop;
	const char *command, *wait_for, *output, *dump, *script, *ctf;
	enum report_form form;
	struct buf why;
	uint64_t seconds, every;
	bool timing, check_only, list;
	pid_t child;
	struct record_request *record; /* NULL: no recording is made */
	const char *name;	       /* what messages begin with */
	struct as_dtrace {
		bool is_meant, preprocesses, is_verbose, lists_programs;
		const char *refused; /* why one of the options cannot be */
		const char **cpp_args, **libraries;
		unsigned cpp_args_len, libraries_len;
	} dtrace;
};

/* Options, then the script and its arguments. */
enum outcome run_read_command_line(struct run *run, int argc, char **argv);

#endif
