/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes of this host, from /proc. In: nothing, or a pid. Out: command lines, and the files that a process runs code
 * from. A process may end at any moment: then a call says -ESRCH and that is no error of ours.
 */
#ifndef CEPHTAP_LIB_PROC_H
#define CEPHTAP_LIB_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"

/* All process ids, ascending (not threads). Kernel threads are left out. */
int proc_pids(struct arena *arena, pid_t **pids, unsigned *pids_len);
/* argv of a process; 0 or -ESRCH. */
int proc_argv(struct arena *arena, pid_t pid, char ***argv, unsigned *argc);
/* A variable of the environment that it was started with; NULL: it has none of that name. */
const char *proc_env(struct arena *arena, pid_t pid, const char *name);
/* /proc/PID/comm without the newline. */
int proc_comm(pid_t pid, char comm[16]);
/* Time of start in clock ticks since boot, from /proc/PID/stat: tells a reused pid from the old one. */
int proc_start_time(pid_t pid, uint64_t *ticks);
/* Its user as the kernel's status file has it: real, effective, saved. They differ in a program that changes its user.
 */
struct proc_user {
	uid_t real, effective, saved;
};
int proc_user(pid_t pid, struct proc_user *user);
pid_t proc_parent(pid_t pid); /* 0: it has ended */
/* A zombie has ended too: only its parent has not looked yet. */
bool proc_has_ended(pid_t pid);

/* Its root folder: "/proc/123/root", or "" when it sees the same files by the same names as we do. */
enum { PROC_ROOT_SIZE = 32 };
void proc_root(pid_t pid, char out[PROC_ROOT_SIZE]);

/* A file that a process has mapped executable. held_open_mapped() opens it. */
struct proc_file {
	pid_t pid;
	uint64_t start, end; /* its first executable mapping */
	const char *name; /* as the process sees it: /usr/bin/ceph-osd; " (deleted)" taken off and told by is_deleted */
	const char *path; /* for people: /proc/PID/root/usr/bin/ceph-osd, or /proc/PID/map_files/... when deleted */
	/*
	 * Which file it is: the number of its inode, on the file system that it is really on. Where that does not tell
	 * files apart, 0 and the kernel's own address of the inode.
	 */
	dev_t dev;
	ino_t ino;
	dev_t map_dev; /* as /proc/PID/maps numbers it; stat() may say otherwise */
	ino_t map_ino;
	uint64_t magic; /* of the file system that it is really on; 0: not known */
	bool is_deleted;
	bool is_main; /* the executable itself, /proc/PID/exe */
};

/* One executable mapping, with its file. */
struct proc_map {
	uint64_t start, end, offset;
	bool is_vdso; /* the kernel's own code in every process: there is no file */
	struct proc_file file;
};

/* All of them, by address. */
int proc_maps(struct arena *arena, pid_t pid, struct proc_map **maps, unsigned *maps_len);
int proc_files(struct arena *arena, pid_t pid, struct proc_file **files, unsigned *files_len);
/*
 * The numbers of a file that is open for reading, as those of a process's files: it is mapped for a moment. Without
 * `resolve` those of /proc/PID/maps alone.
 */
int proc_map_own(int fd, bool resolve, struct proc_file *out);

#endif
