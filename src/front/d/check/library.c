/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * D's library: the types, translators and constants that scripts find already declared, written in D (library.d). Most
 * scripts need none of it: it is parsed when the first name is looked up, and of it only what is used is checked.
 */
#include <string.h>

#include "front/d/check/ctx.h"
#include "lib/embed.h"

static struct decl *library(struct check_ctx *ctx)
{
	static const struct macros no_macros;
	struct script *script;

	if (ctx->library)
		return ctx->library->decls;
	ctx->library = script = arena_new_one(ctx->arena, struct script);
	/* a test sees to it that it has no errors */
	ast_parse(ctx->arena, embedded_unpack(ctx->arena, embedded_library), &no_macros, ctx->diags, script);
	return script->decls;
}

/* The declaration of a type is found by "psinfo_t" and by "struct psinfo". */
static bool declares(const struct decl *decl, const char *name, bool is_type)
{
	switch (decl->kind) {
	case DECL_TYPEDEF:
	case DECL_STRUCT:
	case DECL_UNION:
		return is_type && !strcmp(decl->name, name);
	case DECL_INLINE:
		return !is_type && !strcmp(decl->name, name);
	default:
		return false;
	}
}

bool library_declare(struct check_ctx *ctx, const char *name, bool is_type)
{
	unsigned nodes = ctx->nodes;
	bool outer = ctx->in_library;
	struct decl *decl;

	for (decl = library(ctx); decl && !declares(decl, name, is_type);)
		decl = decl->next;
	if (!decl || decl->is_declared)
		return false;
	decl->is_declared = true;
	ctx->in_library = true;
	check_decl(ctx, decl);
	ctx->in_library = outer;
	ctx->nodes = nodes;
	return true;
}

void library_translators(struct check_ctx *ctx, const char *out)
{
	bool outer = ctx->in_library;
	struct decl *decl;

	for (decl = library(ctx); decl; decl = decl->next) {
		if (decl->kind != DECL_TRANSLATOR || decl->is_declared || strcmp(decl->tspec->name, out))
			continue;
		decl->is_declared = true;
		ctx->in_library = true;
		check_translator(ctx, decl);
		ctx->in_library = outer;
	}
}
