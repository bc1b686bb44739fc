/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The catalogue: the one source of truth for Ceph's markers. In: text of catalogue/ (doc/catalogue.md has its syntax).
 * Out: markers with typed arguments and their sites; and, with a layout card, where each argument of a site is found.
 * No offset of a Ceph type is ever in the catalogue: an expression names members, a resolver (a card, or `learn`
 * collecting what a card must hold) gives the offsets.
 */
#ifndef CEPHTAP_CEPH_CATALOGUE_H
#define CEPHTAP_CEPH_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "probe/argloc.h"

/* An argument's type, by the word that the catalogue has for it. */
struct cat_type {
	const char *name; /* "int64", "string", "time", ... */
	const char *doc;
	uint8_t type; /* enum argtype */
	uint8_t size;
	bool is_signed;
	bool is_time; /* a utime_t, handed out as nanoseconds */
};

const struct cat_type *cat_type_find(const char *name);
/* The row `i` of the table, NULL past its end. */
const struct cat_type *cat_type_at(unsigned i);

/* Of a marker: what <sys/sdt.h> and its readers take (SystemTap 4.8 ends with an assertion on more). */
enum { CAT_ARGS_MAX = 12 };

struct cat_arg {
	const char *name;
	const struct cat_type *type; /* never NULL */
	const char *unit;	     /* NULL, or "bytes", "ns" */
	const char *doc;
	struct loc loc;
};

enum cat_stmt_kind {
	CAT_LET,
	CAT_SAVE,
	CAT_WHEN,
	CAT_SET,
	CAT_EXPECT,
	CAT_SEES,
	CAT_HINTS /* of a witness: a member that its code touches; but something of that size beside it too */
};

/* One line of a site: `let op = ...`, `save op = ...`, `when ...`, `client = ...`, `expect client = ...`. */
struct cat_stmt {
	uint8_t kind;
	const char *name; /* NULL: CAT_WHEN, CAT_SEES, CAT_HINTS */
	const char *expr;
	struct loc loc; /* of the expression */
};

struct cat_site {
	const char *binary;  /* base name: "ceph-osd" */
	const char *release; /* "16": all of 16.x; "16.2.15": just this; "any" */
	const char *symbol;  /* mangled */
	bool is_return;
	bool is_also; /* goes with the site before it; else it is an alternative to those before it */
	struct cat_stmt *stmts;
	unsigned stmts_len;
	struct loc loc;
};

enum cat_where { CAT_ENTRY, CAT_RETURN, CAT_BEFORE, CAT_AFTER };

/* A place in Ceph's source, where `cephtap weave` puts the marker's call. Its expressions are C++. */
struct cat_source {
	const char *release;   /* as a site's */
	const char *file;      /* below src/ */
	const char *function;  /* "OSD::enqueue_op(spg_t pg, OpRequestRef&& op, epoch_t epoch)", or "F(...)" */
	const char *statement; /* CAT_BEFORE, CAT_AFTER: the tokens of the statement; else NULL */
	const char **includes; /* headers that the file needs for the expressions, with their quotes */
	unsigned includes_len;
	uint8_t where;		/* enum cat_where */
	struct cat_stmt *stmts; /* no CAT_SAVE */
	unsigned stmts_len;
	struct loc loc;
};

struct cat_marker {
	const char *provider, *name;
	const char *doc;     /* one sentence */
	const char *stage;   /* where in an op's life: a word of cat_stages */
	const char *pair;    /* as written; NULL: by the name; "none". Ask cat_marker_pair() */
	const char *links;   /* NULL, or how to get from its id to the op: "txc: ceph_store:::txn-create" */
	const char *counter; /* NULL, or the perf counter that counts the same: "op_w + op_r" */
	struct cat_arg *args;
	unsigned args_len;
	struct cat_site *sites;
	unsigned sites_len;
	struct cat_source *sources;
	unsigned sources_len;
	struct loc loc;
};

struct cat_provider {
	const char *name, *doc;
};

struct cat_alias {
	const char *name, *type; /* "MOSDOp" means "_mosdop::MOSDOp<std::vector<...> >" */
	struct loc loc;
};

/* A class that derives from another at offset 0: members of one name are at one place. */
struct cat_base {
	const char *type, *base; /* as written: short or full */
	struct loc loc;
};

/* A function of a stock binary whose code tells where members are: what an unknown build's layout is checked by. */
struct cat_witness {
	const char *binary, *symbol;
	struct cat_stmt *stmts; /* CAT_LET, CAT_SEES, CAT_HINTS */
	unsigned stmts_len;
	struct loc loc;
};

struct catalogue {
	struct arena *arena;
	struct cat_base *bases;
	unsigned bases_len;
	struct cat_witness *witnesses;
	unsigned witnesses_len;
	struct cat_provider *providers;
	unsigned providers_len;
	struct cat_marker *markers;
	unsigned markers_len;
	struct cat_alias *aliases;
	unsigned aliases_len;
};

extern const char *const cat_stages[]; /* NULL-terminated, in the order of an op's life */

/* Adds what a file says. Mistakes go to diags; what is sound is kept. The source must live as long as the catalogue. */
void catalogue_init(struct catalogue *cat, struct arena *arena);
void catalogue_parse(struct catalogue *cat, const struct source *source, struct diags *diags);
/* The files inside the binary. */
void catalogue_parse_builtin(struct catalogue *cat, struct diags *diags);
/* The same as a new catalogue. Aborts if it does not parse: the build has checked it. */
struct catalogue *catalogue_builtin(struct arena *arena);
/* Names that clash, pairs without their other end, sites without all arguments, expressions that make no sense. */
void catalogue_check(const struct catalogue *cat, struct diags *diags);

const struct cat_marker *catalogue_find(const struct catalogue *cat, const char *provider, const char *name);
/* The other end of the span that a marker opens or closes: x-start's is x-done. NULL: it has none. */
const char *cat_marker_pair(struct arena *arena, const struct cat_marker *marker);
bool cat_release_matches(const char *pattern, const char *release);
/* "librados.so.2" is also the file librados.so.2.0.0. */
bool cat_binary_matches(const char *pattern, const char *name);
/* "_ZN3OSD10enqueue_opE..." to "OSD::enqueue_op": no parameters, no template arguments. */
char *cat_function_name(struct arena *arena, const char *symbol);

/* What a type's member is in one build. */
struct cat_member {
	int64_t offset;
	uint32_t size;
	bool is_signed;
	bool is_object; /* a class: its address is meant; loaded only when of 1, 2, 4 or 8 bytes */
	bool is_any;	/* of no known layout, fits every use: while a catalogue is checked, or asked what it needs */
};

/* Where layouts come from. Each call returns 0, or -ENOENT with a sentence in *why. */
struct cat_resolver {
	void *data;
	int (*member)(void *data, const char *type, const char *path, struct cat_member *out, const char **why);
	int (*size)(void *data, const char *type, uint64_t *out, const char **why);
	int (*constant)(void *data, const char *name, int64_t *out, const char **why);
};

/* A site's arguments, ready for a probe. `args` are in the order of the marker's own. */
struct cat_located {
	struct argloc *args, *len_args; /* n == 0: not available, see whys */
	const char **whys;
	struct argloc *saves;
	unsigned saves_len;
	struct argcond *conds;
	unsigned conds_len;
	struct argcheck *checks; /* what arguments have to be, if the layout is right */
	unsigned checks_len;
};

/*
 * Evaluate a site. Returns 0, or -EINVAL when a condition or the text itself cannot be used: then *why says why and
 * *where which expression. An argument that cannot be had is no failure: whys[i] says why.
 */
int catalogue_locate(const struct catalogue *cat, const struct cat_marker *marker, const struct cat_site *site,
		     const struct cat_resolver *resolver, struct arena *arena, struct cat_located *out,
		     const char **why, struct loc *where);

/* Where a witness touches a member: at the value of `loc`, which is a pointer. */
struct cat_seen {
	struct argloc loc; /* n == 0: it cannot be told */
	struct cat_member member;
	void *data; /* what `last` had when the member was resolved */
	bool is_hint;
};

/*
 * Evaluate a witness: one cat_seen for each of its CAT_SEES and CAT_HINTS, in their order; returns how many. The
 * resolver leaves in *last what stands for the member that it resolved last.
 */
unsigned catalogue_locate_witness(const struct catalogue *cat, const struct cat_witness *witness,
				  const struct cat_resolver *resolver, void **last, struct arena *arena,
				  struct cat_seen **out);
/* In full: "MOSDOp" to "_mosdop::MOSDOp<std::vector<...> >". */
const char *catalogue_type(const struct catalogue *cat, const char *name);

/* The reference page, doc/markers.md. */
void catalogue_markdown(const struct catalogue *cat, struct buf *out);

#endif
