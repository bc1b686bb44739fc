/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this report share: calls.c fills it, calls_names.c names functions, calls_print.c prints it. */
#ifndef CEPHTAP_VIEWS_CALLS_PRIVATE_H
#define CEPHTAP_VIEWS_CALLS_PRIVATE_H

#include "views/calls.h"
#include "views/calltree.h"

enum calls_form { CALLS_TEXT, CALLS_JSON, CALLS_FOLDED };

struct call_function {
	const char *name;  /* with parameters, where there are overloads or a glob has found it */
	const char *shown; /* for people: without them, unless two would look the same */
	bool is_trigger, has_entry, has_return;
	bool is_refused;  /* by the kernel, at one place at least */
	bool is_followed; /* both ends are seen */
};

struct call_names {
	struct arena *arena;
	struct call_function *functions;
	unsigned functions_len;
	unsigned *of_probe; /* by its index in schema->probes */
	bool *is_entry;
	unsigned probed; /* functions that are followed */
};

/* One call of the trigger that was seen from its entry to its return. */
struct whole_call {
	pid_t pid;
	uint64_t tid, start_ns, ns;
	struct call_node *tree;
};

struct call_frame {
	struct call_node *node; /* NULL: too deep to be shown */
	unsigned function;
	uint64_t sp, start_ns;
};

struct call_thread {
	uint64_t id;		       /* process and thread; 0: a free place */
	uint64_t call, number, thrown; /* of the last record */
	bool is_damaged;	       /* a record of this call is missing */
	struct call_node *tree;	       /* of the call that is under way */
	struct call_frame *frames;
	unsigned frames_len, frames_room;
};

struct calls {
	const struct report *report;
	const char *trigger; /* as the user wrote it */
	enum calls_form form;
	unsigned slowest_max; /* so many calls are shown one at a time; 0: the sum of all */
	struct call_names names;
	struct call_thread *threads; /* a hash, by id */
	unsigned threads_len, threads_room;
	struct call_node **trees; /* the sum of all calls; one for each function that is a trigger */
	unsigned trees_len;
	struct whole_call *slowest; /* the slowest first */
	unsigned slowest_len;
	uint64_t count, total_ns, max_ns;
	uint64_t damaged;    /* calls that miss a record */
	uint64_t unseen_end; /* calls that ended without a return: an exception left the trigger */
	uint64_t unfinished; /* calls that were under way at the end */
	uint64_t lost;	     /* records */
	uint64_t unmatched, too_deep;
	uint64_t begin_ns;
	pid_t pid; /* of the record that is being read */
};

void call_names_init(struct call_names *names, const struct schema *schema);
void call_names_free(struct call_names *names);

/* Sorts the trees, and prints what there is. */
void calls_print(struct calls *calls, struct shown *out);

#endif
