/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions of the kernel. In: attaches whose site is one. Out: links, which we hold ourselves: they cost the kernel no
 * wait, and leave nothing behind. A program around a function (CTX_FUNCTION) is a link of its own; programs on kprobes
 * are attached to all of their places at once where the kernel can (multi-kprobe links), and one by one else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/kernel/bpf.h"
#include "engine/kernel/private.h"
#include "lib/kernel_can.h"
#include "lib/kernel_functions.h"

struct kprobe_places {
	unsigned *attaches; /* of one program */
	uint64_t *addresses, *cookies;
	unsigned len;
};

static struct kprobe_places places_new(struct arena *arena, unsigned room)
{
	return (struct kprobe_places){
		.attaches = arena_new_array(arena, unsigned, room),
		.addresses = arena_new_array(arena, uint64_t, room),
		.cookies = arena_new_array(arena, uint64_t, room),
	};
}

static const char *function_why(int error)
{
	switch (error) {
	case -ENOENT:
	case -ESRCH:
		return "the kernel does not tell where it is";
	case -EINVAL:
	case -EOPNOTSUPP:
	case -KERNEL_ENOTSUPP:
	case -EILSEQ:
		return "the kernel does not let this function be traced";
	case -EBUSY:
		return "another tracer holds the function in a way that excludes us";
	case -E2BIG:
		return "too many programs are on this function already";
	case -EPERM:
	case -EACCES:
		return "it may not be traced here: the kernel is locked down";
	default:
		return strerror(-error);
	}
}

static void leave_out(struct kernel_engine *engine, unsigned i, int error, struct diags *diags)
{
	const struct image_attach *attach = &engine->image->attaches[i];

	engine->site_errors[i] = error;
	attach->probe->why_not = function_why(error);
	diag_warning(diags, kernel_engine_probe_loc(engine, attach->probe), NULL, "probe %s is left out: %s",
		     kernel_engine_probe_name(engine->arena, attach->probe), function_why(error));
}

static void attach_around(struct kernel_engine *engine, unsigned i, struct diags *diags)
{
	const struct image_attach *attach = &engine->image->attaches[i];
	int program = engine->programs[attach->program];
	int link = program < 0 ? program : bpf_function_link(program, site_is_return(attach->site));

	if (link < 0)
		leave_out(engine, i, link, diags);
	else
		kernel_engine_hold_link(engine, link, attach);
}

/* What fails is halved, as the kernel does not say which place it refuses. */
static void attach_many(struct kernel_engine *engine, int program, bool is_return, const struct kprobe_places *places,
			unsigned from, unsigned len, struct diags *diags)
{
	const struct kprobe_multi multi = {places->addresses + from, places->cookies + from, len, is_return};
	int link = bpf_kprobe_multi_link(program, &multi);

	if (link >= 0) {
		kernel_engine_hold_link(engine, link, &engine->image->attaches[places->attaches[from]]);
	} else if (len == 1) {
		leave_out(engine, places->attaches[from], link, diags);
	} else {
		attach_many(engine, program, is_return, places, from, len / 2, diags);
		attach_many(engine, program, is_return, places, from + len / 2, len - len / 2, diags);
	}
}

static void attach_one_by_one(struct kernel_engine *engine, int program, bool is_return,
			      const struct kprobe_places *places, struct diags *diags)
{
	for (unsigned i = 0; i < places->len; i++) {
		int event = perf_kprobe_open(places->addresses[i], is_return);
		int link = event < 0 ? event : bpf_perf_link(program, event, places->cookies[i]);

		if (link < 0)
			leave_out(engine, places->attaches[i], link, diags);
		else
			kernel_engine_hold_link(engine, link, &engine->image->attaches[places->attaches[i]]);
	}
}

static void places_add(struct kernel_engine *engine, struct kprobe_places *places, unsigned i, struct diags *diags)
{
	const struct image_attach *attach = &engine->image->attaches[i];
	unsigned at = places->len;

	if (!attach->site->vaddr) {
		leave_out(engine, i, -ENOENT, diags);
		return;
	}
	places->attaches[at] = i;
	places->addresses[at] = attach->site->vaddr;
	places->cookies[at] = attach->cookie;
	places->len++;
}

/* Returns that a kprobe misses, since too many calls of the function are under way: not every kernel counts them. */
static void warn_of_returns(struct kernel_engine *engine, const struct image_attach *attach, struct diags *diags)
{
	if (engine->is_warned_of_returns)
		return;
	engine->is_warned_of_returns = true;
	diag_warning(diags, kernel_engine_probe_loc(engine, attach->probe), NULL,
		     "returns may be missing without being counted: this kernel sees only some calls of a function "
		     "that are under way at "
		     "the same time (kretprobes)");
}

static void attach_program(struct kernel_engine *engine, unsigned program, struct diags *diags)
{
	const struct image *image = engine->image;
	struct arena *arena = arena_new();
	struct kprobe_places places = places_new(arena, image->attaches_len);
	const struct image_attach *first = NULL;
	bool is_return = image->programs[program].is_return;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];

		if (attach->program != program || !attach->site || !site_is_kernel_function(attach->site))
			continue;
		first = first ? first : attach;
		places_add(engine, &places, i, diags);
	}
	if (engine->has_multi_kprobes && places.len)
		attach_many(engine, engine->programs[program], is_return, &places, 0, places.len, diags);
	else
		attach_one_by_one(engine, engine->programs[program], is_return, &places, diags);
	if (is_return && places.len && !(engine->has_multi_kprobes && bpf_counts_missed_kprobes()))
		warn_of_returns(engine, first, diags);
	arena_free(arena);
}

int kernel_engine_attach_functions(struct kernel_engine *engine, struct diags *diags)
{
	const struct image *image = engine->image;
	unsigned before = engine->links_len, functions = 0;
	struct loc nowhere = {0};

	for (unsigned i = 0; i < image->attaches_len; i++) {
		if (!image->attaches[i].site || !site_is_kernel_function(image->attaches[i].site))
			continue;
		functions++;
		if (image->programs[image->attaches[i].program].ctx == CTX_FUNCTION)
			attach_around(engine, i, diags);
	}
	for (unsigned i = 0; functions && i < image->programs_len; i++)
		if (image->programs[i].ctx == CTX_KPROBE)
			attach_program(engine, i, diags);
	if (!functions || before || engine->links_len || engine->kept_len)
		return 0;
	diag_error(diags, nowhere, NULL, "no probe is left that the kernel can attach");
	return -EOPNOTSUPP;
}
