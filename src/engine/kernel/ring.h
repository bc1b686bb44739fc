/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reading end of a BPF ring buffer. libbpf's own reader drains for as long as programs write and does not say how
 * full the ring is; this one takes what was there when it began, so that a busy script cannot keep the tracer from its
 * clock.
 */
#ifndef CEPHTAP_ENGINE_KERNEL_RING_H
#define CEPHTAP_ENGINE_KERNEL_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	int epoll_fd; /* -1: not opened */
	size_t size;  /* 0: there is no ring, waiting only sleeps */
	unsigned long *consumer;
	const unsigned long *producer;
	const char *data;
	uint64_t drained_ns; /* when the last drain began */
	double bytes_per_ns; /* how fast it filled before that */
};

/* A map of type ring buffer of `size` bytes; map_fd -1 gives a ring without records. 0 or a negative errno. */
int ring_open(struct ring *ring, int map_fd, size_t size);
void ring_close(struct ring *ring);
/*
 * Waits until a program wakes us, a quarter of the ring is full, a signal comes, or the time is over. Programs mostly
 * do not wake us (that costs them), so the ring is looked at now and then, the oftener the faster it filled before.
 */
void ring_wait(struct ring *ring, int timeout_ms);
void ring_wait_also(struct ring *ring, int fd);
/* As engine_poll, without waiting. */
int ring_drain(struct ring *ring, int (*each)(void *data, const void *record, size_t size), void *data);

#endif
