/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sub-commands, one file each. In: what follows `cephtap NAME`, with the name as argv[0]. Out: the exit status, by the
 * rule of cmd/option.h.
 */
#ifndef CEPHTAP_CMD_CMD_H
#define CEPHTAP_CMD_CMD_H

int cmd_card(int argc, char **argv);
int cmd_catalogue(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_dtrace(int argc, char **argv);
int cmd_learn(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_picture(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_stamp(int argc, char **argv);
int cmd_stap(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_weave(int argc, char **argv);
int cmd_run(int argc, char **argv);	      /* cephtap SCRIPT.d, cephtap -n 'clause' */
int cmd_run_as_dtrace(int argc, char **argv); /* the same, as the command dtrace */

/* The type of a probe's argument as D has it, for people. */
struct arg;
const char *cmd_type_of(const struct arg *arg);

void cmd_run_help(void);
int cmd_usage(void);

#endif
