/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 -fomit-frame-pointer -fno-optimize-sibling-calls -mno-red-zone */
/*
 * mark(0) to mark(N - 1), each with another path to it: methods, recursion, frames of unknown size, realigned frames, callbacks
 * from libc, a signal's handler, virtual calls. No frame pointers. Usage: stack_target N [SECONDS to go on marking afterwards]
 */
#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone, noipa))

extern "C" KEEP void mark(int n)
{
	__asm__ volatile("" : : "r"(n) : "memory");
}

static int current, state;
static volatile int sink;

static int next_random(int below)
{
	state = state * 1103515245 + 12345;
	return (int)(((unsigned)state >> 16) % (unsigned)below);
}

namespace walk {
KEEP void step(int depth);

KEEP void with_alloca(int depth)
{
	char *room = (char *)alloca((size_t)(16 + next_random(300)));

	memset(room, depth, 16);
	step(depth);
	sink += room[3];
}

KEEP void realigned(int depth)
{
	alignas(64) char room[192];

	memset(room, depth, sizeof(room));
	step(depth);
	sink += room[next_random(192)];
}

static int depth_of_compare;
KEEP int compare(const void *a, const void *b)
{
	if (depth_of_compare >= 0) {
		int depth = depth_of_compare;

		depth_of_compare = -1;
		step(depth);
	}
	return *(const int *)a - *(const int *)b;
}

KEEP void sorted(int depth)
{
	int numbers[] = {3, 1, 2};

	depth_of_compare = depth;
	qsort(numbers, 3, sizeof(numbers[0]), compare);
	sink += numbers[0];
}

static int depth_of_signal;
KEEP void on_signal(int)
{
	step(depth_of_signal);
}

KEEP void signalled(int depth)
{
	depth_of_signal = depth;
	raise(SIGUSR1);
	sink++;
}

struct shape {
	virtual ~shape() {}
	virtual KEEP void draw(int depth) { step(depth); sink++; }
};
struct circle : shape {
	KEEP void draw(int depth) override { shape::draw(depth); sink += 2; }
};
shape *shapes[2];

template <typename T> KEEP T recursive(T depth, int times)
{
	if (times)
		return recursive<T>(depth, times - 1) + 1;
	step(depth);
	return 1;
}

KEEP void step(int depth)
{
	if (depth <= 0) {
		mark(current);
		sink++;
		return;
	}
	depth--;
	switch (next_random(7)) {
	case 0:
		with_alloca(depth);
		break;
	case 1:
		realigned(depth);
		break;
	case 2:
		sorted(depth);
		break;
	case 3:
		signalled(depth);
		break;
	case 4:
		shapes[depth & 1]->draw(depth);
		break;
	case 5:
		sink += recursive<long>(depth, next_random(4));
		break;
	default:
		step(depth);
		sink++;
	}
	sink++;
}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10;
	struct sigaction action = {};

	action.sa_handler = walk::on_signal;
	action.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &action, nullptr);
	walk::shapes[0] = new walk::shape;
	walk::shapes[1] = new walk::circle;
	for (current = 0; current < n; current++) {
		state = current * 7919 + 1;
		walk::step(1 + current % 9);
	}
	for (time_t end = time(nullptr) + (argc > 2 ? atoi(argv[2]) : 0); time(nullptr) < end;)
		walk::step(5);
	return 0;
}
