/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reference page of markers, doc/markers.md, out of the catalogue: nobody writes that page by hand. */
#include <string.h>

#include "ceph/catalogue.h"

static void print_sites(const struct catalogue *cat, const struct cat_marker *marker, struct buf *out)
{
	unsigned i;

	for (i = 0; i < marker->sites_len; i++) {
		const struct cat_site *site = &marker->sites[i];

		buf_printf(out, "%s%s",
			   !i		   ? " In stock binaries: "
			   : site->is_also ? "; also "
					   : "; or ",
			   site->binary);
		if (strcmp(site->release, "any") != 0)
			buf_printf(out, " %s", site->release);
		buf_printf(out, ", %s of `%s`", site->is_return ? "return" : "entry",
			   cat_function_name(cat->arena, site->symbol));
	}
	buf_puts(out, marker->sites_len ? "." : "");
}

static void print_sources(const struct cat_marker *marker, struct buf *out)
{
	static const char *const words[] = {"entry of", "return of", "inside", "inside"};
	unsigned i;

	for (i = 0; i < marker->sources_len; i++) {
		const struct cat_source *source = &marker->sources[i];

		buf_printf(out, "%s%s", i ? "; " : " In the source: ", source->file);
		if (strcmp(source->release, "any") != 0)
			buf_printf(out, " of release %s", source->release);
		buf_printf(out, ", %s `%.*s`", words[source->where], (int)strcspn(source->function, "("),
			   source->function);
	}
	buf_puts(out, marker->sources_len ? "." : "");
}

static void print_marker(const struct catalogue *cat, const struct cat_marker *marker, struct buf *out)
{
	const char *pair = cat_marker_pair(cat->arena, marker);
	unsigned i;

	buf_printf(out, "### %s:::%s\n\n%s\n\n", marker->provider, marker->name, marker->doc ? marker->doc : "");
	buf_puts(out, "| | argument | type | |\n|---|---|---|---|\n");
	for (i = 0; i < marker->args_len; i++) {
		const struct cat_arg *arg = &marker->args[i];

		buf_printf(out, "| `args[%u]` | `%s` | %s | %s%s%s%s |\n", i, arg->name, arg->type->name,
			   arg->doc ? arg->doc : "", arg->unit ? " (" : "", arg->unit ? arg->unit : "",
			   arg->unit ? ")" : "");
	}
	buf_printf(out, "\nStage: %s.", marker->stage ? marker->stage : "none");
	if (pair)
		buf_printf(out, " Other end: `%s`.", pair);
	if (marker->links)
		buf_printf(out, " Tied to the op: %s.", marker->links);
	if (marker->counter)
		buf_printf(out, " Ceph's own counter: %s.", marker->counter);
	print_sites(cat, marker, out);
	print_sources(marker, out);
	buf_puts(out, "\n\n");
}

void catalogue_markdown(const struct catalogue *cat, struct buf *out)
{
	unsigned i, j;

	buf_puts(out,
		 "<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->\n# Ceph's markers\n\n"
		 "After this page you can name any marker of Ceph's, and say when it fires and what its arguments "
		 "mean.\n\n"
		 "Made by `cephtap catalogue --markdown` from the files in `catalogue/`; change those, not this page.\n"
		 "Arguments are `arg0`, `arg1`, ... or `args[0]`, ... in the order of the tables. What each column of "
		 "a\n"
		 "catalogue file means is in [catalogue.md](catalogue.md).\n\nTypes of arguments:\n\n");
	for (i = 0; cat_type_at(i); i++)
		buf_printf(out, "- `%s`: %s\n", cat_type_at(i)->name, cat_type_at(i)->doc);
	buf_putc(out, '\n');
	for (i = 0; i < cat->providers_len; i++) {
		buf_printf(out, "## %s\n\n%s\n\n", cat->providers[i].name,
			   cat->providers[i].doc ? cat->providers[i].doc : "");
		for (j = 0; j < cat->markers_len; j++)
			if (!strcmp(cat->markers[j].provider, cat->providers[i].name))
				print_marker(cat, &cat->markers[j], out);
	}
}
