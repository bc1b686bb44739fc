/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command line of the user's, by the shell, as a process of its own that is waited for. */
#ifndef CEPHTAP_LIB_BY_SHELL_H
#define CEPHTAP_LIB_BY_SHELL_H

#include <stdbool.h>

/* What it prints goes to standard output, or, `aside`, to standard error. Returns 0, or a negative errno when it could
 * not be started. */
int by_shell_run(const char *command, bool aside);

#endif
