/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a type as written to a type: base names, typedefs, pointers, arrays. */
#include <string.h>

#include "front/d/check/ctx.h"

enum { POINTERS_MAX = 16, DIMS_MAX = 8, TYPE_SIZE_MAX = 1 << 24 };

static const struct type type_float = {.kind = TYPE_FLOAT, .size = 4, .name = "float"};
static const struct type type_double = {.kind = TYPE_FLOAT, .size = 8, .name = "double"};
static const struct type type_long_double = {.kind = TYPE_FLOAT, .size = 16, .name = "long double"};

#define INT_NAME(text, bytes, sign)                                                                                    \
	{                                                                                                              \
		(text),                                                                                                \
		{                                                                                                      \
			.kind = TYPE_INT, .size = (bytes), .is_signed = (sign), .name = (text)                         \
		}                                                                                                      \
	}

/* Names that scripts find already defined: those of <stdint.h>, <sys/types.h> and Solaris, whose scripts D's readers
 * know. */
static const struct named {
	const char *name;
	struct type type;
} names[] = {
	{"caddr_t", {.kind = TYPE_PTR, .size = 8, .to = &type_char, .name = "caddr_t"}},
	INT_NAME("boolean_t", 4, true),
	INT_NAME("clock_t", 8, true),
	INT_NAME("nlink_t", 8, false),
	INT_NAME("int8_t", 1, true),
	INT_NAME("uint8_t", 1, false),
	INT_NAME("int16_t", 2, true),
	INT_NAME("uint16_t", 2, false),
	INT_NAME("int32_t", 4, true),
	INT_NAME("uint32_t", 4, false),
	INT_NAME("int64_t", 8, true),
	INT_NAME("uint64_t", 8, false),
	INT_NAME("intptr_t", 8, true),
	INT_NAME("uintptr_t", 8, false),
	INT_NAME("size_t", 8, false),
	INT_NAME("ssize_t", 8, true),
	INT_NAME("ptrdiff_t", 8, true),
	INT_NAME("off_t", 8, true),
	INT_NAME("time_t", 8, true),
	INT_NAME("hrtime_t", 8, true),
	INT_NAME("pid_t", 4, true),
	INT_NAME("id_t", 4, true),
	INT_NAME("uid_t", 4, false),
	INT_NAME("gid_t", 4, false),
	INT_NAME("mode_t", 4, false),
	INT_NAME("dev_t", 8, false),
	INT_NAME("ino_t", 8, false),
	INT_NAME("processorid_t", 4, true),
	INT_NAME("uchar_t", 1, false),
	INT_NAME("ushort_t", 2, false),
	INT_NAME("uint_t", 4, false),
	INT_NAME("ulong_t", 8, false),
	INT_NAME("longlong_t", 8, true),
	INT_NAME("u_longlong_t", 8, false),
	INT_NAME("u_char", 1, false),
	INT_NAME("u_short", 2, false),
	INT_NAME("u_int", 4, false),
	INT_NAME("u_long", 8, false),
	INT_NAME("bool", 1, false),
	INT_NAME("_Bool", 1, false),
};

static const struct type type_short = {.kind = TYPE_INT, .size = 2, .is_signed = true, .name = "short"};
static const struct type type_ushort = {.kind = TYPE_INT, .size = 2, .name = "unsigned short"};
static const struct type type_uchar = {.kind = TYPE_INT, .size = 1, .name = "unsigned char"};
static const struct type type_schar = {.kind = TYPE_INT, .size = 1, .is_signed = true, .name = "signed char"};
static const struct type type_longlong = {.kind = TYPE_INT, .size = 8, .is_signed = true, .name = "long long"};
static const struct type type_ulonglong = {.kind = TYPE_INT, .size = 8, .name = "unsigned long long"};

/* How often each of C's keywords stands in a base type. */
struct words {
	unsigned n_signed, n_unsigned, n_long, n_short, n_char, n_int, n_float, n_double, other;
};

static void count_word(struct words *words, const char *text, size_t size)
{
	static const struct {
		const char *text;
		size_t offset;
	} all[] = {
#define WORD(name) {#name, offsetof(struct words, n_##name)}
		WORD(signed), WORD(unsigned), WORD(long), WORD(short), WORD(char), WORD(int), WORD(float), WORD(double),
#undef WORD
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strlen(all[i].text) == size && !memcmp(all[i].text, text, size)) {
			++*(unsigned *)((char *)words + all[i].offset);
			return;
		}
	}
	words->other++;
}

static struct words count_words(const char *text)
{
	struct words words = {0};
	size_t size;

	for (; *text; text += size) {
		text += strspn(text, " ");
		size = strcspn(text, " ");
		if (size)
			count_word(&words, text, size);
	}
	return words;
}

static const struct type *float_type(const struct words *w)
{
	unsigned ints = w->n_signed + w->n_unsigned + w->n_short + w->n_char + w->n_int;

	if (ints || w->n_float + w->n_double != 1 || w->n_long > 1 || (w->n_float && w->n_long))
		return NULL;
	if (w->n_float)
		return &type_float;
	return w->n_long ? &type_long_double : &type_double;
}

/* C11 6.7.2: the list of keywords in any order. NULL: no such combination. */
static const struct type *keyword_type(const struct words *w)
{
	bool is_unsigned = w->n_unsigned;

	if (w->n_float || w->n_double)
		return float_type(w);
	if (w->n_signed + w->n_unsigned > 1 || w->n_int > 1 || w->n_char > 1 || w->n_short > 1 || w->n_long > 2)
		return NULL;
	if (w->n_char) {
		if (w->n_int || w->n_short || w->n_long)
			return NULL;
		return is_unsigned ? &type_uchar : w->n_signed ? &type_schar : &type_char;
	}
	if (w->n_short)
		return w->n_long ? NULL : is_unsigned ? &type_ushort : &type_short;
	if (w->n_long == 2)
		return is_unsigned ? &type_ulonglong : &type_longlong;
	if (w->n_long)
		return is_unsigned ? &type_ulong : &type_long;
	return is_unsigned ? &type_uint : &type_int;
}

static bool is_tagged(const char *name)
{
	return !strncmp(name, "struct ", 7) || !strncmp(name, "union ", 6);
}

/* A structure that is only named so far, as in C: it has no size and no members until it is declared. */
static const struct type *named_only(struct check_ctx *ctx, const char *name)
{
	struct type *type = arena_new_one(ctx->arena, struct type);

	type->kind = name[0] == 's' ? TYPE_STRUCT : TYPE_UNION;
	type->name = name;
	nametab_add(&ctx->types, 0, name, type);
	return type;
}

static const struct type *unknown_name(struct check_ctx *ctx, const char *name, struct loc loc, const char *tag)
{
	const char **list = NULL, *near;
	unsigned n = 0;
	size_t i;
	struct diag *diag;

	diag = diag_error(ctx->diags, loc, tag, "there is no type `%s`", name);
	if (!diag)
		return &type_error; /* past the limit of messages: hints would cost a search each */
	nametab_list(&ctx->types, 0, ctx->arena, &list, &n);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		*arena_push(ctx->arena, list, n) = names[i].name;
	near = nearest_name(name, list, n);
	if (near)
		diag_hint(ctx->diags, diag, "did you mean `%s`?", near);
	return &type_error;
}

const struct type *check_type_known(struct check_ctx *ctx, const char *name)
{
	const struct type *type = nametab_find(&ctx->types, 0, name);
	const struct type_source *kernel = ctx->source->types;
	size_t i;

	if (type)
		return type;
	if (!strcmp(name, "string"))
		return ctx->string;
	if (!strcmp(name, "void"))
		return &type_void;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return &names[i].type;
	if (!count_words(name).other)
		return NULL;
	if (library_declare(ctx, name, true))
		return nametab_find(&ctx->types, 0, name);
	return kernel ? kernel->find(kernel, name) : NULL;
}

const struct type *check_type_name(struct check_ctx *ctx, const char *name, struct loc loc)
{
	const struct type *type = check_type_known(ctx, name);
	struct words words;

	if (type)
		return type;
	if (is_tagged(name))
		return named_only(ctx, name);
	if (!strncmp(name, "enum ", 5))
		return &type_int;
	words = count_words(name);
	if (words.other || !*name)
		return unknown_name(ctx, name, loc, "D_TYPE_ERR");
	type = keyword_type(&words);
	if (!type) {
		diag_error(ctx->diags, loc, "D_DECL_COMBO", "`%s` is not a type: these words do not go together", name);
		type = &type_error;
	}
	return type;
}

/* The number of elements that one dimension says; false after a diagnostic. */
static bool dimension(struct check_ctx *ctx, struct node *dim, struct loc loc, uint64_t *count)
{
	if (!dim) {
		diag_error(ctx->diags, loc, "D_DECL_ARRNULL", "an array needs its number of elements");
		return false;
	}
	check_expr(ctx, dim);
	if (check_failed(dim))
		return false;
	if (!dim->is_const || !type_is_int(dim->type) || ((int64_t)dim->ival <= 0 && dim->type->is_signed) ||
	    !dim->ival) {
		diag_error(ctx->diags, dim->loc, "D_DECL_ARRSUB",
			   "the number of elements must be a positive integer constant");
		return false;
	}
	*count = dim->ival;
	return true;
}

static const struct type *arrays(struct check_ctx *ctx, const struct type_spec *spec, const struct type *type)
{
	uint64_t count;
	unsigned i;

	if (spec->dims_len > DIMS_MAX) {
		diag_error(ctx->diags, spec->loc, "D_DECL_ARRBIG", "an array has at most %d dimensions", DIMS_MAX);
		return &type_error;
	}
	for (i = spec->dims_len; i > 0; i--) {
		if (!dimension(ctx, spec->dims[i - 1], spec->loc, &count))
			return &type_error;
		if (!type->size) {
			diag_error(ctx->diags, spec->loc,
				   check_is_incomplete(type) ? "D_DECL_INCOMPLETE" : "D_DECL_VOIDOBJ",
				   "an array's elements must have a size");
			return &type_error;
		}
		if (count > TYPE_SIZE_MAX / type->size) {
			diag_error(ctx->diags, spec->loc, "D_DECL_ARRBIG", "the array is larger than %d MiB",
				   TYPE_SIZE_MAX >> 20);
			return &type_error;
		}
		type = type_array(ctx->arena, type, (uint32_t)count);
	}
	return type;
}

static const struct type *base_type(struct check_ctx *ctx, const struct type_spec *spec)
{
	if (spec->of)
		return check_tspec(ctx, spec->of);
	if (spec->has_body && !strncmp(spec->name, "enum ", 5)) {
		check_enum(ctx, spec->members);
		nametab_add(&ctx->types, 0, spec->name, (void *)&type_int);
		return &type_int;
	}
	if (spec->has_body)
		return check_layout(ctx, spec);
	if (spec->is_guess && !check_type_known(ctx, spec->name))
		return unknown_name(ctx, spec->name, spec->loc, "D_SYNTAX");
	return check_type_name(ctx, spec->name, spec->loc);
}

const struct type *check_tspec(struct check_ctx *ctx, const struct type_spec *spec)
{
	const struct type *type;
	unsigned i;

	type = base_type(ctx, spec);
	if (type->kind == TYPE_ERROR)
		return type;
	if (spec->pointers > POINTERS_MAX) {
		diag_error(ctx->diags, spec->loc, "D_DECL_COMBO", "a type has at most %d `*`", POINTERS_MAX);
		return &type_error;
	}
	if (spec->pointers && type_is_string(type)) {
		diag_error(ctx->diags, spec->loc, "D_DECL_DYNOBJ",
			   "there are no pointers to `string`: strings are values");
		return &type_error;
	}
	for (i = 0; i < spec->pointers; i++)
		type = type_pointer(ctx->arena, type, spec->userland);
	return spec->is_function ? &type_function : arrays(ctx, spec, type);
}

bool check_is_incomplete(const struct type *type)
{
	type_complete(type);
	return (type->kind == TYPE_STRUCT || type->kind == TYPE_UNION) && !type->size && !type->members_len;
}

bool check_object_type(struct check_ctx *ctx, const struct type *type, struct loc loc, const char *what)
{
	const char *text;

	if (type->kind == TYPE_ERROR)
		return false;
	if (type_is_scalar(type) || type_is_string(type))
		return true;
	text = check_type_text(ctx, type);
	if (type->kind == TYPE_VOID)
		diag_error(ctx->diags, loc, "D_DECL_VOIDOBJ", "%s may not be `void`", what);
	else if (check_is_incomplete(type))
		diag_hint(ctx->diags,
			  diag_error(ctx->diags, loc, "D_DECL_INCOMPLETE",
				     "%s may not be of type `%s`, which is only named", what, text),
			  "declare it at the start of the script: `%s { ... };`", text);
	else
		diag_error(ctx->diags, loc, "D_DECL_DYNOBJ",
			   "%s may not be of type `%s`: only integers, pointers and strings", what, text);
	return false;
}
