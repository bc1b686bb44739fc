/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The uprobes that tracers of this host have now, ours and others', as far as the kernel tells: BPF links, perf events
 * with BPF programs, and those of tracefs. Files are told apart by their names' last part, as a container's names are
 * its own.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_LIVE_H
#define CEPHTAP_ENGINE_KERNEL_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"

struct live {
	struct live_probe *probes;
	unsigned len;
	bool is_partial; /* there are links of which this kernel does not say where they are */
};

struct live live_find(struct arena *arena);
/* Does one of them account for a breakpoint there in this process? */
bool live_has(const struct live *live, pid_t pid, const char *path, uint64_t offset);

#endif
