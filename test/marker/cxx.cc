/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only C++ has. Two source files are made of it: -DOTHER is the second one, which shares templates and inline methods. */
#ifdef BARE
#define CEPHTAP_MARKER(...)	    ((void)0)
#define CEPHTAP_MARKER_NAMED(...)   ((void)0)
#define CEPHTAP_MARKER_ENABLED(...) 0
#else
#include <cephtap/marker.h>
#endif

#define NOINLINE __attribute__((noinline))

enum class tiny : unsigned char { red = 1, blue = 200 };
enum class wide : long { least = -5000000000 };
enum plain { least_plain = -3, something = 5 };

namespace names
{
template <typename T> NOINLINE T twice(T value)
{
	CEPHTAP_MARKER_NAMED(fixcxx, twice, ("value", value), ("size", sizeof(T)));
	if (CEPHTAP_MARKER_ENABLED(fixcxx, twice__enabled))
		CEPHTAP_MARKER(fixcxx, twice__enabled, value);
	return static_cast<T>(value + value);
}

class worker
{
	const char *name = "worker";
	unsigned long steps = 3;
	const char *get_name() const
	{
		return name;
	}
	unsigned bits : 3;

public:
	static const int limit = 7; /* has no definition: may not be bound to a reference */
	worker() : bits(5)
	{
	}
	NOINLINE void run(const int &step, int &&moved, tiny c, bool is_last)
	{
		CEPHTAP_MARKER(fixcxx, run, get_name(), steps, step, moved, c, is_last, limit, this);
		steps += is_last ? 1 : 0;
	}
	void in_class(plain p, wide w) /* inline, and so in a group of its own */
	{
		CEPHTAP_MARKER(fixcxx, in__class, p, w, nullptr, this->bits + 0, static_cast<unsigned char>(bits + 0), L'w', u'u');
	}
	virtual ~worker()
	{
		CEPHTAP_MARKER(fixcxx, destructor, steps);
	}
};
} // namespace names

void second(names::worker &w);
#ifdef OTHER
void second(names::worker &w)
{
	names::twice(-21);
	w.in_class(something, wide::least);
}
#else
int main()
{
	names::worker w;
	volatile int zero = 0;
	int n = 7 + zero;
	const char text[] = "captured";

	names::twice<int>(-21);
	names::twice<long>(1L << 40);
	names::twice<unsigned char>(255);
	w.run(n, n + 1, tiny::blue, true);
	w.in_class(something, wide::least);
	second(w);
	auto lambda = [&text, &n](long x) {
		CEPHTAP_MARKER(fixcxx, lambda, x, text, n);
		return x;
	};
	return lambda(-9) == -9 ? 0 : 1;
}
#endif
