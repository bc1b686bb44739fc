/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Does a description's function field mean this function? In: what a person wrote, and a function's symbol. Out: how
 * well they fit. A person writes as much of a name as is needed: what is left out (parameters, template arguments, ABI
 * tags, anonymous namespaces) fits any.
 */
#ifndef CEPHTAP_PROBE_NAME_PATTERN_H
#define CEPHTAP_PROBE_NAME_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"

/* Of all functions that fit a pattern, those that fit best are meant. */
enum name_fit {
	NAME_OTHER,
	NAME_PIECE, /* a piece of the function, which the compiler made a function of its own: foo.part.0 */
	NAME_GLOB,  /* by the meaning of * ? and [ */
	NAME_LOOSE, /* written with its parameters, but without the `const` or `&&` behind them */
	NAME_EXACT,
};

/* A symbol as it is in the file. Of a clone, foo.isra.0, base_size is 3; else the size of the whole. */
struct name {
	const char *symbol;
	size_t base_size;
	bool is_piece;
};

struct name_pattern;

struct name_pattern *name_pattern_new(struct arena *arena, const char *text);
void name_pattern_free(struct name_pattern *pattern); /* NULL is allowed */

enum name_fit name_pattern_fits(struct name_pattern *pattern, const struct name *name);
/* Is it the end of the function's name: do_op of PrimaryLogPG::do_op? For "did you mean". */
bool name_pattern_is_end(struct name_pattern *pattern, const struct name *name);
/* Does it ask for more than a function's plain name: by a glob, parameters, a mangled name? */
bool name_pattern_is_detailed(const struct name_pattern *pattern);
/* What the pattern has behind an @, "a.c" of helper@a.c, "@V2" of f@@V2; NULL: it has none. */
const char *name_pattern_where(const struct name_pattern *pattern);

/*
 * As people write the name, with or without parameters, but never with what a template returns; NULL: it is no mangled
 * name. To be freed. What makes it a clone is left out.
 */
char *name_demangle(const struct name *name, bool with_params);
/* The same text as a description takes it: with a backslash before what that would read in another way. */
const char *name_quoted(struct arena *arena, const char *text);

#endif
