/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

/*
 * SYMBOL_MAX is what libiberty itself takes without a word about the stack. PARTS_MAX: its searches through the tree
 * take at most the square of that.
 */
enum { SYMBOL_MAX = 1024, TEXT_MAX = 16 * 1024, PARTS_MAX = 16 * 1024 };

/* ---- how large it is ---- */

static bool is_leaf(enum demangle_component_type type)
{
	switch (type) {
	case DEMANGLE_COMPONENT_NAME:
	case DEMANGLE_COMPONENT_OPERATOR:
	case DEMANGLE_COMPONENT_BUILTIN_TYPE:
	case DEMANGLE_COMPONENT_EXTENDED_BUILTIN_TYPE:
	case DEMANGLE_COMPONENT_SUB_STD:
	case DEMANGLE_COMPONENT_TEMPLATE_PARAM:
	case DEMANGLE_COMPONENT_FUNCTION_PARAM:
	case DEMANGLE_COMPONENT_CHARACTER:
	case DEMANGLE_COMPONENT_NUMBER:
	case DEMANGLE_COMPONENT_UNNAMED_TYPE:
		return true;
	default:
		return false;
	}
}

/* Each part as often as it is named; false: they are too many. */
static bool count_parts(const struct demangle_component *part, unsigned *left)
{
	if (!part || is_leaf(part->type))
		return true;
	if (!*left)
		return false;
	--*left;
	switch (part->type) {
	case DEMANGLE_COMPONENT_CTOR:
		return count_parts(part->u.s_ctor.name, left);
	case DEMANGLE_COMPONENT_DTOR:
		return count_parts(part->u.s_dtor.name, left);
	case DEMANGLE_COMPONENT_EXTENDED_OPERATOR:
		return count_parts(part->u.s_extended_operator.name, left);
	case DEMANGLE_COMPONENT_FIXED_TYPE:
		return count_parts(part->u.s_fixed.length, left);
	case DEMANGLE_COMPONENT_LAMBDA:
	case DEMANGLE_COMPONENT_DEFAULT_ARG:
		return count_parts(part->u.s_unary_num.sub, left);
	default:
		return count_parts(part->u.s_binary.left, left) && count_parts(part->u.s_binary.right, left);
	}
}

/* ---- its text ---- */

struct text {
	struct buf buf;
	jmp_buf too_long; /* libiberty's printer has no other way out; it holds no memory meanwhile */
};

static void add(const char *piece, size_t size, void *to)
{
	struct text *text = to;

	if (text->buf.size + size > TEXT_MAX)
		longjmp(text->too_long, 1);
	buf_add(&text->buf, piece, size);
}

static char *print(struct demangle_component *tree, int options)
{
	struct text text = {0};
	char *volatile name = NULL;

	if (!setjmp(text.too_long) && cplus_demangle_print_callback(options, tree, add, &text) && text.buf.size)
		name = strndup(text.buf.data, text.buf.size);
	buf_free(&text.buf);
	return name;
}

char *demangle_name(const char *symbol, int options)
{
	struct demangle_component *tree;
	unsigned left = PARTS_MAX;
	void *memory = NULL;
	char *name;

	if (strlen(symbol) > SYMBOL_MAX)
		return NULL;
	name = rust_demangle(symbol, options);
	if (name)
		return name;
	tree = cplus_demangle_v3_components(symbol, options, &memory);
	name = tree && count_parts(tree, &left) ? print(tree, options) : NULL;
	free(memory);
	return name;
}
