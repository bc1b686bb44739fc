/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's conventions: registers and their numbers, where arguments and results are, what the kernel saves of a
 * process. One file for each architecture has them, under the same names; what decodes or writes instructions is apart
 * (lib/x86.h, probe/argtext.c, probe/leaving.c, probe/prologue.c, ceph/stamp.c).
 *
 * x86_64 is the only one that is written. Elsewhere cephtap builds with it, reads files of x86_64, and `cephtap doctor`
 * says what is missing.
 */
#ifndef CEPHTAP_LIB_ABI_H
#define CEPHTAP_LIB_ABI_H

#include "lib/abi_x86_64.h"

#endif
