/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/held.h"
#include "engine_fixture.h"

#include <sys/sysinfo.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct fixture *fixture_new(void)
{
	struct arena *arena = arena_new();
	struct fixture *f = arena_new_one(arena, struct fixture);
	static const struct plan nothing; /* programs are made by hand, not from a script */

	f->arena = arena;
	diags_init(&f->diags, arena);
	f->image.plan = &nothing;
	f->image.map_ring = f->image.map_daemons = f->image.map_probes = f->image.map_pids = MAP_NONE;
	f->image.map_state = fixture_map(f, (struct image_map){.name = "state",
							       .kind = IMAGE_ARRAY,
							       .key_size = 4,
							       .value_size = sizeof(struct image_state),
							       .max_entries = 1});
	f->image.map_drops = fixture_map(f, (struct image_map){.name = "drops",
							       .kind = IMAGE_PERCPU_ARRAY,
							       .key_size = 4,
							       .value_size = 8 * DROP_CAUSES,
							       .max_entries = 1});
	f->map_counts = fixture_map(f, (struct image_map){.name = "counts",
							  .kind = IMAGE_HASH,
							  .key_size = 12,
							  .value_size = 8,
							  .max_entries = COUNTS,
							  .per_cpu_entries = true});
	f->image.schema = arena_new_one(arena, struct schema);
	f->image.schema->aggs = arena_new_one(arena, struct agg_layout);
	f->image.schema->aggs_len = 1;
	f->image.schema->aggs[0] = (struct agg_layout){.name = "counts", .keys_len = 1, .key_size = 4, .value_size = 8};
	f->image.agg_maps = &f->map_counts;
	assert_int_equal(elf_file_open("/proc/self/exe", &f->self), 0);
	return f;
}

void fixture_free(struct fixture *f)
{
	engine_free(f->engine);
	elf_file_close(f->self);
	arena_free(f->arena);
}

static struct site *site_new(struct fixture *f, uint64_t vaddr)
{
	struct site *site = arena_new_one(f->arena, struct site);

	site->path = "/proc/self/exe";
	site->held = elf_file_held(f->self);
	site->dev = held_dev(site->held);
	site->ino = held_ino(site->held);
	site->vaddr = vaddr;
	assert_int_equal(elf_vaddr_to_offset(f->self, vaddr, &site->offset), 0);
	return site;
}

struct site *fixture_site(struct fixture *f, const char *function)
{
	struct elf_symbol symbol;

	assert_int_equal(elf_symbol_find(f->self, function, &symbol), 0);
	return site_new(f, symbol.vaddr);
}

static int note_copy(const struct elf_sdt_note *note, void *data)
{
	*(struct elf_sdt_note *)data = *note;
	return !strcmp(note->provider, "engine_target");
}

struct site *fixture_marker(struct fixture *f)
{
	struct elf_sdt_note note = {0};
	struct site *site;

	assert_int_equal(elf_sdt_each(f->self, note_copy, &note), 1);
	site = site_new(f, note.vaddr);
	assert_int_equal(elf_vaddr_to_offset(f->self, note.semaphore, &site->ref_ctr_offset), 0);
	return site;
}

static struct image_attach *attach_new(struct fixture *f, enum probe_kind kind, struct site *site, unsigned program,
				       uint64_t cookie)
{
	struct probe *probe = arena_new_one(f->arena, struct probe);

	*probe = (struct probe){.prov = "test", .mod = "", .func = "", .name = "probe", .kind = kind};
	*arena_push(f->arena, f->image.attaches, f->image.attaches_len) =
		(struct image_attach){.probe = probe, .site = site, .program = program, .cookie = cookie};
	return &f->image.attaches[f->image.attaches_len - 1];
}

struct image_attach *fixture_attach(struct fixture *f, struct site *site, unsigned program, uint64_t cookie)
{
	return attach_new(f, PROBE_UPROBE, site, program, cookie);
}

struct image_attach *fixture_timer(struct fixture *f, enum probe_kind kind, uint64_t period_ns, unsigned program,
				   uint64_t cookie)
{
	struct image_attach *attach = attach_new(f, kind, NULL, program, cookie);

	attach->probe->period_ns = period_ns;
	return attach;
}

const char *fixture_messages(struct fixture *f)
{
	struct buf out = {0};
	const char *text;

	diags_print(&f->diags, false, &out);
	text = arena_strdup(f->arena, out.data ? out.data : "");
	buf_free(&out);
	return text;
}

/* Every key exists from the start: the programs only look up. */
static void counts_make(struct fixture *f)
{
	static const uint64_t zero;
	uint64_t key[2];

	for (key[0] = 0; key[0] < (uint64_t)get_nprocs_conf(); key[0]++)
		for (key[1] = 0; key[1] < COUNTS; key[1]++)
			assert_int_equal(engine_map_update(f->engine, f->map_counts, key, &zero), 0);
}

void fixture_start(struct fixture *f, bool no_multi)
{
	struct engine_config config = {.target = &f->target, .no_multi = no_multi};
	int err = engine_load(&f->image, &config, &f->diags, &f->engine);

	if (!err)
		err = engine_attach(f->engine, &f->diags);
	if (err)
		fail_msg("%d: %s%s", err, fixture_messages(f), f->engine ? engine_verifier_log(f->engine) : "");
	counts_make(f);
	engine_set_run(f->engine, RUN_ON);
}

struct count_query {
	unsigned index;
	uint64_t sum;
};

static int count_add(void *data, const void *key, const void *values, unsigned values_len)
{
	struct count_query *query = data;
	const uint64_t *counts = values;

	for (unsigned i = 0; *(const uint32_t *)key == query->index && i < values_len; i++)
		query->sum += counts[i];
	return 0;
}

uint64_t fixture_count(struct fixture *f, unsigned index)
{
	struct count_query query = {.index = index};

	assert_int_equal(engine_agg_each(f->engine, 0, count_add, &query), 0);
	return query.sum;
}
