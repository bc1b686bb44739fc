/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct bpf_link_info as of Linux 6.8: what a link is attached to. The headers of Linux 6.1 lack these members. */
#ifndef CEPHTAP_ENGINE_KERNEL_LINK_INFO_H
#define CEPHTAP_ENGINE_KERNEL_LINK_INFO_H

#include <stdint.h>

enum { LINK_PERF_EVENT = 7, LINK_UPROBE_MULTI = 12, PERF_IS_UPROBE = 1, PERF_IS_URETPROBE = 2 };

struct link_info {
	uint32_t type, id, prog_id, pad;
	union {
		struct {
			uint64_t path, offsets, refs, cookies;
			uint32_t path_size, count, flags, pid;
		} multi;
		struct {
			uint32_t type, pad;
			uint64_t path;
			uint32_t path_size, offset;
			uint64_t cookie;
		} perf;
		char room[128];
	};
};

#endif
