/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program of everything that breakpoints could harm, each with its result checked: threads, exceptions, fork, vfork, dlopen,
 * signals, coroutines. Runs until SIGTERM; prints then "N rounds, semaphore N", or at once what went wrong (exit status 1).
 * Usage: works_target LIBRARY
 */
/* cflags: -O2 -std=c++20 -static-libstdc++ */
/* libs: -ldl */
#include <atomic>
#include <coroutine>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>

#define KEEP __attribute__((noinline, noclone, noipa))

extern "C" { __extension__ unsigned short works_hit_semaphore __attribute__((used, section(".probes"))); }

static std::atomic<bool> is_over;
static std::atomic<unsigned long> rounds;
static const char *library;

static void check(bool is_right, const char *what)
{
	if (is_right)
		return;
	printf("wrong: %s\n", what);
	fflush(stdout);
	_exit(1);
}

KEEP static int triangle(int n) { return n ? triangle(n - 1) + n : 0; }
KEEP static int refuse(int n) { if (n > 2) throw std::runtime_error("no"); return n; }
KEEP static int risk(int n) { try { return refuse(n); } catch (const std::exception &) { return -n; } }

struct steps {
	struct promise_type {
		int value = 0;
		steps get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
		std::suspend_always initial_suspend() noexcept { return {}; }
		std::suspend_always final_suspend() noexcept { return {}; }
		std::suspend_always yield_value(int v) { value = v; return {}; }
		void return_void() {}
		void unhandled_exception() { std::terminate(); }
	};
	std::coroutine_handle<promise_type> handle;
};

KEEP static steps squares(int n)
{
	for (int i = 1; i <= n; i++)
		co_yield i * i;
}

KEEP static int add_squares(int n)
{
	steps s = squares(n);
	int sum = 0;

	for (s.handle.resume(); !s.handle.done(); s.handle.resume())
		sum += s.handle.promise().value;
	s.handle.destroy();
	return sum;
}

KEEP static int status_of(pid_t pid)
{
	int status = -1;

	check(pid > 0, "a process cannot be started");
	check(waitpid(pid, &status, 0) == pid, "a process is not ours");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

KEEP static int by_fork(int n)
{
	pid_t pid = fork();

	if (!pid)
		_exit(triangle(n));
	return status_of(pid);
}

KEEP static int by_vfork()
{
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(8);
	}
	return status_of(pid);
}

KEEP static int by_library(int n)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	int result;

	check(handle, "a library cannot be loaded");
	result = ((int (*)(int, const char *))dlsym(handle, "library_work"))(n, "works");
	dlclose(handle);
	return result;
}

static thread_local volatile int signals;
KEEP static void on_signal(int) { signals = signals + triangle(3); }

KEEP static int by_signal(int n)
{
	signals = 0;
	for (int i = 0; i < n; i++)
		pthread_kill(pthread_self(), SIGUSR1);
	return signals;
}

static void work(int number)
{
	for (unsigned i = 0; !is_over; i++) {
		STAP_PROBE2(works, hit, number, i);
		check(triangle(20) == 210, "calls");
		check(risk(1) == 1 && risk(5) == -5, "exceptions");
		check(add_squares(5) == 55, "coroutines");
		check(by_signal(3) == 18, "signals");
		if (number == 1 && i % 16 == 0)
			check(by_library(21) == 42, "dlopen");
		if (number == 0 && i % 32 == 0)
			check(by_fork(15) == 120, "fork");
		if (number == 0 && i % 64 == 0)
			check(by_vfork() == 7, "vfork");
		rounds++;
		usleep(1000);
	}
}

static void on_end(int) { is_over = true; }

int main(int argc, char **argv)
{
	std::vector<std::thread> threads;

	if (argc != 2)
		return 2;
	library = argv[1];
	signal(SIGUSR1, on_signal);
	signal(SIGTERM, on_end);
	for (int i = 0; i < 4; i++)
		threads.emplace_back(work, i);
	for (auto &thread : threads)
		thread.join();
	printf("%lu rounds, semaphore %u\n", rounds.load(), *(volatile unsigned short *)&works_hit_semaphore);
	return 0;
}
