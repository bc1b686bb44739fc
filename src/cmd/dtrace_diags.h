/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Diagnostics in the shape that the command dtrace gives them, for programs that read them. */
#ifndef CEPHTAP_CMD_DTRACE_DIAGS_H
#define CEPHTAP_CMD_DTRACE_DIAGS_H

#include "lib/diag.h"

/*
 * "dtrace: failed to compile script x.d: [D_SYNTAX] line 3: ...", or "dtrace: invalid probe specifier CLAUSE: ..." for
 * a clause of the command line. The first error alone, as nothing is compiled behind it there. A tag is printed with
 * `with_tags`.
 */
void dtrace_diags_print(const struct diags *diags, bool with_tags, struct buf *out);

#endif
