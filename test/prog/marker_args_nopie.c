/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 -fno-pie -no-pie */
/* marker_args.c, the same at fixed addresses */
#include "marker_args.c"
