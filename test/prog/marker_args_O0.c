/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O0 */
/* marker_args.c, the same without optimisation */
#include "marker_args.c"
