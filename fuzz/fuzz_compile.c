/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text that the checker accepts, over made-up markers and the kernel's own probes, through the compiler: it may not
 * crash, and refuses with a sentence or makes an image that can be dumped, and whose programs touch nothing in the
 * interpreter that is not theirs.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../test/unit/fake_probes.h"
#include "../test/unit/run_image.h"
#include "code/disasm.h"
#include "code/code.h"
#include "front/d/lower.h"
#include "probe/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct both {
	struct probe_source host, fake;
};

static struct probe_list find_both(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct both *both = source->data;
	struct probe_source *from = !*desc->prov || !strcmp(desc->prov, "test") ? &both->fake : &both->host;

	return from->find(from, desc, why_not);
}

/* Nothing of this host: the same text does the same everywhere. */
static int offset(const char *structure, const char *member)
{
	return (int)(strlen(structure) + strlen(member)) * 8;
}

static bool is_pure_probe(const struct probe_desc *desc)
{
	static const char *const provs[] = {"test", "syscall", "sched", "proc", "io", "dtrace", "profile"};
	static const char *const names[] = {"BEGIN", "END", "ERROR", "tick-1s", "profile-97"};

	for (unsigned i = 0; i < sizeof(provs) / sizeof(provs[0]); i++)
		if (!strcmp(desc->prov, provs[i]))
			return true;
	for (unsigned i = 0; !*desc->prov && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(desc->name, names[i]))
			return true;
	return false;
}

/* Markers, system calls, sched, proc, io, BEGIN and timers: all that needs no file of the host. */
static bool is_pure(const struct script *script)
{
	for (const struct clause *clause = script->clauses; clause; clause = clause->next)
		for (unsigned i = 0; i < clause->descs_len; i++)
			if (!is_pure_probe(&clause->descs[i].desc))
				return false;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct source source = {"fuzz.d", arena_strndup(arena, (const char *)data, size), size};
	struct script *script = arena_new_one(arena, struct script);
	const pid_t own = getpid();
	struct target target = {.pids = &own,
				.pids_len = 1}; /* any provider may be markers of some process: of no other one */
	struct probe_host *host = probe_host_new(arena, &target);
	struct both both = {probe_host_source(host), fake_probes(arena)};
	struct probe_source probes = {.data = &both, .find = find_both};
	struct macros macros = {.script_name = "fuzz.d"};
	struct code_rules rules = {.subject = "the kernel",
				   .offset = offset,
				   .limits = CODE_LIMITS_KERNEL,
				   .can_sleep = size & 1,
				   .has_cookies = size & 2,
				   .pid_ns_ino = size & 4};
	struct checked *checked = NULL;
	const struct plan *plan;
	struct loc where;
	struct options options;
	struct image *image;
	const char *why;
	struct diags diags;
	struct buf out = {0};

	diags_init(&diags, arena);
	options_default(&options);
	if (ast_parse(arena, &source, &macros, &diags, script) && check_pragmas(script, &options, &diags) &&
	    is_pure(script))
		checked = check_script(arena, script, &probes, &options, &diags);
	if (checked) {
		plan = lower_script(arena, checked);
		assert(!plan_why_not(plan, &where));
		image = code_compile(arena, plan, &options, &rules, &diags);
		assert(!image == !!diags.errors);
		if (image) {
			image_dump_maps(image, &out);
			image_dump_layouts(image, &out);
			image_dump_programs(image, &out);
			why = run_image(image, size);
			if (why) {
				fprintf(stderr, "%s\n", why);
				abort();
			}
		}
	}
	buf_free(&out);
	probe_host_free(host);
	arena_free(arena);
	return 0;
}
