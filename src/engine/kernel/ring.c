/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/ring.h"

#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/markers.h"

enum { SLICE_MIN_MS = 1, SLICE_MAX_MS = 50 };

/* The kernel's layout: a page with the reader's position, a page with the writers', the data twice in a row. */
static int ring_map(struct ring *ring, int map_fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	char *producer;

	if (consumer == MAP_FAILED)
		return -errno;
	ring->consumer = consumer;
	producer = mmap(NULL, page + 2 * ring->size, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	if (producer == MAP_FAILED)
		return -errno;
	ring->producer = (unsigned long *)producer;
	ring->data = producer + page;
	return 0;
}

int ring_open(struct ring *ring, int map_fd, size_t size)
{
	/* Edge-triggered: we are called when a program wakes us, not because a record lies there that waits for no-one.
	 */
	struct epoll_event event = {.events = EPOLLIN | EPOLLET};
	int error;

	*ring = (struct ring){.epoll_fd = epoll_create1(EPOLL_CLOEXEC), .drained_ns = now_ns()};
	if (ring->epoll_fd < 0)
		return -errno;
	if (map_fd < 0)
		return 0;
	ring->size = size;
	error = ring_map(ring, map_fd);
	if (!error && epoll_ctl(ring->epoll_fd, EPOLL_CTL_ADD, map_fd, &event))
		error = -errno;
	if (error)
		ring_close(ring);
	return error;
}

void ring_close(struct ring *ring)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (ring->consumer)
		munmap(ring->consumer, page);
	if (ring->producer)
		munmap((void *)ring->producer, page + 2 * ring->size);
	if (ring->epoll_fd >= 0)
		close(ring->epoll_fd);
	*ring = (struct ring){.epoll_fd = -1};
}

static unsigned long ring_used(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}

/* How long until a quarter of the ring fills, if it goes on like before. */
static int ring_slice_ms(const struct ring *ring)
{
	double quarter_ms = SLICE_MAX_MS;

	if (ring->size && ring->bytes_per_ns > 0)
		quarter_ms = (double)ring->size / 4 / ring->bytes_per_ns / 1e6;
	if (quarter_ms > SLICE_MAX_MS)
		return SLICE_MAX_MS;
	return quarter_ms < SLICE_MIN_MS ? SLICE_MIN_MS : (int)quarter_ms;
}

void ring_wait(struct ring *ring, int timeout_ms)
{
	uint64_t end_ns = now_ns() + (uint64_t)(timeout_ms < 0 ? INT_MAX : timeout_ms) * 1000000;
	int slice_ms = ring_slice_ms(ring);
	struct epoll_event event;

	for (;;) {
		uint64_t t = now_ns();
		uint64_t left_ms = t < end_ns ? (end_ns - t + 999999) / 1000000 : 0;

		if (ring->size && ring_used(ring) > ring->size / 4)
			left_ms = 0;
		if (ring->size && left_ms > (unsigned)slice_ms)
			left_ms = (unsigned)slice_ms;
		if (epoll_wait(ring->epoll_fd, &event, 1, (int)left_ms) || !left_ms)
			return; /* records, a signal, or the end */
	}
}

/* What cannot be waited for is looked at with the next records, or when the time is over. */
void ring_wait_also(struct ring *ring, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	epoll_ctl(ring->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void ring_note_rate(struct ring *ring, unsigned long bytes)
{
	uint64_t t = now_ns();

	if (t > ring->drained_ns)
		ring->bytes_per_ns = (double)bytes / (double)(t - ring->drained_ns);
	ring->drained_ns = t;
}

int ring_drain(struct ring *ring, int (*each)(void *data, const void *record, size_t size), void *data)
{
	unsigned long at, start, end;
	int len = 0, stop = 0;

	if (!ring->size)
		return 0;
	at = start = *ring->consumer;
	end = at + ring_used(ring);
	ring_note_rate(ring, end - at);
	if (start < end)
		mark_batch_start(end - start);
	while (at < end && !stop) {
		const char *record = ring->data + (at & (ring->size - 1));
		uint32_t head = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		uint32_t size = head & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (head & BPF_RINGBUF_BUSY_BIT)
			break; /* still being written; what follows it waits too, so that the order stays */
		if (!(head & BPF_RINGBUF_DISCARD_BIT)) {
			stop = each(data, record + BPF_RINGBUF_HDR_SZ, size);
			len++;
		}
		at += (BPF_RINGBUF_HDR_SZ + size + 7) & ~7UL;
		__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	}
	if (start < end)
		mark_batch_done((unsigned)len, at - start, stop < 0 ? stop : 0, now_ns() - ring->drained_ns);
	return stop ? stop : len;
}
