/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code of functions and built-in variables: the `gen` member of struct func and struct builtin, made in src/code. What
 * each must do is its `doc` in the tables of src/func.
 */
#ifndef CEPHTAP_FUNC_GEN_H
#define CEPHTAP_FUNC_GEN_H

#include "func/func.h"

void gen_copyin(struct gen *gen, const struct expr *call, struct value *result);
void gen_copyinstr(struct gen *gen, const struct expr *call, struct value *result);
void gen_strlen(struct gen *gen, const struct expr *call, struct value *result);
void gen_strjoin(struct gen *gen, const struct expr *call, struct value *result);
void gen_substr(struct gen *gen, const struct expr *call, struct value *result);

void gen_stack(struct gen *gen, const struct expr *call, struct value *result);
void gen_ustack(struct gen *gen, const struct expr *call, struct value *result);
void gen_symbol(struct gen *gen, const struct expr *call, struct value *result); /* its name says whose: the process's with a u */

void gen_pid(struct gen *gen, const struct expr *node, struct value *result);
void gen_tid(struct gen *gen, const struct expr *node, struct value *result);
/* For ebpf: R0 = a number of the thread, the same wherever the script asks: key of its self-> variables. */
void gen_thread_key(struct gen *gen);
/* For ebpf: R0 = the process, by the whole host's number, of the thread whose task_struct is there. */
struct argloc;
void gen_task_pid(struct gen *gen, const struct argloc *task);
void gen_curthread(struct gen *gen, const struct expr *node, struct value *result);
void gen_errno(struct gen *gen, const struct expr *node, struct value *result);
void gen_ppid(struct gen *gen, const struct expr *node, struct value *result);
void gen_uid(struct gen *gen, const struct expr *node, struct value *result);
void gen_gid(struct gen *gen, const struct expr *node, struct value *result);
void gen_usp(struct gen *gen, const struct expr *node, struct value *result);
void gen_cpu(struct gen *gen, const struct expr *node, struct value *result);
void gen_execname(struct gen *gen, const struct expr *node, struct value *result);
void gen_timestamp(struct gen *gen, const struct expr *node, struct value *result);
void gen_walltimestamp(struct gen *gen, const struct expr *node, struct value *result);
void gen_probestr(struct gen *gen, const struct expr *node, struct value *result); /* node->name says which of the four */
void gen_daemon(struct gen *gen, const struct expr *node, struct value *result);
void gen_procname(struct gen *gen, const struct expr *node, struct value *result);
void gen_epid(struct gen *gen, const struct expr *node, struct value *result);
void gen_id(struct gen *gen, const struct expr *node, struct value *result);

#endif
