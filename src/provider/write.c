/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A header's macros have the names that every dtrace gives them: provider p, probe a__b becomes P_A_B() and
 * P_A_B_ENABLED(). Projects' scripts edit such headers line by line, so each macro is one line.
 */
#include "provider/provider.h"

#include <ctype.h>
#include <string.h>

#include <cephtap/marker.h> /* so that this file is compiled again when the header changes, which it takes in below */

__asm__(".section .rodata\n"
	".globl provider_marker_h\n"
	".hidden provider_marker_h\n"
	"provider_marker_h:\n"
	".incbin \"include/cephtap/marker.h\"\n"
	".byte 0\n"
	".previous\n");
extern const char provider_marker_h[] __attribute__((visibility("hidden")));

static void add_macro_name(struct buf *out, const char *provider, const char *probe)
{
	const char *p;

	for (p = provider; *p; p++)
		buf_putc(out, (char)toupper((unsigned char)*p));
	buf_putc(out, '_');
	for (p = probe; *p; p++) {
		buf_putc(out, (char)toupper((unsigned char)*p));
		p += p[0] == '_' && p[1] == '_';
	}
}

static void add_probe(struct buf *out, const struct provider_decl *provider, const struct provider_probe *probe)
{
	unsigned i;

	buf_puts(out, "#define ");
	add_macro_name(out, provider->name, probe->name);
	buf_putc(out, '(');
	for (i = 0; i < probe->args_len; i++)
		buf_printf(out, "%sarg%u", i ? ", " : "", i);
	buf_printf(out, ") CEPHTAP_MARKER%s(%s, %s", probe->args_len ? "_NAMED" : "", provider->name, probe->name);
	for (i = 0; i < probe->args_len; i++)
		buf_printf(out, ", (\"%s%s%s\", arg%u)", probe->args[i].name, *probe->args[i].type ? ":" : "",
			   probe->args[i].type, i);
	buf_puts(out, ")\n#define ");
	add_macro_name(out, provider->name, probe->name);
	buf_printf(out, "_ENABLED() CEPHTAP_MARKER_ENABLED(%s, %s)\n", provider->name, probe->name);
}

void provider_header(const struct provider_file *file, const char *path, struct buf *out)
{
	const struct provider_decl *provider;
	unsigned i, k;

	buf_printf(out, "/* Made from %s by cephtap dtrace -h: do not edit. */\n", path);
	buf_puts(out, provider_marker_h);
	for (i = 0; i < file->providers_len; i++) {
		provider = &file->providers[i];
		buf_printf(out, "\n/* provider %s */\n", provider->name);
		for (k = 0; k < provider->probes_len; k++)
			add_probe(out, provider, &provider->probes[k]);
	}
}

static void add_semaphore(struct buf *out, const char *name)
{
	buf_printf(out, "\t.section .probes,\"awG\",\"progbits\",%s,comdat\n\t.balign 2\n", name);
	buf_printf(out, "\t.weak %s\n\t.hidden %s\n\t.type %s,\"object\"\n\t.size %s,2\n", name, name, name, name);
	buf_printf(out, "%s:\t.2byte 0\n", name);
}

/* As marker.h makes them, so that the linker joins both. */
void provider_semaphores(const struct provider_file *file, struct buf *out)
{
	const struct provider_decl *provider;
	struct buf name = {0};
	unsigned i, k;

	for (i = 0; i < file->providers_len; i++) {
		provider = &file->providers[i];
		for (k = 0; k < provider->probes_len; k++) {
			buf_clear(&name);
			buf_printf(&name, "%s_%s_semaphore", provider->name, provider->probes[k].name);
			add_semaphore(out, name.data);
		}
	}
	buf_puts(out, "\t.section .note.GNU-stack,\"\",\"progbits\"\n");
	buf_free(&name);
}
