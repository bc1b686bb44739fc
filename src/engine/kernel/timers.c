/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Timers. profile-N fires on every processor (an idle one may sleep through it), tick-N on one: perf events of the
 * processor's clock, with a period rather than a frequency, so that the kernel does not adapt it.
 */
#include <errno.h>
#include <string.h>

#include "engine/kernel/bpf.h"
#include "engine/kernel/private.h"

static int timer_attach(struct kernel_engine *engine, const struct image_attach *attach, int cpu)
{
	int fd = perf_timer_open(attach->probe->period_ns, cpu);

	if (fd == -EINVAL && cpu >= (int)engine->cpus_len)
		return -ENODEV; /* there is no such number */
	if (fd < 0)
		return fd;
	fd = bpf_perf_link(engine->programs[attach->program], fd, attach->cookie);
	if (fd < 0)
		return fd;
	kernel_engine_hold_link(engine, fd, attach);
	return 0;
}

/*
 * The first processor that is there, not the current one: some virtual machines (seen: Linux 6.18 under Firecracker)
 * let a sleeping processor's timers sleep with it, all but the first one's. The kernel's own housekeeping is there as
 * well.
 */
static int tick_attach(struct kernel_engine *engine, const struct image_attach *attach)
{
	int error = -ENODEV;

	for (int cpu = 0; cpu < (int)engine->cpu_numbers_len && error == -ENODEV; cpu++)
		error = timer_attach(engine, attach, cpu);
	return error;
}

static int profile_attach(struct kernel_engine *engine, const struct image_attach *attach)
{
	int attached = 0;

	for (int cpu = 0; cpu < (int)engine->cpu_numbers_len; cpu++) {
		int error = timer_attach(engine, attach, cpu);

		if (error && error != -ENODEV) /* possible, but not online */
			return error;
		attached += !error;
	}
	return attached ? 0 : -ENODEV;
}

int kernel_engine_attach_timers(struct kernel_engine *engine, struct diags *diags)
{
	const struct image *image = engine->image;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		int error = 0;

		if (attach->probe->kind == PROBE_PROFILE)
			error = profile_attach(engine, attach);
		else if (attach->probe->kind == PROBE_TICK)
			error = tick_attach(engine, attach);
		if (error) {
			diag_error(diags, kernel_engine_probe_loc(engine, attach->probe), NULL,
				   "cannot start the timer %s: %s",
				   kernel_engine_probe_name(engine->arena, attach->probe), strerror(-error));
			return error;
		}
	}
	return 0;
}
