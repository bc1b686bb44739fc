/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of known numbers and times, for the report on calls. Each of two threads calls shop::till::checkout 10 times; a third
 * thread calls functions of the class outside of it, which do not count. `calls_target N`: N times as often, without sleeps. It begins when somebody has put
 * breakpoints into its code, or after half a minute.
 */
/* cflags: -O2 */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone, noipa))

static bool is_fast;
static void nap(unsigned us) { if (!is_fast) usleep(us); }
static void here() { asm volatile("" ::: "memory"); }

namespace shop {
struct till {
	KEEP int weigh(int n) { nap(1000); here(); return n + 1; }
	KEEP int scan(int n) { int sum = weigh(n); nap(2000); return sum + weigh(n); }
	KEEP int pack(int n) { nap(3000); here(); return n + 3; }
	KEEP int wrap(int n) { here(); return pack(n + 1); /* a tail call */ }
	KEEP int stack(int n) { int sum = n ? stack(n - 1) : weigh(0); asm volatile("" : "+r"(sum)); return sum + 1; }
	KEEP int refuse(int n) { here(); if (n >= 0) throw n; return 1; }
	KEEP int ask(int n) { int sum = refuse(n); here(); return sum + 1; }
	KEEP int risk(int n)
	{
		int sum = 0;

		try { sum += ask(n); } catch (int) { sum--; }
		sum += weigh(n); /* risk calls it, not ask or refuse, which are gone */
		return sum + 1;
	}
	KEEP int price(int n) { here(); return n * 2; }
	KEEP int price(double n) { here(); return (int)n * 3; }
	KEEP int checkout(int n)
	{
		int sum = 0;

		for (int i = 0; i < 3; i++)
			sum += scan(n + i);
		sum += wrap(n) + stack(4) + risk(n) + price(n) + price(1.5);
		here();
		return sum;
	}
	KEEP int bankrupt(int n) { return ask(n) + 1; }	/* an exception leaves it */
	KEEP int again(int n) { int sum = n > 0 ? again(n - 1) + weigh(n) : 1; asm volatile("" : "+r"(sum)); return sum; }
};
}

KEEP int plain_function(int n) { shop::till till; return till.scan(n) + 1; }

static void work(int rounds)
{
	shop::till till;
	int sum = 0;

	for (int i = 0; i < rounds; i++) {
		sum += till.checkout(i) + plain_function(i) + till.again(3);
		try { sum += till.bankrupt(i); } catch (int) { sum++; }
	}
	if (!sum)
		puts("never");
}

static void outside(int rounds)
{
	shop::till till;
	int sum = 0;

	for (int i = 0; i < rounds; i++)
		sum += till.scan(i);
	if (!sum)
		puts("never");
}

extern "C" char __executable_start, etext;

static void wait_for_tracer()
{
	std::vector<char> code(&__executable_start, &etext);

	for (int i = 0; i < 3000 && !memcmp(code.data(), &__executable_start, code.size()); i++)
		usleep(10000);
	usleep(700000); /* the others follow, then the tracer lets them count */
}

int main(int argc, char **argv)
{
	int rounds = 10;

	if (argc > 1) {
		is_fast = true;
		rounds *= atoi(argv[1]);
	}
	wait_for_tracer();
	std::thread a(work, rounds), b(work, rounds), c(outside, rounds);

	a.join();
	b.join();
	c.join();
	return 0;
}
