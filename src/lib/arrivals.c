/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/arrivals.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/memory.h"

enum {
	RING_PAGES = 16,	      /* for each processor: 64 KiB hold some 600 messages; a power of two */
	MESSAGE_MAX = UINT16_MAX + 1, /* its size is 16 bits */
};

struct ring {
	int fd;
	struct perf_event_mmap_page *control;
};

struct arrivals {
	int epoll;
	size_t page;
	struct ring *rings;
	unsigned rings_len;
	uint8_t message[MESSAGE_MAX];
	pid_t last; /* whose mapping was told last */
};

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.comm = 1,
		.comm_exec = 1,
		.watermark = 1,
		.wakeup_watermark = 1, /* bytes: `wakeup_events` counts samples alone, of which there are none */
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool add_ring(struct arrivals *arrivals, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	void *control = mmap(NULL, (1 + RING_PAGES) * arrivals->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (control == MAP_FAILED)
		return false;
	arrivals->rings = realloc(arrivals->rings, (arrivals->rings_len + 1) * sizeof(*arrivals->rings));
	if (!arrivals->rings)
		memory_end();
	arrivals->rings[arrivals->rings_len++] = (struct ring){fd, control};
	return !epoll_ctl(arrivals->epoll, EPOLL_CTL_ADD, fd, &event);
}

struct arrivals *arrivals_open(void)
{
	struct arrivals *arrivals = calloc(1, sizeof(*arrivals));
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	int error = 0;

	if (!arrivals)
		memory_end();
	arrivals->page = (size_t)sysconf(_SC_PAGESIZE);
	arrivals->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (arrivals->epoll < 0)
		error = errno;
	for (int cpu = 0; cpu < processors && !error; cpu++) {
		int fd = open_event(cpu);

		if (fd < 0 && errno == ENODEV) /* it is switched off */
			continue;
		if (fd < 0 || !add_ring(arrivals, fd)) {
			error = errno;
			if (fd >= 0 && (!arrivals->rings_len || arrivals->rings[arrivals->rings_len - 1].fd != fd))
				close(fd);
		}
	}
	if (!error)
		return arrivals;
	arrivals_close(arrivals);
	errno = error;
	return NULL;
}

void arrivals_close(struct arrivals *arrivals)
{
	if (!arrivals)
		return;
	for (unsigned i = 0; i < arrivals->rings_len; i++) {
		munmap(arrivals->rings[i].control, (1 + RING_PAGES) * arrivals->page);
		close(arrivals->rings[i].fd);
	}
	if (arrivals->epoll >= 0)
		close(arrivals->epoll);
	free(arrivals->rings);
	free(arrivals);
}

int arrivals_fd(const struct arrivals *arrivals)
{
	return arrivals->epoll;
}

/* ---- messages ---- */

/* Out of the ring, in which a message may begin at its end and go on at its begin. */
static void copy_out(const struct arrivals *arrivals, const struct ring *ring, uint64_t at, void *out, size_t size)
{
	size_t room = RING_PAGES * arrivals->page, begin = at % room, first = size < room - begin ? size : room - begin;
	const uint8_t *data = (const uint8_t *)ring->control + arrivals->page;

	memcpy(out, data + begin, first);
	memcpy((uint8_t *)out + first, data, size - first);
}

/* What the messages of interest begin with. */
struct message {
	struct perf_event_header header;
	int32_t pid; /* 0 or less: it cannot be seen from here */
};

static unsigned long tell(struct arrivals *arrivals, void (*each)(void *data, pid_t pid), void *data)
{
	struct message message;
	uint64_t lost;

	memcpy(&message, arrivals->message, sizeof(message));
	switch (message.header.type) {
	case PERF_RECORD_COMM: /* threads that change their name have it, too */
		if (message.header.misc & PERF_RECORD_MISC_COMM_EXEC && message.pid > 0)
			each(data, message.pid);
		break;
	case PERF_RECORD_MMAP:
		if (message.pid > 0 && message.pid != arrivals->last)
			each(data, message.pid);
		arrivals->last = message.pid;
		break;
	case PERF_RECORD_LOST: /* the event's number, then how many */
		memcpy(&lost, arrivals->message + sizeof(message.header) + sizeof(uint64_t), sizeof(lost));
		return lost;
	default:
		break;
	}
	return 0;
}

unsigned long arrivals_read(struct arrivals *arrivals, void (*each)(void *data, pid_t pid), void *data)
{
	unsigned long lost = 0;

	arrivals->last = 0;
	for (unsigned i = 0; i < arrivals->rings_len; i++) {
		struct ring *ring = &arrivals->rings[i];
		uint64_t head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE),
			 tail = ring->control->data_tail;

		while (tail < head) {
			struct perf_event_header header;

			copy_out(arrivals, ring, tail, &header, sizeof(header));
			if (header.size < sizeof(header))
				break; /* the kernel writes no such thing */
			copy_out(arrivals, ring, tail, arrivals->message, header.size);
			lost += tell(arrivals, each, data);
			tail += header.size;
		}
		__atomic_store_n(&ring->control->data_tail, head, __ATOMIC_RELEASE);
	}
	return lost;
}
