/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes are Ceph's, and which only say so: the one place that decides it, for reports, names of daemons,
 * markers, `doctor`. In: processes and their files, as the kernel shows them. Out: a doubt, or none; and sentences on
 * who was left out.
 *
 * A process is taken for one of Ceph's daemons when nobody but root can have written its program and whatever other
 * code it runs from files, and the program has the functions that the catalogue knows (or all markers, as notes). What
 * root runs is root's to vouch for, whoever can write it; so is what the user runs that we run as. All else can be made
 * to look like a daemon: names, command lines, notes, build-ids and symbols are anybody's to choose.
 */
#ifndef CEPHTAP_CEPH_IDENTITY_H
#define CEPHTAP_CEPH_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/proc.h"

enum doubt {
	DOUBT_NONE,
	DOUBT_WRITABLE, /* a user can write the file */
	DOUBT_MOUNT,	/* a user is the master of the file system that it lies on */
	DOUBT_UNKNOWN,	/* the file cannot be looked at */
	DOUBT_CONTENT,	/* the file is somebody else's of the same name */
	DOUBT_CODE,	/* another file that it runs code of is one that a user can write */
	DOUBT_CROWD,	/* so many users do that with the program that only one user's count: root's, or Ceph's own */
	DOUBT_NAME,	/* only the command's name is a daemon's */
	DOUBTS
};

struct catalogue;
struct identity;
struct identity *identity_new(struct arena *arena);
/* Processes are looked at anew: what was seen of who can write which file may have changed. */
void identity_begin(struct identity *identity);

/* The catalogue, read once for all who need it. */
struct catalogue *identity_catalogue(struct identity *identity);

/* "osd" for a file ceph-osd, "client" for radosgw ...; NULL: no daemon's program is called so. */
const char *identity_daemon_type(const char *path);
/* Is it root, or ourselves, in all three ways that a process can have a user? */
bool identity_is_trusted(const struct proc_user *user);
/* Root, or the user whom Ceph's packages and containers run its daemons as. */
bool identity_is_cephs(struct identity *identity, uid_t uid);

/*
 * One file that this process has mapped, by who can write it; a daemon's program (is_main) by what is in it too. `user`
 * NULL: as if a stranger ran it.
 */
enum doubt identity_of_file(struct identity *identity, const struct proc_user *user, const struct proc_file *file);
/* A daemon with all files that it runs code from, `program` among them. *file is the one that the doubt is about. */
enum doubt identity_of_daemon(struct identity *identity, const struct proc_user *user, const struct proc_file *files,
			      unsigned files_len, const struct proc_file *program, const struct proc_file **file);

/* To be named; a process once, whoever asks. `what` is a file, or what it calls itself. */
void identity_leave_out(struct identity *identity, pid_t pid, uid_t uid, const char *what, enum doubt doubt);
/* Gives each kind of doubt one sentence, with a count; what was said is not said again. */
void identity_say(struct identity *identity, void (*say)(void *data, const char *sentence), void *data);
/* "a user other than root can write the file, so that it may be anything" */
const char *identity_doubt_text(enum doubt doubt);

#endif
