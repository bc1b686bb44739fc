/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions to daemons' admin sockets, to all of them at once and within one time limit. In: which process is meant.
 * Out: its answer, or a sentence why there is none.
 *
 * The socket is the one that this process itself listens on, by the kernel's list; its name is resolved inside the
 * process's root, it has to be its own user's or root's, and nothing is sent unless the kernel says that the process
 * behind the connection is this one.
 */
#ifndef CEPHTAP_CEPH_ADMIN_SOCKET_H
#define CEPHTAP_CEPH_ADMIN_SOCKET_H

#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"

struct admin_question {
	pid_t pid;
	/* What follows is the answer. */
	const char *why; /* "its admin socket does not answer"; NULL: there is an answer, in `text` */
	struct buf text; /* to be freed by the caller */
	int fd;		 /* own: the connection */
};

/* `command` is a word, such as dump_ops_in_flight. Takes no longer than limit_ms. */
void admin_ask(struct admin_question *questions, unsigned len, const char *command, int limit_ms);

#endif
