/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The SystemTap tapset, tools/systemtap/tapset/ceph.stp: nobody writes that file by hand. */
#include <stdio.h>
#include <string.h>

#include "ceph/catalogue_scripts.h"
#include "ceph/stamp.h"

enum { COLUMNS = 120 };

char *cat_undash(struct arena *arena, const char *name, const char *with)
{
	size_t size = strlen(with);
	char *text = arena_alloc(arena, (size + 1) * strlen(name) + 1), *to = text;

	for (; *name; name++) {
		if (*name == '-') {
			memcpy(to, with, size);
			to += size;
		} else {
			*to++ = *name;
		}
	}
	return text;
}

char *cat_tapset_name(struct arena *arena, const struct cat_marker *marker)
{
	char *layer = strchr(marker->provider, '_');

	return arena_printf(arena, "ceph.%s.%s", layer ? layer + 1 : marker->provider,
			    cat_undash(arena, marker->name, "_"));
}

static bool is_first_of_binary(const struct cat_marker *marker, unsigned site)
{
	unsigned i;

	for (i = 0; i < site; i++)
		if (!strcmp(marker->sites[i].binary, marker->sites[site].binary))
			return false;
	return true;
}

/* Optional, so that a binary that is not there, or has not this marker, does not stop a script that wants several. */
static void print_points(const struct catalogue *cat, const struct cat_marker *marker, struct buf *out)
{
	const char *name = cat_undash(cat->arena, marker->name, "__");
	unsigned i, n = 0;

	for (i = 0; i < marker->sites_len; i++) {
		const char *binary = marker->sites[i].binary;

		if (!is_first_of_binary(marker, i))
			continue;
		buf_puts(out, n++ ? ",\n\t" : "\n\t");
		buf_printf(out, "process(@ceph_%s).provider(\"%s\").mark(\"%s\") ?",
			   strstr(binary, ".so") ? arena_printf(cat->arena, "library(\"%s\")", binary)
						 : arena_printf(cat->arena, "program(\"%s\")", binary),
			   marker->provider, name);
	}
}

static void print_arg(const struct cat_arg *arg, unsigned number, struct buf *out)
{
	bool is_text = arg->type->type == ARGTYPE_STRING || arg->type->type == ARGTYPE_CSTRING;

	buf_printf(out, is_text ? "\t%s = user_string2($arg%u, \"?\")\n" : "\t%s = $arg%u\n", arg->name, number);
}

static void print_comment(const struct cat_marker *marker, struct buf *out)
{
	unsigned i;

	buf_printf(out, "/**\n * %s\n", marker->doc ? marker->doc : "");
	for (i = 0; i < marker->args_len; i++) {
		const struct cat_arg *arg = &marker->args[i];

		buf_printf(out, " * @%s: %s%s%s%s\n", arg->name, arg->doc ? arg->doc : "", arg->unit ? " (" : "",
			   arg->unit ? arg->unit : "", arg->unit ? ")" : "");
	}
	buf_puts(out, " */\n");
}

static void print_marker(const struct catalogue *cat, const struct cat_marker *marker, struct buf *out)
{
	unsigned i;

	if (!marker->sites_len)
		return;
	print_comment(marker, out);
	buf_printf(out, "probe %s =", cat_tapset_name(cat->arena, marker));
	print_points(cat, marker, out);
	buf_puts(out, "\n{\n");
	buf_printf(out, "\tname = \"%s\"\n", marker->name);
	for (i = 0; i < marker->args_len; i++)
		print_arg(&marker->args[i], i + 1, out);
	buf_puts(out, "}\n\n");
}

void catalogue_tapset(const struct catalogue *cat, struct buf *out)
{
	unsigned i;

	buf_printf(
		out,
		"/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
		"/*\n"
		" * Ceph's markers for SystemTap, for a Ceph that was built with them and for copies that `cephtap "
		"stamp` "
		"made.\n"
		" * Made by `cephtap catalogue --tapset`; doc/other-tracers.md has how to use it.\n"
		" *\n"
		" * Programs are looked for in $PATH: PATH=/folder/of/the/copy:$PATH stap ...\n"
		" * A stamped copy cannot express every argument: those are %d, texts \"?\"; ceph_is_absent() tells.\n"
		" */\n"
		"@define ceph_program(file) %%( @file %%)\n"
		"@define ceph_library(file) %%( \"/usr/lib*/**\" @file %%)\n\n"
		"function ceph_is_absent:long(value:long)\n{\n\treturn value == %d\n}\n\n",
		STAMP_ABSENT, STAMP_ABSENT);
	for (i = 0; i < cat->markers_len; i++)
		print_marker(cat, &cat->markers[i], out);
	out->data[--out->size] = '\0'; /* the last empty line */
}
