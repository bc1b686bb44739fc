/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls: names and numbers. */
#ifndef CEPHTAP_PROBE_SYSCALL_H
#define CEPHTAP_PROBE_SYSCALL_H

enum { SYSCALL_NAMES = 470 };

extern const char *const syscall_names[SYSCALL_NAMES]; /* by number; NULL: there is none */

/* -1: no system call has this name. */
int syscall_number(const char *name);

#endif
