/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 -s */
/* marker_args.c, the same without .symtab */
#include "marker_args.c"
