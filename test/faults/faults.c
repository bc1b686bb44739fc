/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A library to preload, which lets one call fail: the n-th open, bpf, malloc and so on of one program and of what it forks. Other
 * programs that it starts are left alone. test/faults/run says which call, by the environment:
 *   FAULT_PROGRAM  the program, as /proc/self/exe names it
 *   FAULT_STATE    a file of sizeof(struct state), shared by all processes of a run: the calls are counted there, and it is noted
 *                  what was made to fail and who called
 *   FAULT_CALL FAULT_NTH FAULT_TIMES FAULT_ERRNO   which call, from which on, how often (0: from then on always), with which error
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS(row) \
	row(open) row(openat) row(openat2) row(fopen) row(fdopen) row(opendir) row(readdir) row(read) row(pread) row(readlink) \
	row(write) row(pwrite) row(fread) row(fgets) row(getline) row(fflush) row(stat) row(statx) row(statfs) row(lseek) \
	row(ftruncate) row(fsync) row(fchmod) row(linkat) row(renameat) row(mkdir) row(mkostemp) row(memfd_create) row(dup) \
	row(fcntl) row(pipe) row(socketpair) row(sendmsg) row(recvmsg) row(poll) row(epoll) row(ioctl) row(mmap) row(mprotect) \
	row(madvise) row(fork) row(spawn) row(thread) row(waitpid) row(ptrace) row(prctl) row(sigaction) row(bpf) row(perf_event_open) \
	row(pidfd_open) row(syscall) row(malloc) row(calloc) row(realloc) row(memalign)

enum call {
#define ROW(name) CALL_##name,
	CALLS(ROW)
#undef ROW
	CALLS_LEN
};

static const char *const names[] = {
#define ROW(name) #name,
	CALLS(ROW)
#undef ROW
};

enum { FRAMES = 24 };

/* test/faults/run reads it: 8 bytes each. */
struct state {
	atomic_ullong injected;
	atomic_ullong frames[FRAMES]; /* addresses in the program's file, of those who called; 0: of a library */
	atomic_ullong counts[CALLS_LEN];
};

static struct state *state;
static enum call wanted = CALLS_LEN;
static unsigned long long nth, times = 1;
static int error = EIO;
static uintptr_t base, end;
static __thread bool is_inside;

static int see_program(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	base = info->dlpi_addr;
	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			end = base + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1; /* the first is the program */
}

static unsigned long long number(const char *name, unsigned long long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static bool is_meant(void)
{
	const char *program = getenv("FAULT_PROGRAM");
	char own[4096];
	long size = syscall(SYS_readlink, "/proc/self/exe", own, sizeof(own) - 1);

	if (!program || size <= 0)
		return false;
	own[size] = '\0';
	return !strcmp(own, program);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULT_STATE"), *call = getenv("FAULT_CALL");
	void *mapped, *frames[1];
	int fd;

	is_inside = true;
	if (path && is_meant() && (fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC)) >= 0) {
		backtrace(frames, 1); /* it loads a library the first time */
		dl_iterate_phdr(see_program, NULL);
		for (unsigned i = 0; call && i < CALLS_LEN; i++)
			if (!strcmp(names[i], call))
				wanted = (enum call)i;
		nth = number("FAULT_NTH", 0);
		times = number("FAULT_TIMES", 1);
		error = (int)number("FAULT_ERRNO", EIO);
		mapped = (void *)syscall(SYS_mmap, NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
		state = mapped == MAP_FAILED ? NULL : mapped;
		syscall(SYS_close, fd);
	}
	is_inside = false;
}

static void note_callers(void)
{
	void *frames[FRAMES + 2];
	int n;

	is_inside = true;
	n = backtrace(frames, FRAMES + 2);
	for (int i = 2; i < n; i++)
		if ((uintptr_t)frames[i] >= base && (uintptr_t)frames[i] < end)
			atomic_store(&state->frames[i - 2], (uintptr_t)frames[i] - base);
	is_inside = false;
}

/* Counts a call, and tells whether it is to fail. */
static bool fails(enum call call)
{
	unsigned long long n;

	if (!state || is_inside)
		return false;
	n = atomic_fetch_add(&state->counts[call], 1) + 1;
	if (call != wanted || n < nth || (times && n >= nth + times))
		return false;
	if (!atomic_fetch_add(&state->injected, 1))
		note_callers();
	errno = error;
	return true;
}

/* The function of that name in the next library. */
#define REAL(name) \
	({ \
		static __typeof__(&name) real_; \
		if (!real_) \
			real_ = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
		real_; \
	})

#define WRAP(call, failed, type, name, params, args) \
	type name params \
	{ \
		return fails(CALL_##call) ? (failed) : REAL(name) args; \
	}

/* ---- files ---- */

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

#define WRAP_OPEN(call, name, before, ...) \
	int name before \
	{ \
		va_list args; \
		mode_t mode; \
		va_start(args, flags); \
		mode = mode_of(flags, args); \
		va_end(args); \
		return fails(CALL_##call) ? -1 : REAL(name)(__VA_ARGS__, flags, mode); \
	}
WRAP_OPEN(open, open, (const char *path, int flags, ...), path)
WRAP_OPEN(open, open64, (const char *path, int flags, ...), path)
WRAP_OPEN(openat, openat, (int dir, const char *path, int flags, ...), dir, path)
WRAP_OPEN(openat, openat64, (int dir, const char *path, int flags, ...), dir, path)
WRAP(fopen, NULL, FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(fopen, NULL, FILE *, fopen64, (const char *path, const char *mode), (path, mode))
WRAP(fdopen, NULL, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(opendir, NULL, DIR *, opendir, (const char *path), (path))
WRAP(opendir, NULL, DIR *, fdopendir, (int fd), (fd))
WRAP(readdir, NULL, struct dirent *, readdir, (DIR *dir), (dir))
WRAP(readdir, NULL, struct dirent64 *, readdir64, (DIR *dir), (dir))
WRAP(read, -1, ssize_t, read, (int fd, void *data, size_t size), (fd, data, size))
WRAP(pread, -1, ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(pread, -1, ssize_t, pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
WRAP(readlink, -1, ssize_t, readlink, (const char *path, char *text, size_t size), (path, text, size))
WRAP(readlink, -1, ssize_t, readlinkat, (int dir, const char *path, char *text, size_t size), (dir, path, text, size))
WRAP(write, -1, ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
WRAP(pwrite, -1, ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
WRAP(pwrite, -1, ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
WRAP(stat, -1, int, stat, (const char *path, struct stat *st), (path, st))
WRAP(stat, -1, int, lstat, (const char *path, struct stat *st), (path, st))
WRAP(stat, -1, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(stat, -1, int, stat64, (const char *path, struct stat64 *st), (path, st))
WRAP(stat, -1, int, lstat64, (const char *path, struct stat64 *st), (path, st))
WRAP(stat, -1, int, fstat64, (int fd, struct stat64 *st), (fd, st))
WRAP(stat, -1, int, fstatat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags))
WRAP(statx, -1, int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *st), (dir, path, flags, mask, st))
WRAP(statfs, -1, int, statfs, (const char *path, struct statfs *st), (path, st))
WRAP(statfs, -1, int, fstatfs, (int fd, struct statfs *st), (fd, st))
WRAP(lseek, -1, off_t, lseek, (int fd, off_t at, int from), (fd, at, from))
WRAP(ftruncate, -1, int, ftruncate, (int fd, off_t size), (fd, size))
WRAP(fsync, -1, int, fsync, (int fd), (fd))
WRAP(fchmod, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(linkat, -1, int, linkat, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags))
WRAP(renameat, -1, int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new))
WRAP(mkdir, -1, int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(mkdir, NULL, char *, mkdtemp, (char *text), (text))
WRAP(mkostemp, -1, int, mkostemp, (char *text, int flags), (text, flags))
WRAP(mkostemp, -1, int, mkstemps, (char *text, int suffix), (text, suffix))
WRAP(memfd_create, -1, int, memfd_create, (const char *name, unsigned flags), (name, flags))
WRAP(dup, -1, int, dup, (int fd), (fd))
WRAP(dup, -1, int, dup2, (int fd, int to), (fd, to))

int fcntl(int fd, int what, ...)
{
	va_list args;
	void *arg;

	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	return fails(CALL_fcntl) ? -1 : REAL(fcntl)(fd, what, arg);
}

int ioctl(int fd, unsigned long what, ...)
{
	va_list args;
	void *arg;

	va_start(args, what);
	arg = va_arg(args, void *);
	va_end(args);
	return fails(CALL_ioctl) ? -1 : REAL(ioctl)(fd, what, arg);
}

/* ---- streams: what fails below them is seen by ferror() ---- */

static void mark(FILE *stream)
{
	stream->_flags |= 0x20; /* _IO_ERR_SEEN */
}

size_t fread(void *data, size_t size, size_t n, FILE *stream)
{
	if (!fails(CALL_fread))
		return REAL(fread)(data, size, n, stream);
	mark(stream);
	return 0;
}

char *fgets(char *data, int size, FILE *stream)
{
	if (!fails(CALL_fgets))
		return REAL(fgets)(data, size, stream);
	mark(stream);
	return NULL;
}

static ssize_t get_line(char **line, size_t *room, int end_char, FILE *stream)
{
	if (!fails(CALL_getline))
		return REAL(getdelim)(line, room, end_char, stream);
	mark(stream);
	return -1;
}

ssize_t getline(char **line, size_t *room, FILE *stream)
{
	return get_line(line, room, '\n', stream);
}

ssize_t getdelim(char **line, size_t *room, int end_char, FILE *stream)
{
	return get_line(line, room, end_char, stream);
}

ssize_t __getdelim(char **line, size_t *room, int end_char, FILE *stream)
{
	return get_line(line, room, end_char, stream);
}

int fflush(FILE *stream)
{
	if (!stream || !fails(CALL_fflush))
		return REAL(fflush)(stream);
	mark(stream);
	return EOF;
}

/* ---- processes, pipes, memory ---- */

WRAP(pipe, -1, int, pipe, (int fds[2]), (fds))
WRAP(pipe, -1, int, pipe2, (int fds[2], int flags), (fds, flags))
WRAP(socketpair, -1, int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
WRAP(sendmsg, -1, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
WRAP(recvmsg, -1, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(poll, -1, int, poll, (struct pollfd *fds, nfds_t n, int ms), (fds, n, ms))
WRAP(epoll, -1, int, epoll_create1, (int flags), (flags))
WRAP(epoll, -1, int, epoll_ctl, (int epoll, int what, int fd, struct epoll_event *event), (epoll, what, fd, event))
WRAP(epoll, -1, int, epoll_wait, (int epoll, struct epoll_event *events, int n, int ms), (epoll, events, n, ms))
WRAP(mmap, MAP_FAILED, void *, mmap, (void *at, size_t size, int prot, int flags, int fd, off_t offset), (at, size, prot, flags, fd, offset))
WRAP(mmap, MAP_FAILED, void *, mmap64, (void *at, size_t size, int prot, int flags, int fd, off64_t offset), (at, size, prot, flags, fd, offset))
WRAP(mprotect, -1, int, mprotect, (void *at, size_t size, int prot), (at, size, prot))
WRAP(madvise, -1, int, madvise, (void *at, size_t size, int advice), (at, size, advice))
WRAP(fork, -1, pid_t, fork, (void), ())
WRAP(waitpid, -1, pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
WRAP(sigaction, -1, int, sigaction, (int sig, const struct sigaction *new, struct sigaction *old), (sig, new, old))
WRAP(spawn, error, int, posix_spawn, (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
     const posix_spawnattr_t *attr, char *const *argv, char *const *env), (pid, path, actions, attr, argv, env))
WRAP(thread, error, int, pthread_create, (pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *data),
     (thread, attr, start, data))

int prctl(int what, ...)
{
	va_list args;
	unsigned long a[4];

	va_start(args, what);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	return fails(CALL_prctl) ? -1 : (int)REAL(syscall)(SYS_prctl, what, a[0], a[1], a[2], a[3]);
}

long ptrace(enum __ptrace_request what, ...)
{
	va_list args;
	pid_t pid;
	void *at, *data;

	va_start(args, what);
	pid = va_arg(args, pid_t);
	at = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	return fails(CALL_ptrace) ? -1 : REAL(ptrace)(what, pid, at, data);
}

static enum call call_of(long what)
{
	switch (what) {
	case SYS_bpf:
		return CALL_bpf;
	case SYS_perf_event_open:
		return CALL_perf_event_open;
	case SYS_openat2:
		return CALL_openat2;
	case SYS_pidfd_open:
		return CALL_pidfd_open;
	default:
		return CALL_syscall;
	}
}

long syscall(long what, ...)
{
	va_list args;
	unsigned long a[6];

	va_start(args, what);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	return fails(call_of(what)) ? -1 : REAL(syscall)(what, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- memory: by libc's inner names too, which cephtap's own malloc() calls ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *data, size_t size);
void *__libc_memalign(size_t align, size_t size);
WRAP(malloc, NULL, void *, __libc_malloc, (size_t size), (size))
WRAP(calloc, NULL, void *, __libc_calloc, (size_t n, size_t size), (n, size))
WRAP(realloc, NULL, void *, __libc_realloc, (void *data, size_t size), (data, size))
WRAP(memalign, NULL, void *, __libc_memalign, (size_t align, size_t size), (align, size))

void *malloc(size_t size)
{
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return __libc_calloc(n, size);
}

void *realloc(void *data, size_t size)
{
	return __libc_realloc(data, size);
}
