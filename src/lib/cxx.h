/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C++ source, read as far as one must to find a function and the statements in it. In: text of any kind. Out: tokens
 * with their brackets matched, and every function that has a body. It is no compiler: macros are not expanded. Of #if
 * branches all are read where each has its brackets balanced, else the first one; `#if 0` is skipped.
 */
#ifndef CEPHTAP_LIB_CXX_H
#define CEPHTAP_LIB_CXX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/buf.h"

enum cxx_kind { CXX_NAME, CXX_NUMBER, CXX_TEXT /* string or character */, CXX_PUNCT /* one character, or :: or -> */ };

struct cxx_token {
	uint32_t at, size;
	uint32_t match; /* of a bracket ( [ {: its partner's index; else its own */
	uint8_t kind;
};

/* Indexes are of tokens. */
struct cxx_function {
	const char *name;      /* with all its scopes: "_mosdop::MOSDOp::finish_decode" */
	uint32_t params, body; /* ( of the parameters, { of the body */
	bool is_void;	       /* returns nothing: void, constructor, destructor */
};

struct cxx_file {
	const char *text;
	size_t size;
	struct cxx_token *tokens;
	unsigned tokens_len;
	struct cxx_function *functions;
	unsigned functions_len;
	size_t include_at; /* where another #include line goes: behind the last one before any code */
};

/* One statement `return ...;`: tokens from `at` up to the `;` at `end`. */
struct cxx_return {
	uint32_t at, end;
};

struct cxx_param {
	uint32_t at, end; /* its tokens, without a default value */
	const char *name; /* NULL: it has none */
	uint32_t name_at; /* the name's token; `end` when it has none */
};

/* 0, or -EINVAL with a sentence: brackets that do not match, a comment or string without end. */
int cxx_parse(struct arena *arena, const char *text, size_t size, struct cxx_file *out, struct buf *why);

/* Just the tokens; brackets need not match. */
int cxx_tokens(struct arena *arena, const char *text, size_t size, struct cxx_file *out, struct buf *why);

bool cxx_is(const struct cxx_file *file, uint32_t token, const char *text);
bool cxx_same(const struct cxx_file *a, uint32_t token_a, const struct cxx_file *b, uint32_t token_b);

/* The function's own return statements, not those of lambdas and classes inside it. */
void cxx_returns(struct arena *arena, const struct cxx_file *file, const struct cxx_function *function,
		 struct cxx_return **out, unsigned *out_len);

/* What stands between the bracket `open` and its partner, by its commas. */
void cxx_params(struct arena *arena, const struct cxx_file *file, uint32_t open, struct cxx_param **out,
		unsigned *out_len);

/* Is the token the first of a statement inside braces? False for the statement of an `if` without braces. */
bool cxx_begins_statement(const struct cxx_file *file, uint32_t token);

#endif
