/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What weaving writes: a marker's call, the header with all markers' macros, and the switch in CMake. */
#include <ctype.h>
#include <string.h>

#include <cephtap/marker.h> /* so that this file is compiled again when the header changes, which it takes in below */

#include "ceph/weave.h"

enum { LINE_WIDTH = 80 };

__asm__(".section .rodata\n"
	".globl weave_marker_h\n"
	".hidden weave_marker_h\n"
	"weave_marker_h:\n"
	".incbin \"include/cephtap/marker.h\"\n"
	".byte 0\n"
	".previous\n");

const char weave_option[] =
	"option(" WEAVE_OPTION " \"Markers for SystemTap, DTrace, bpftrace, perf and cephtap\" OFF)\n"
	"configure_file(\n"
	"  ${CMAKE_SOURCE_DIR}/src/common/ceph_markers_config.h.in\n"
	"  ${CMAKE_BINARY_DIR}/include/ceph_markers_config.h)\n"
	"\n";

const char weave_config[] = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
			    "#cmakedefine " WEAVE_OPTION "\n";

/* ceph_osd, op-start: CEPH_OSD_OP_START */
static void add_macro(struct buf *out, const struct cat_marker *marker)
{
	const char *const parts[] = {marker->provider, marker->name};
	unsigned i;

	for (i = 0; i < 2; i++) {
		const char *p;

		for (p = parts[i]; *p; p++)
			buf_putc(out, *p == '-' ? '_' : (char)toupper((unsigned char)*p));
		if (!i)
			buf_putc(out, '_');
	}
}

/* ---- calls ---- */

static const char *renamed(const struct weave_call *call, const char *name, size_t size)
{
	unsigned i;

	for (i = 0; call->names && call->names[i]; i += 2)
		if (strlen(call->names[i]) == size && !memcmp(call->names[i], name, size))
			return call->names[i + 1];
	return NULL;
}

/* An expression with the tree's names of parameters, and the value that is returned for $ret. */
static const char *expression(struct arena *arena, const struct weave_call *call, const char *expr)
{
	struct buf out = {0}, why = {0};
	struct cxx_file file;
	size_t at = 0;
	uint32_t i;
	char *text;

	if (cxx_tokens(arena, expr, strlen(expr), &file, &why)) {
		buf_free(&why);
		return expr;
	}
	for (i = 0; i < file.tokens_len; i++) {
		const struct cxx_token *token = &file.tokens[i];
		bool is_member =
			i && (cxx_is(&file, i - 1, ".") || cxx_is(&file, i - 1, "->") || cxx_is(&file, i - 1, "::"));
		const char *now =
			token->kind == CXX_NAME && !is_member ? renamed(call, expr + token->at, token->size) : NULL;

		if (cxx_is(&file, i, "$") && cxx_is(&file, i + 1, "ret") && call->value) {
			buf_add(&out, expr + at, token->at - at);
			buf_puts(&out, call->value);
			i++;
			at = file.tokens[i].at + file.tokens[i].size;
		} else if (now) {
			buf_add(&out, expr + at, token->at - at);
			buf_puts(&out, now);
			at = token->at + token->size;
		}
	}
	buf_puts(&out, expr + at);
	text = arena_strdup(arena, out.data);
	buf_free(&out);
	return text;
}

/* `a && b` of conditions, each in parentheses where it must be. */
static void add_conditions(struct arena *arena, const struct weave_call *call, unsigned *i, const char *before,
			   struct buf *out)
{
	for (; *i < call->source->stmts_len && call->source->stmts[*i].kind == CAT_WHEN; ++*i) {
		const char *expr = expression(arena, call, call->source->stmts[*i].expr);
		bool is_loose = strstr(expr, "||") || strchr(expr, '?');

		buf_printf(out, is_loose ? "%s(%s)" : "%s%s", before, expr);
		before = " && ";
	}
}

static const char *argument(struct arena *arena, const struct weave_call *call, const char *name)
{
	unsigned i;

	for (i = 0; i < call->source->stmts_len; i++)
		if (call->source->stmts[i].kind == CAT_SET && !strcmp(call->source->stmts[i].name, name))
			return expression(arena, call, call->source->stmts[i].expr);
	return "0"; /* catalogue_check() does not let this be */
}

static void add_macro_call(struct arena *arena, const struct weave_call *call, const char *indent, struct buf *out)
{
	size_t column, line;
	unsigned i;

	line = out->size;
	buf_puts(out, indent);
	add_macro(out, call->marker);
	buf_putc(out, '(');
	for (i = 0; i < call->marker->args_len; i++) {
		const char *value = argument(arena, call, call->marker->args[i].name);

		column = out->size - line;
		if (i && column + strlen(value) + 2 > LINE_WIDTH) {
			buf_puts(out, ",\n");
			line = out->size;
			buf_printf(out, "%s    %s", indent, value);
		} else {
			buf_printf(out, "%s%s", i ? ", " : "", value);
		}
	}
	buf_puts(out, ");\n");
}

void weave_add_call(struct arena *arena, const struct weave_call *call, const char *indent, struct buf *out)
{
	const struct cat_source *source = call->source;
	const char *deeper = arena_printf(arena, "%s  ", indent);
	unsigned depth = 0, i = 0;

	buf_printf(out, "%sif (", indent);
	add_macro(out, call->marker);
	buf_puts(out, "_ENABLED()");
	add_conditions(arena, call, &i, " && ", out);
	buf_puts(out, ") {\n");
	while (i < source->stmts_len) {
		const struct cat_stmt *stmt = &source->stmts[i];

		if (stmt->kind == CAT_WHEN) {
			buf_printf(out, "%sif (", deeper);
			add_conditions(arena, call, &i, "", out);
			buf_puts(out, ") {\n");
			deeper = arena_printf(arena, "%s  ", deeper);
			depth++;
			continue;
		}
		if (stmt->kind == CAT_LET)
			buf_printf(out, "%sauto %s = %s;\n", deeper, stmt->name, expression(arena, call, stmt->expr));
		i++;
	}
	add_macro_call(arena, call, deeper, out);
	for (; depth; depth--)
		buf_printf(out, "%s%*s}\n", indent, (int)depth * 2, "");
	buf_printf(out, "%s}\n", indent);
}

/* ---- the header ---- */

static const char header_head[] =
	"/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
	"/*\n"
	" * Ceph's markers: named places that SystemTap, DTrace, bpftrace, perf, gdb and cephtap can look at in a "
	"running daemon.\n"
	" * Made by `cephtap weave` from cephtap's catalogue, which says what each marker means: add one there, not "
	"here.\n"
	" *\n"
	" *   if (CEPH_OSD_OP_DONE_ENABLED())      false unless a tracer is attached: costs one comparison\n"
	" *     CEPH_OSD_OP_DONE(client, ...);     one no-op instruction\n"
	" *\n"
	" * Without -D" WEAVE_OPTION "=ON both make no code, but their arguments are still checked.\n"
	" */\n"
	"#ifndef CEPH_MARKERS_H\n"
	"#define CEPH_MARKERS_H\n"
	"\n"
	"#include <stdint.h>\n"
	"\n"
	"#include \"ceph_markers_config.h\"\n"
	"#ifdef " WEAVE_OPTION "\n"
	"#define CEPH_MARKERS 1\n"
	"#else\n"
	"#define CEPH_MARKERS 0\n"
	"#endif\n"
	"#define CEPHTAP_MARKERS CEPH_MARKERS\n"
	"#include \"" WEAVE_MARKER "\"\n";

static const char *c_type(struct arena *arena, const struct cat_type *type)
{
	if (!strcmp(type->name, "pointer"))
		return "const void *";
	if (!strcmp(type->name, "string") || !strcmp(type->name, "cstring"))
		return "const char *";
	return type->is_time ? "uint64_t" : arena_printf(arena, "%s_t", type->name);
}

static void add_names(struct buf *out, const struct cat_marker *marker)
{
	const char *p;

	buf_printf(out, "%s, ", marker->provider);
	for (p = marker->name; *p; p++)
		buf_puts(out, *p == '-' ? "__" : (const char[]){*p, '\0'});
}

static void add_macros(struct arena *arena, const struct cat_marker *marker, struct buf *out)
{
	unsigned i;

	buf_printf(out, "\n/* %s:::%s\n * %s */\n#define ", marker->provider, marker->name, marker->doc);
	add_macro(out, marker);
	buf_puts(out, "_ENABLED() CEPHTAP_MARKER_ENABLED(");
	add_names(out, marker);
	buf_puts(out, ")\n#define ");
	add_macro(out, marker);
	buf_putc(out, '(');
	for (i = 0; i < marker->args_len; i++)
		buf_printf(out, "%s%s", i ? ", " : "", marker->args[i].name);
	buf_printf(out, ") \\\n  CEPHTAP_MARKER%s(", marker->args_len ? "_NAMED" : "");
	add_names(out, marker);
	for (i = 0; i < marker->args_len; i++) {
		const struct cat_arg *arg = &marker->args[i];
		const char *type = c_type(arena, arg->type);

		buf_printf(out, ", \\\n    (\"%s:%s\", static_cast<%s>(%s))", arg->name, type, type, arg->name);
	}
	buf_puts(out, ")\n");
}

void weave_header(const struct weave *w, struct buf *out)
{
	const struct cat_marker *last = NULL;
	unsigned i;

	buf_puts(out, header_head);
	for (i = 0; i < w->places_len; i++) {
		if (w->places[i].why || w->places[i].marker == last)
			continue;
		last = w->places[i].marker;
		add_macros(w->arena, last, out);
	}
	buf_puts(out, "\n#endif\n");
}
