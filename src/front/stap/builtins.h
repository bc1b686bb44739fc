/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions that are not written in the language: name, then result and parameters as in struct stap_builtin. What runs
 * them has a C function for each (src/stap/calls.c). */
#ifndef CEPHTAP_FRONT_STAP_BUILTINS_H
#define CEPHTAP_FRONT_STAP_BUILTINS_H

#define STAP_BUILTINS(X)                                                                                               \
	X(abort, "v")                                                                                                  \
	X(cmdline_str, "s")                                                                                            \
	X(cpu, "l")                                                                                                    \
	X(ctime, "s|l")                                                                                                \
	X(egid, "l")                                                                                                   \
	X(env_var, "ss")                                                                                               \
	X(errno_str, "sl")                                                                                             \
	X(error, "vs")                                                                                                 \
	X(euid, "l")                                                                                                   \
	X(execname, "s")                                                                                               \
	X(exit, "v")                                                                                                   \
	X(get_cycles, "l")                                                                                             \
	X(gettimeofday_ns, "l")                                                                                        \
	X(gid, "l")                                                                                                    \
	X(isdigit, "ls")                                                                                               \
	X(isinstr, "lss")                                                                                              \
	X(jiffies, "l")                                                                                                \
	X(ktime_get_ns, "l")                                                                                           \
	X(log, "vs")                                                                                                   \
	X(matched, "sl")                                                                                               \
	X(ngroups, "l")                                                                                                \
	X(pgrp, "l")                                                                                                   \
	X(pid, "l")                                                                                                    \
	X(pn, "s")                                                                                                     \
	X(pp, "s")                                                                                                     \
	X(ppid, "l")                                                                                                   \
	X(randint, "ll")                                                                                               \
	X(sid, "l")                                                                                                    \
	X(str_replace, "ssss")                                                                                         \
	X(string_quoted, "ss")                                                                                         \
	X(stringat, "lsl")                                                                                             \
	X(strlen, "ls")                                                                                                \
	X(strpos, "lss")                                                                                               \
	X(strtol, "lsl")                                                                                               \
	X(substr, "ssll")                                                                                              \
	X(target, "l")                                                                                                 \
	X(text_str, "ss")                                                                                              \
	X(text_strn, "ssll")                                                                                           \
	X(tid, "l")                                                                                                    \
	X(tokenize, "ss|s")                                                                                            \
	X(tz_ctime, "sl")                                                                                              \
	X(tz_gmtoff, "l")                                                                                              \
	X(tz_name, "s")                                                                                                \
	X(uid, "l")                                                                                                    \
	X(warn, "vs")

#define STAP_BUILTIN_ID(name, proto) STAP_FN_##name,
enum stap_builtin_id { STAP_BUILTINS(STAP_BUILTIN_ID) STAP_FNS };

#endif
