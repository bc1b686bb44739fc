/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The catalogue's markers of a stock binary as SDT notes, for tools that know nothing of the catalogue. In: Ceph's
 * probes with their sites. Out: notes, and for what a note cannot say the reason.
 *
 * What must stay true: argument N of a note is the catalogue's argument N, in a stamped binary as in one that was built
 * with markers, so that one script fits both. An argument that a note cannot express is the constant STAMP_ABSENT,
 * which is no client, tid, size, address or errno. A marker that would fire where the catalogue's does not gets no
 * note.
 */
#ifndef CEPHTAP_CEPH_STAMP_H
#define CEPHTAP_CEPH_STAMP_H

#include "lib/elf.h"
#include "probe/probe.h"

/* The most negative int: readers of notes keep constants in 32 bits. */
#define STAMP_ABSENT (-2147483647 - 1)

struct stamp_arg {
	const char *name;
	const char *text; /* "8@16(%rsi)" */
	const char *why;  /* NULL, or why it is STAMP_ABSENT */
};

struct stamp_mark {
	const struct probe *probe;
	const char *why;	  /* NULL, or why it gets no note; then the rest is empty */
	struct elf_sdt_note note; /* its name with __ for each - */
	struct stamp_arg *args;
	unsigned args_len, told_len; /* told: those that are not absent */
};

struct stamp {
	struct arena *arena;
	struct stamp_mark *marks;
	unsigned marks_len, notes_len;
};

/* Add the sites that these probes have in one file. Of other providers than Ceph's: nothing. */
void stamp_add(struct stamp *stamp, const struct probe_list *probes, dev_t dev, ino_t ino);
/* The notes alone, in the arena; notes_len of them. */
const struct elf_sdt_note *stamp_notes(const struct stamp *stamp);
/* A table for people: marker, function, arguments; then what has no note, and why. */
void stamp_print(const struct stamp *stamp, struct buf *out);

/* One location as a note has it; false: it has no words for it, *why says in a few why. */
bool stamp_operand(const struct arg *arg, struct buf *out, const char **why);

#endif
