/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of a process that maps and unmaps files: each place once, also those that are gone. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbols/mappings.h"

enum { SIZE = 4096, ROUNDS = 100 };

static void *map_code(int fd, void *where)
{
	void *place = mmap(where, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | (where ? MAP_FIXED : 0), fd, 0);

	assert_ptr_not_equal(place, MAP_FAILED);
	return place;
}

static void places_are_kept_once(void **state)
{
	struct arena *arena = arena_new();
	struct mappings *mappings = mappings_new(arena);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const struct mapped_process *process = mappings_look(mappings, getpid());
	unsigned before;
	char *place;

	(void)state;
	assert_non_null(process);
	before = process->maps_len;
	place = map_code(fd, NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		process = mappings_look(mappings, getpid());
		assert_int_equal(process->newest_len, before + 1);
		assert_int_equal(process->maps_len, before + 1);
		munmap(place, SIZE);
		process = mappings_look(mappings, getpid());
		assert_int_equal(process->newest_len, before);
		assert_int_equal(process->maps_len, before + 1);
		assert_non_null(mappings_find(process, (uintptr_t)place + 1)); /* it is gone, and known */
		map_code(fd, place);
	}
	munmap(place, SIZE);
	close(fd);
	mappings_free(mappings);
	arena_free(arena);
}

static void one_that_has_ended_is_known(void **state)
{
	struct arena *arena = arena_new();
	struct mappings *mappings = mappings_new(arena);
	const struct mapped_process *process;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		pause();
		_exit(0);
	}
	assert_non_null(mappings_look(mappings, pid));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	process = mappings_look(mappings, pid);
	assert_non_null(process);
	assert_ptr_equal(process, mappings_process(mappings, pid));
	assert_non_null(mappings_find(process, (uintptr_t)map_code));
	mappings_free(mappings);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places_are_kept_once),
		cmocka_unit_test(one_that_has_ended_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
