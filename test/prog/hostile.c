/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O1 */
/* libs: -ldl */
/*
 * What a process can do to a tracer that looks at its files. It has a marker, hostile:::hit, which it fires all the time.
 *
 * Usage: hostile exchange A B        two names change places; nothing else
 *        hostile cut FILE US         maps FILE as code; US after it is opened it has no bytes any more
 *        hostile rewrite FILE        maps FILE as code; from when it is opened its bytes change all the time
 *        hostile cover FILE TARGET   maps FILE as code and puts a link to TARGET in its place; TARGET "fifo": a FIFO
 *        hostile delete FILE         maps FILE as code and removes it
 *        hostile many FOLDER N       maps N files of FOLDER as code, each N bytes of something
 *        hostile lease FILE          maps FILE as code and takes a lease on it, which nobody's open may break at once
 *        hostile remount FOLDER TARGET   in namespaces of its own: maps FOLDER/lib, then mounts over FOLDER, where lib is a
 *                                    link to TARGET
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sdt.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { EXCHANGE = 2 };

char room[1 << 18] = {1}; /* data that it writes, behind which a forged note's semaphore can hide */

__attribute__((noinline)) void mark(long i)
{
	DTRACE_PROBE1(hostile, hit, i);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void map(const char *file)
{
	int fd = open(file, O_RDONLY);

	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		die(file);
	close(fd);
}

static void wait_for_open(const char *file)
{
	int fd = inotify_init1(IN_CLOEXEC);
	char event[4096];

	if (inotify_add_watch(fd, file, IN_OPEN) < 0 || read(fd, event, sizeof(event)) < 0)
		die(file);
	close(fd);
}

/* What is done meanwhile by another process. */
static pid_t meanwhile(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void exchange(const char *a, const char *b)
{
	if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE))
		die("renameat2");
}

static void cut(const char *file, unsigned us)
{
	wait_for_open(file);
	usleep(us);
	if (truncate(file, 0))
		die(file);
	_exit(0);
}

/* Each byte in turn is something else for a moment, names' ends first of all. */
static void rewrite(const char *file)
{
	int fd = open(file, O_RDWR);
	struct stat st;
	char *data, *junk;

	if (fd < 0 || fstat(fd, &st))
		die(file);
	data = malloc((size_t)st.st_size);
	junk = malloc((size_t)st.st_size);
	if (pread(fd, data, (size_t)st.st_size, 0) != st.st_size)
		die(file);
	memset(junk, 'A', (size_t)st.st_size);
	wait_for_open(file);
	for (;;) { /* past the headers */
		if (pwrite(fd, junk + 4096, (size_t)st.st_size - 4096, 4096) < 0 ||
		    pwrite(fd, data + 4096, (size_t)st.st_size - 4096, 4096) < 0)
			die(file);
	}
}

static void cover(const char *file, const char *target)
{
	if (unlink(file) || (strcmp(target, "fifo") ? symlink(target, file) : mkfifo(file, 0600)))
		die(file);
}

static void map_many(const char *folder, int n)
{
	char file[4096];

	for (int i = 0; i < n; i++) {
		int fd;

		snprintf(file, sizeof(file), "%s/%d", folder, i);
		fd = open(file, O_RDWR | O_CREAT, 0700);
		if (fd < 0 || dprintf(fd, "this is file %d", i) < 0)
			die(file);
		close(fd);
		map(file);
	}
}

static void lease(const char *file)
{
	int fd = open(file, O_RDONLY);

	if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED || fcntl(fd, F_SETLEASE, F_WRLCK))
		die(file);
	signal(SIGIO, SIG_IGN);
}

static void write_text(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(file);
	close(fd);
}

/* In a user namespace in which it is root. */
static void become_root(void)
{
	char text[64];
	unsigned uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		die("unshare");
	write_text("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", uid);
	write_text("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", gid);
	write_text("/proc/self/gid_map", text);
}

static void remount(const char *folder, const char *target)
{
	char file[4096];
	int fd;

	snprintf(file, sizeof(file), "%s/lib", folder);
	become_root();
	if (mount("none", folder, "tmpfs", 0, ""))
		die(folder);
	fd = open(file, O_RDWR | O_CREAT, 0755);
	if (fd < 0 || ftruncate(fd, 8192))
		die(file);
	map(file);
	if (mount("none", folder, "tmpfs", 0, "") || symlink(target, file))
		die(folder);
}

static void prepare(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "exchange") && argc == 4) {
		exchange(argv[2], argv[3]);
		exit(0);
	}
	if (!strcmp(what, "delete") || !strcmp(what, "cut") || !strcmp(what, "rewrite") || !strcmp(what, "cover"))
		map(argv[2]);
	if (!strcmp(what, "cut") && argc == 4 && !meanwhile())
		cut(argv[2], (unsigned)atoi(argv[3]));
	if (!strcmp(what, "rewrite") && !meanwhile())
		rewrite(argv[2]);
	if (!strcmp(what, "cover") && argc == 4)
		cover(argv[2], argv[3]);
	if (!strcmp(what, "delete") && unlink(argv[2]))
		die(argv[2]);
	if (!strcmp(what, "many") && argc == 4)
		map_many(argv[2], atoi(argv[3]));
	if (!strcmp(what, "lease"))
		lease(argv[2]);
	if (!strcmp(what, "remount") && argc == 4)
		remount(argv[2], argv[3]);
}

int main(int argc, char **argv)
{
	alarm(300); /* whatever becomes of who has started it */
	prepare(argc, argv);
	puts("ready");
	fflush(stdout);
	for (long i = 0;; i++) {
		mark(i);
		for (volatile int k = 0; k < 100000; k++)
			;
		usleep(500);
	}
}
