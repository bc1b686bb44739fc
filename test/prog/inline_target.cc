/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 */
/*
 * Functions that are certainly inlined, and some that the compiler may: methods, templates, lambdas, constructors, four deep, in
 * a namespace without a name, in code that is rarely run. probe() is called out of `inner`, which is in `middle`, which is in
 * `outer`, which is in run(). Usage: inline_target N [SECONDS of running on]
 */
#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KEEP __attribute__((noinline, noclone, noipa))
#define INTO __attribute__((always_inline)) inline

extern "C" KEEP int probe(void *address)
{
	__asm__ volatile("" : : "r"(address) : "memory");
	return 1;
}

namespace store {
static INTO int inner(int n)
{
	return probe((void *)&probe) + n;
}

template <typename T> struct counter {
	T sum;
	INTO explicit counter(T start) : sum(start + 1) {}
	INTO void middle(int n) { sum += (T)inner(n) * 3; }
};

namespace {
INTO long outer(int n)
{
	counter<long> counter(n);

	counter.middle(n + 1);
	return counter.sum;
}
}

KEEP long run(int n)
{
	long sum = outer(n);

	return sum * 7 + n;
}

KEEP int words(int n)
{
	std::vector<std::string> words;
	std::map<std::string, int> seen;

	for (int i = 0; i < n % 13 + 3; i++)
		words.push_back("word" + std::to_string((i * 7919) % 11));
	std::sort(words.begin(), words.end(), [](const std::string &a, const std::string &b) { return a.size() < b.size() || a < b; });
	for (const auto &word : words)
		seen[word]++;
	if (seen.size() > 100)
		throw std::runtime_error("more than there are: " + words.front());
	return (int)seen.size();
}

struct base {
	virtual ~base() {}
	virtual KEEP long work(int n) { return run(n) + 1; }
};
struct other {
	virtual ~other() {}
	virtual KEEP long play(int n) { return n; }
};
struct both : base, other {
	KEEP long play(int n) override { return run(n) + words(n); }
};
other *player = new both;
}

int main(int argc, char **argv)
{
	time_t end = time(nullptr) + (argc > 2 ? atoi(argv[2]) : 0);
	long sum = 0;
	int n = argc > 1 ? atoi(argv[1]) : 10;

	do
		for (int i = 0; i < n; i++)
			sum += store::run(i) + store::words(i) + store::player->play(i);
	while (time(nullptr) < end);
	return sum == 42;
}
