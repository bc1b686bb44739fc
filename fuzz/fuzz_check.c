/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text through parser and checker over made-up probes: neither may crash, hang, or refuse without saying why. */
#include <assert.h>

#include "../test/unit/fake_probes.h"
#include "front/d/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct source source = {"fuzz.d", arena_strndup(arena, (const char *)data, size), size};
	struct script *script = arena_new_one(arena, struct script);
	struct probe_source probes = fake_probes(arena);
	struct macros macros = {.script_name = "fuzz.d"};
	struct checked *checked;
	struct options options;
	struct diags diags;
	struct buf out = {0};

	diags_init(&diags, arena);
	options_default(&options);
	if (ast_parse(arena, &source, &macros, &diags, script) && check_pragmas(script, &options, &diags)) {
		checked = check_script(arena, script, &probes, &options, &diags);
		assert(!checked == !!diags.errors);
		if (checked)
			check_dump(checked, &out);
	}
	diags_print(&diags, true, &out);
	buf_free(&out);
	arena_free(arena);
	return 0;
}
