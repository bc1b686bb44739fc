/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built-in variables. */
#include "func/gen.h"
#include "func/tables.h"

#define INT(id, in_d, code, text)                                                                                      \
	{                                                                                                              \
		.name = (id), .type = (in_d), .gen = (code), .doc = (text)                                             \
	}
#define STRING(id, room, code, text)                                                                                   \
	{                                                                                                              \
		.name = (id), .type = "string", .string_size = (room), .gen = (code), .doc = (text)                    \
	}

const struct builtin builtins[] = {
	INT("arg0", "int64_t", NULL, "argument 0 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg1", "int64_t", NULL, "argument 1 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg2", "int64_t", NULL, "argument 2 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg3", "int64_t", NULL, "argument 3 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg4", "int64_t", NULL, "argument 4 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg5", "int64_t", NULL, "argument 5 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg6", "int64_t", NULL, "argument 6 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg7", "int64_t", NULL, "argument 7 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg8", "int64_t", NULL, "argument 8 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("arg9", "int64_t", NULL, "argument 9 of the probe as a raw 64-bit number; 0 where there is none"),
	INT("args", "int64_t", NULL, "the probe's arguments with their types: args[0] and so on"),
	INT("pid", "pid_t", gen_pid, "the process that hit the probe"),
	INT("tid", "pid_t", gen_tid, "the thread that hit the probe"),
	INT("ppid", "pid_t", gen_ppid, "the parent of that process"),
	INT("uid", "uid_t", gen_uid, "its real user id"),
	INT("gid", "gid_t", gen_gid, "its real group id"),
	INT("curthread", "struct task_struct *", gen_curthread, "the kernel's description of that thread"),
	INT("errno", "int", gen_errno, "at syscall:::return the error of the system call; 0: none"),
	INT("usp", "uint64_t", gen_usp, "the stack pointer of the process where its probe was hit; 0 where that is not known"),
	INT("cpu", "processorid_t", gen_cpu, "the processor that the probe was hit on"),
	STRING("execname", 16, gen_execname, "the name of the thread's command"),
	INT("timestamp", "uint64_t", gen_timestamp, "nanoseconds of a clock that never steps: for differences"),
	INT("walltimestamp", "int64_t", gen_walltimestamp, "nanoseconds since 1970-01-01 00:00 UTC"),
	STRING("probeprov", 64, gen_probestr, "the probe's provider"),
	STRING("probemod", 128, gen_probestr, "the probe's module"),
	STRING("probefunc", 128, gen_probestr, "the probe's function"),
	STRING("probename", 128, gen_probestr, "the probe's name"),
	STRING("daemon", 32, gen_daemon,
	       "the Ceph daemon that hit the probe: osd.3, mon.a, client.admin; empty when it is none"),
	STRING("procname", 32, gen_procname,
	       "the process by name: the Ceph daemon, else its command, which has a ~ before it when it is called as daemons are"),
	INT("epid", "uint32_t", gen_epid, "the clause and probe together, as a number"),
	INT("id", "uint32_t", gen_id, "the probe's number, as `cephtap list` shows it"),
	{0},
};
