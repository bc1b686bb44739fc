/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front/stap/check.h"

#include <string.h>

static const char *kind_of(const struct stap_node *node)
{
	switch (node->kind) {
	case S_NUMBER:
		return "number";
	case S_TEXT:
		return "string";
	case S_NAME:
	case S_INDEX:
	case S_CALL:
	case S_PRINT:
		return "identifier";
	case S_TARGET:
		return node->name[0] == '$' ? "identifier" : "operator";
	default:
		return "operator";
	}
}

/* The same place with the same words is told once: a handler may be bound to several places. */
static struct diag *add(struct diags *diags, struct loc loc, const char *text)
{
	for (const struct diag *diag = diags->first; diag; diag = diag->next)
		if (diag->loc.source == loc.source && diag->loc.offset == loc.offset && !strcmp(diag->text, text))
			return NULL;
	return diag_error(diags, loc, "semantic", "%s", text);
}

void stap_complain(struct diags *diags, const struct stap_node *node, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	diag_hint(diags, add(diags, node->loc, text), "%s '%.60s'", kind_of(node), node->name ? node->name : "");
}

void stap_complain_at(struct diags *diags, struct loc loc, const char *name, const char *format, ...)
{
	va_list args;
	const char *text;
	struct diag *diag;

	va_start(args, format);
	text = arena_vprintf(diags->arena, format, args);
	va_end(args);
	diag = add(diags, loc, text);
	if (*name)
		diag_hint(diags, diag, "identifier '%.60s'", name);
}

bool stap_check(struct stap_script *script, struct diags *diags)
{
	stap_check_points(script, diags);
	if (!diags->errors)
		stap_check_names(script, diags);
	if (!diags->errors)
		stap_check_types(script, diags);
	return !diags->errors;
}
