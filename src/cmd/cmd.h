/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sub-commands, one file each. In: what follows `cephtap NAME`, with the name as argv[0]. Out: the exit status: 0, 1 for a failure
 * that was said on stderr, 2 for a command line that makes no sense.
 */
#ifndef CEPHTAP_CMD_CMD_H
#define CEPHTAP_CMD_CMD_H

#include <stdbool.h>

int cmd_catalogue(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_dtrace(int argc, char **argv);
/* Is a command line of the name dtrace one for cmd_dtrace (-h, -G)? Else it runs a script. */
int cmd_dtrace_is_meant(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_picture(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_report_calls(int argc, char **argv); /* report calls: the name is argv[0] */
int cmd_stamp(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_weave(int argc, char **argv);
int cmd_run(int argc, char **argv); /* cephtap SCRIPT.d, cephtap -n 'clause' */

/* As getopt_long(); '?': what is wrong was said on stderr, with the command's `name`. */
struct option;
int cmd_option(const char *name, int argc, char **argv, const char *shorts, const struct option *longs);

/* --max-cost. False: a sentence in *why. */
struct options;
struct buf;
bool cmd_take_max_cost(struct options *options, const char *text, struct buf *why);

void cmd_run_help(void);
int cmd_usage(void);

#endif
