/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracepoints of the kernel: raw ones, which give a program the arguments as they are. Their links cost nothing to make
 * and to close, and leave nothing behind: we hold them ourselves.
 */
#include <errno.h>
#include <string.h>

#include "engine/kernel/bpf.h"
#include "engine/kernel/private.h"

/* Is the program there already? One for many system calls is attached once. */
static bool is_attached(const struct image *image, unsigned i)
{
	const struct image_attach *attach = &image->attaches[i];

	if (!site_is_syscall(attach->site))
		return false;
	while (i-- > 0)
		if (image->attaches[i].program == attach->program)
			return true;
	return false;
}

static const char *tracepoint_why(int error)
{
	switch (error) {
	case -ENOENT:
		return "this kernel does not have the tracepoint; its module may not be loaded";
	case -EINVAL:
		return "the kernel refuses a program that uses this tracepoint's arguments";
	default:
		return strerror(-error);
	}
}

int kernel_engine_attach_tracepoints(struct kernel_engine *engine, struct diags *diags)
{
	const struct image *image = engine->image;

	for (unsigned i = 0; i < image->attaches_len; i++) {
		const struct image_attach *attach = &image->attaches[i];
		int fd;

		if (!attach->site || !site_is_tracepoint(attach->site) || is_attached(image, i))
			continue;
		fd = bpf_tracepoint_link(engine->programs[attach->program], attach->site->tracepoint, attach->cookie,
					 engine->has_tracepoint_cookies);
		if (fd < 0) {
			engine->site_errors[i] = fd;
			diag_warning(diags, kernel_engine_probe_loc(engine, attach->probe), NULL,
				     "probe %s is left out: %s", kernel_engine_probe_name(engine->arena, attach->probe),
				     tracepoint_why(fd));
			continue;
		}
		kernel_engine_hold_link(engine, fd, attach);
	}
	return 0;
}
