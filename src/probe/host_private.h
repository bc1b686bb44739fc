/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the host share: host.c has the table of providers and the host's life, host_binaries.c the files of
 * processes, host_find.c the probes that were found, host_left_out.c what could not be.
 */
#ifndef CEPHTAP_PROBE_HOST_PRIVATE_H
#define CEPHTAP_PROBE_HOST_PRIVATE_H

#include "probe/host.h"

enum { BINARY_HEADS = 512, PROBE_HEADS = 4096 };

struct binary_link {
	struct host_binary *binary;
	struct binary_link *next;
};

struct probe_link {
	struct probe *probe;
	struct probe_link *next;
};

/* Places of probes in one file, for one reason. */
struct left_out {
	const struct host_binary *binary;
	const char *why;
	const struct probe **probes; /* of each place; those of one probe come one after the other */
	unsigned len;
	unsigned said_len; /* of them, in an earlier warning */
};

/* What may have markers, and could not be looked at. */
struct unread {
	const char *why; /* of the first */
	unsigned len, said_len;
};

struct probe_host {
	struct arena *arena;
	struct target target;
	const pid_t *some; /* the processes to look at, where the target names none; NULL: all */
	unsigned some_len;
	struct identity *identity; /* NULL: nobody has asked */
	bool is_scanned, is_numbered;
	struct host_binary **binaries;
	unsigned binaries_len;
	struct binary_link *binary_heads[BINARY_HEADS]; /* by inode */
	struct probe_list all;			     /* every probe that was ever found; ids are places in it, from 1 */
	struct probe_link *probe_heads[PROBE_HEADS]; /* by names */
	struct left_out *left_out;
	unsigned left_out_len;
	struct unread silent; /* files whose file system does not answer */
	struct unread hidden; /* processes that were chosen, and that we may not look at */
	void **slots;	      /* of each provider of the table */
};

/* The table, which ends with NULL. */
extern const struct provider *const host_providers[];

/* host_binaries.c. NULL: no process in scope has it. */
struct host_binary *host_binary_find(struct probe_host *host, dev_t dev, ino_t ino);

/* host_find.c: for struct probe_source; and what one provider has for a description (its sentence, when it cannot say,
 * in *why). */
struct probe_list host_find(struct probe_source *source, const struct probe_desc *desc, const char **why_not);
void host_ask(struct probe_host *host, const struct provider *provider, const struct probe_desc *desc,
	      struct probe_list *result, const char **why);

#endif
