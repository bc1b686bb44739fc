/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fronts: what turns a language's text into a plan. One folder and one row of the table in table.c for each. Pure: no
 * files, no globals, no root; what a script can know of the host is an argument.
 */
#ifndef CEPHTAP_FRONT_FRONT_H
#define CEPHTAP_FRONT_FRONT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"

struct options;
struct plan;
struct probe_desc;
struct probe_source;

/* What a script is called with: what $1, $$1, $target and the like stand for. */
struct macros {
	const char *script_name; /* $0 */
	char **args;		 /* $1 ... */
	unsigned args_len;
	bool *args_used; /* set by the parser; NULL: do not care */
	pid_t pid, ppid, pgid,
		sid; /* $pid ...: of the tracer itself, filled by the caller, since the parser sees no host */
	uid_t uid, euid;
	gid_t gid, egid;
	pid_t target;	   /* $target; 0: none, then using it is an error */
	bool default_args; /* -x defaultargs: a missing $n is 0, a missing $$n is "" */
};

/*
 * A language. `script` is what begin() made, which each front has a structure of its own for. The functions are called
 * in the order that they are listed in; one that returns false, or no plan, has said why in `diags`, and none is called
 * after it.
 */
struct front_ops {
	const char *name;
	const char *suffix; /* of files: ".d" */
	const char *doc;
	void *(*begin)(struct arena *arena);
	/* Adds one text to the script; may be called several times. */
	bool (*parse)(void *script, const struct source *source, const struct macros *macros, struct diags *diags);
	unsigned (*clauses_len)(const void *script); /* so far */
	/* Sets the options that the script itself asks for. */
	bool (*set_options)(void *script, struct options *options, struct diags *diags);
	const struct plan *(*check)(void *script, struct probe_source *probes, const struct options *options,
				    struct diags *diags);
	/* One description of probes alone, as `cephtap list` takes it. */
	bool (*parse_desc)(struct arena *arena, const struct source *source, struct diags *diags,
			   struct probe_desc *desc);
	/* For reading: the tokens of one text; the script after parse(); after check(). */
	void (*dump_tokens)(const struct source *source, struct buf *out);
	void (*dump_tree)(const void *script, struct buf *out);
	void (*dump_checked)(const void *script, struct buf *out);
};

extern const struct front_ops front_d;

/* By the suffix of a file; without a known one (NULL: no file) the first row. */
const struct front_ops *front_for(const char *path);

#endif
