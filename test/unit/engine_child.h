/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes for tests of the engine: copies of this one that do as they are told (test/prog/engine_target.c). */
#ifndef CEPHTAP_TEST_ENGINE_CHILD_H
#define CEPHTAP_TEST_ENGINE_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int to, from;
};

struct child child_new(void);
uint64_t child_tell(const struct child *child, uint32_t op, uint32_t n); /* returns when it is done */
void child_end(struct child *child);
/* Forks; the child calls run(data), says so and waits for ever. Returns its pid once it has said so. */
pid_t child_tracer(void (*run)(void *data), void *data);
void child_kill(pid_t pid); /* -9, and waits */

#endif
