/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `#pragma D option name=value`. */
#include "front/d/check/check.h"

bool check_pragmas(const struct script *script, struct options *options, struct diags *diags)
{
	struct buf why = {0};
	bool ok = true;

	for (const struct pragma *pragma = script->pragmas; pragma; pragma = pragma->next) {
		buf_clear(&why);
		if (!options_set(options, pragma->name, pragma->value, &why))
			continue;
		diag_error(diags, pragma->loc, "D_PRAGMA_OPTSET", "%s", why.data);
		ok = false;
	}
	buf_free(&why);
	return ok;
}
