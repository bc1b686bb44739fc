/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O2 -std=c++17 */
/*
 * Markers in C++: in a template's copies (COMDAT sections), in a method, with a reference, an enum and a bool. Usage:
 * marker_cxx [ROUNDS]
 */
#include <cstdlib>
#include <string>
#include <vector>

#include <sys/sdt.h>

enum class color : unsigned char { red = 1, blue = 200 };

template <typename T> __attribute__((noinline)) T twice(T value)
{
	DTRACE_PROBE2(fixcxx, twice, value, sizeof(T));
	return value + value;
}

class worker {
	std::string name = "worker";
	std::vector<int> queue{1, 2, 3};

public:
	__attribute__((noinline)) void run(const int &step, color c, bool is_last)
	{
		DTRACE_PROBE5(fixcxx, run, name.c_str(), queue.size(), step, c, is_last);
		queue.push_back(step);
		queue.pop_back();
	}
};

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1;
	worker w;

	for (int i = 0; i < rounds; i++) {
		twice<int>(-21);
		twice<long>(1L << 40);
		twice<unsigned char>(255);
		w.run(7, color::blue, true);
	}
	return 0;
}
