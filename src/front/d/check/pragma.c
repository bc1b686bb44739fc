/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `#pragma D option name=value`, and what pragmas say of names: those must be the script's, and there must be such. */
#include <string.h>

#include "agg/agg.h"
#include "front/d/check/ctx.h"

bool check_pragmas(const struct script *script, struct options *options, struct diags *diags)
{
	struct buf why = {0};
	bool ok = true;

	for (const struct pragma *pragma = script->pragmas; pragma; pragma = pragma->next) {
		buf_clear(&why);
		if (pragma->kind != PRAGMA_OPTION || !options_set(options, pragma->name, pragma->value, &why))
			continue;
		diag_error(diags, pragma->loc, "D_PRAGMA_OPTSET", "%s", why.data);
		ok = false;
	}
	buf_free(&why);
	return ok;
}

static bool has_probes(struct check_ctx *ctx, const struct probe_desc *desc)
{
	const char *why = NULL;

	return ctx->source->find(ctx->source, desc, &why).len;
}

/* A provider or module is there when it has a probe. */
static bool is_there(struct check_ctx *ctx, const struct pragma *pragma)
{
	struct probe_desc desc = {.prov = "", .mod = "", .func = "", .name = ""};

	if (!strcmp(pragma->of, "provider"))
		desc.prov = pragma->name;
	else
		desc.mod = pragma->name;
	return has_probes(ctx, &desc) || (!strcmp(pragma->of, "module") && !strcmp(pragma->name, "vmlinux"));
}

static void check_depends_on(struct check_ctx *ctx, const struct pragma *pragma)
{
	if (!strcmp(pragma->of, "library"))
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_DEPEND",
			   "only a library can depend on a library: a script has all of them");
	else if (!is_there(ctx, pragma))
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_DEPEND", "there is no %s `%s`", pragma->of, pragma->name);
}

static void check_provider_part(struct check_ctx *ctx, const struct pragma *pragma)
{
	const struct probe_desc desc = {.prov = pragma->of, .mod = "", .func = "", .name = ""};

	if (!has_probes(ctx, &desc))
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_UNUSED", "there is no provider `%s`", pragma->of);
	else if (!pragma->name)
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_INVAL",
			   "provider, module, function, name and args are the parts of a provider");
}

static void check_named(struct check_ctx *ctx, const struct pragma *pragma)
{
	const char *name = pragma->name;

	if (builtin_find(name) || func_find(name) || agg_find(name))
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_SCOPE", "`%s` is D's, not the script's", name);
	else if (!nametab_find(&ctx->constants, 0, name) && !check_var_find(ctx, SCOPE_GLOBAL, name))
		diag_error(ctx->diags, pragma->loc, "D_PRAGMA_UNUSED", "the script has no variable or inline `%s`",
			   name);
}

void check_pragma_names(struct check_ctx *ctx, const struct script *script)
{
	for (const struct pragma *pragma = script->pragmas; pragma; pragma = pragma->next) {
		if (pragma->kind == PRAGMA_DEPENDS_ON)
			check_depends_on(ctx, pragma);
		else if (pragma->kind == PRAGMA_ATTRIBUTES && pragma->of)
			check_provider_part(ctx, pragma);
		else if (pragma->kind != PRAGMA_OPTION)
			check_named(ctx, pragma);
	}
}
