/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts a tracer and tells, in the same way for every tracer, when it is attached: when every probed instruction of
 * every traced process has become a breakpoint. Tracers' own messages are no measure: some print before they attach.
 *
 *   when FILE PID,... OFFSET,... COMMAND [ARGUMENT]...
 *
 * OFFSETs are of the file, which the PIDs have mapped. Prints "attached MS" (since the start of COMMAND), and after stdin has
 * ended, interrupts COMMAND as ^C does and prints "gone MS KIB CPU_MS RUNS NS": until it and its breakpoints were no more; its
 * peak memory (of its largest process); its CPU time; how often its BPF programs ran and how long, in all. The latter two are 0
 * unless WHEN_STATS is set: then the kernel keeps these counts, which slows every program a little.
 *
 * Every wait has an end: COMMAND is killed, and a sentence on stderr says what did not happen, when it is not attached within
 * WHEN_ATTACHED seconds (300), or has not ended WHEN_ENDED seconds (60) after the interrupt; and it is killed when this process is.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PLACES_MAX = 1000,
	LOOK_EVERY_NS = 200 * 1000,
	CLEAN_WITHIN_MS = 60 * 1000,
	BREAKPOINT = 0xcc,
};

struct place {
	int mem; /* /proc/PID/mem */
	uint64_t address;
};

static struct place places[PLACES_MAX];
static unsigned places_len;

static void die(const char *what)
{
	fprintf(stderr, "when: %s\n", what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Where the process has this byte of the file as code; 0: nowhere. */
static uint64_t mapped_at(const char *pid, const struct stat *file, uint64_t offset)
{
	char path[64], line[4352], mode[8];
	uint64_t from, to, start, ino, found = 0;
	unsigned major_no, minor_no;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	while (maps && !found && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64, &from, &to, mode, &start, &major_no,
			   &minor_no, &ino) == 7 &&
		    mode[2] == 'x' && ino == file->st_ino && makedev(major_no, minor_no) == file->st_dev &&
		    offset >= start && offset < start + (to - from))
			found = from + (offset - start);
	if (maps)
		fclose(maps);
	return found;
}

static void add_places(const char *pid, const struct stat *file, const char *offsets)
{
	char path[64];
	int mem;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (mem < 0)
		die("a process cannot be read: it has ended, or this is not root");
	for (char *end; *offsets; offsets = *end ? end + 1 : end) {
		uint64_t offset = strtoull(offsets, &end, 0);

		if (end == offsets || places_len == PLACES_MAX)
			die("OFFSETs are numbers, with commas between, and not too many");
		places[places_len] = (struct place){mem, mapped_at(pid, file, offset)};
		if (!places[places_len++].address)
			die("a process has not mapped the file");
	}
}

static bool is_breakpoint(const struct place *place)
{
	unsigned char byte;

	if (pread(place->mem, &byte, 1, (off_t)place->address) != 1)
		die("a traced process has ended");
	return byte == BREAKPOINT;
}

/* Are all places breakpoints (wanted), or is none of them? */
static bool all_are(bool wanted)
{
	for (unsigned i = places_len; i-- > 0;)
		if (is_breakpoint(&places[i]) != wanted)
			return false;
	return true;
}

static unsigned count_breakpoints(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < places_len; i++)
		n += is_breakpoint(&places[i]);
	return n;
}

static bool has_ended(pid_t child)
{
	siginfo_t ended = {0};

	return !waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) && ended.si_pid;
}

static void pause_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_NS}, NULL);
}

/* Returns whether it came to be so in time, and before the child (if there is one) ended. */
static bool wait_until(bool wanted, double within_ms, pid_t child)
{
	double start = now_ms();

	while (!all_are(wanted)) {
		if (now_ms() - start > within_ms || (child && has_ended(child)))
			return false;
		pause_a_little();
	}
	return true;
}

static double seconds_of(const char *name, double otherwise)
{
	const char *value = getenv(name);

	return value ? atof(value) : otherwise;
}

/* With what it started. It is not reaped yet, so the number is still its own; the next tracer must not find its breakpoints. */
static void kill_and_die(pid_t child, const char *what)
{
	kill(-child, SIGKILL);
	waitpid(child, NULL, 0);
	wait_until(false, CLEAN_WITHIN_MS, 0);
	die(what);
}

static void wait_attached(pid_t child)
{
	double within = seconds_of("WHEN_ATTACHED", 300);
	char what[128];

	if (wait_until(true, within * 1000, child))
		return;
	if (has_ended(child))
		die("the tracer ended before it was attached");
	snprintf(what, sizeof(what), "the tracer has attached to %u of %u places after %.0f s", count_breakpoints(), places_len, within);
	kill_and_die(child, what);
}

/* Ends it as ^C does. */
static void interrupt(pid_t child, int *status, struct rusage *used)
{
	double within = seconds_of("WHEN_ENDED", 60), start = now_ms();
	char what[64];

	kill(child, SIGINT);
	while (!has_ended(child)) {
		if (now_ms() - start > within * 1000) {
			snprintf(what, sizeof(what), "the tracer has not ended %.0f s after ^C", within);
			kill_and_die(child, what);
		}
		pause_a_little();
	}
	if (wait4(child, status, 0, used) != child)
		die("the tracer was lost");
}

static pid_t spawn(char **argv)
{
	pid_t child = fork();

	if (child < 0)
		die("cannot start a process");
	if (child) {
		setpgid(child, child); /* in whichever of the two this comes first */
		return child;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL); /* a shell's background jobs ignore it */
	if (!freopen("/dev/null", "r", stdin) || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

/* For as long as the descriptor is open, so that nothing stays behind whatever becomes of us. */
static void keep_stats(void)
{
	union bpf_attr attr = {.enable_stats.type = BPF_STATS_RUN_TIME};

	if (syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr)) < 0)
		die("the kernel does not keep counts of BPF programs");
}

/*
 * What the kernel says of a process's descriptors; those that are no programs have no such lines. A program that was reached
 * by a tail call counts as part of the one that was hit.
 */
static void read_stats(pid_t pid, uint64_t *runs, uint64_t *ns)
{
	char path[320], line[256];
	struct dirent *entry;
	uint64_t value;
	FILE *info;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, entry->d_name);
		info = fopen(path, "re");
		while (info && fgets(line, sizeof(line), info)) {
			if (sscanf(line, "run_time_ns: %" SCNu64, &value) == 1)
				*ns += value;
			else if (sscanf(line, "run_cnt: %" SCNu64, &value) == 1)
				*runs += value;
		}
		if (info)
			fclose(info);
	}
	if (dir)
		closedir(dir);
}

int main(int argc, char **argv)
{
	uint64_t runs = 0, run_ns = 0;
	struct rusage used;
	struct stat file;
	char byte;
	double start;
	pid_t child;
	int status;

	if (argc < 5 || stat(argv[1], &file))
		die("usage: when FILE PID,... OFFSET,... COMMAND [ARGUMENT]...");
	for (char *pid = strtok(argv[2], ","); pid; pid = strtok(NULL, ","))
		add_places(pid, &file, argv[3]);
	if (!wait_until(false, CLEAN_WITHIN_MS, 0))
		die("another tracer has breakpoints there");
	if (getenv("WHEN_STATS"))
		keep_stats();
	start = now_ms();
	child = spawn(argv + 4);
	wait_attached(child);
	printf("attached %.2f\n", now_ms() - start);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	if (getenv("WHEN_STATS"))
		read_stats(child, &runs, &run_ns);
	start = now_ms();
	interrupt(child, &status, &used);
	if (!wait_until(false, CLEAN_WITHIN_MS, 0))
		die("the tracer has left breakpoints behind");
	printf("gone %.2f %ld %.2f %" PRIu64 " %" PRIu64 "\n", now_ms() - start, used.ru_maxrss,
	       (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
		       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3,
	       runs, run_ns);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("the tracer failed");
	return 0;
}
