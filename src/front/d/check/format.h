/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats and the types of what they print. False after a diagnostic (D_PRINTF_ARG_TYPE, ...). */
#ifndef CEPHTAP_D_CHECK_FORMAT_H
#define CEPHTAP_D_CHECK_FORMAT_H

#include "lib/diag.h"
#include "plan/type.h"
#include "schema/format.h"

/* A format's text, which stands at `loc`; NULL after a diagnostic. */
struct format *check_format(struct arena *arena, const char *text, size_t size, struct loc loc, struct diags *diags);
/*
 * printf: too few values (D_PRINTF_ARG_PROTO, D_PRINTF_DYN_PROTO), too many (D_PRINTF_ARG_EXTRA, at the first that is
 * too many), and each type; locs[i] is where argument i stands. `func_name`: "printf".
 */
bool check_format_args(const struct format *format, const char *func_name, const struct type *const *types,
		       const struct loc *locs, unsigned args_len, struct loc call, struct diags *diags);
/*
 * printa: the same for the aggregations' keys, and whether there are more %@ than aggregations (with one aggregation
 * each %@ means that one).
 */
bool check_format_keys(const struct format *format, const char *func_name, const struct type *const *keys,
		       unsigned keys_len, unsigned aggs_len, struct loc call, struct diags *diags);

#endif
