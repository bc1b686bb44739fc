/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comparing and printing. */
#include <inttypes.h>
#include <string.h>

#include "lib/members_private.h"

/* ---- comparing ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_source(const struct source *a, const struct source *b)
{
	return a->size == b->size && !memcmp(a->text, b->text, a->size);
}

static bool same_place(const struct loc *a, const struct loc *b)
{
	return a->offset == b->offset && a->size == b->size && !a->source == !b->source;
}

static bool same_element(const struct member *member, struct list a, struct list b, uint32_t i)
{
	switch (member->kind) {
	case MEMBER_TEXTS:
		return same_text(((const char *const *)(void *)a.at)[i], ((const char *const *)(void *)b.at)[i]);
	case MEMBER_NUMBERS:
		return ((const uint32_t *)(void *)a.at)[i] == ((const uint32_t *)(void *)b.at)[i];
	case MEMBER_SOURCES:
		return same_source(((const struct source *const *)(void *)a.at)[i],
				   ((const struct source *const *)(void *)b.at)[i]);
	default:
		return same_place(&((const struct loc *)(void *)a.at)[i], &((const struct loc *)(void *)b.at)[i]);
	}
}

static const char *list_difference(const struct member *member, struct list a, struct list b)
{
	const char *inner = NULL;

	if (a.len != b.len)
		return member->name;
	for (uint32_t i = 0; i < a.len && !inner; i++) {
		if (member->kind == MEMBER_LIST)
			inner = members_difference(member->of, a.at + i * member->of->size,
						   b.at + i * member->of->size);
		else if (!same_element(member, a, b, i))
			inner = member->name;
	}
	return inner;
}

static const char *difference(const struct member *member, const void *a, const void *b)
{
	const char *x = (const char *)a + member->offset, *y = (const char *)b + member->offset;
	bool is_same = false;

	switch (member->kind) {
	case MEMBER_FLAG:
		is_same = *(const bool *)x == *(const bool *)y;
		break;
	case MEMBER_INT:
	case MEMBER_U32:
	case MEMBER_ENUM:
		is_same = number_of(x) == number_of(y);
		break;
	case MEMBER_U64:
		is_same = wide_number_of(x) == wide_number_of(y);
		break;
	case MEMBER_I64S:
		is_same = !memcmp(x, y, member->limit * sizeof(int64_t));
		break;
	case MEMBER_TEXT:
	case MEMBER_TEXT_OR_NULL:
	case MEMBER_NAME:
		is_same = same_text(text_of(member, a), text_of(member, b));
		break;
	case MEMBER_KNOWN:
		is_same = text_of(member, a) == text_of(member, b);
		break;
	case MEMBER_PLACE:
		is_same = same_place((const struct loc *)(const void *)x, (const struct loc *)(const void *)y);
		break;
	case MEMBER_PART:
		return members_difference(member->of, x, y);
	case MEMBER_TEXTS:
	case MEMBER_NUMBERS:
	case MEMBER_LIST:
	case MEMBER_SOURCES:
	case MEMBER_PLACES:
		return list_difference(member, list_of(member, a), list_of(member, b));
	}
	return is_same ? NULL : member->name;
}

const char *members_difference(const struct members *members, const void *a, const void *b)
{
	const char *found = NULL;

	for (unsigned i = 0; i < members->len && !found; i++)
		found = difference(&members->list[i], a, b);
	return found;
}

/* ---- printing ---- */

static void print_at(const struct members *members, const void *object, unsigned depth, struct buf *out);

static void print_text(const char *text, struct buf *out)
{
	if (!text) {
		buf_puts(out, "none");
		return;
	}
	buf_putc(out, '"');
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f || *text == '"' || *text == '\\')
			buf_printf(out, "\\%03o", (unsigned char)*text);
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void print_place(const struct loc *loc, struct buf *out)
{
	unsigned line, column;

	if (!loc->source) {
		buf_puts(out, "none");
		return;
	}
	loc_position(*loc, &line, &column);
	buf_printf(out, "%s:%u:%u, %u bytes", loc->source->name, line, column, loc->size);
}

static void print_element(const struct member *member, struct list list, uint32_t i, unsigned depth, struct buf *out)
{
	const struct source *source;

	switch (member->kind) {
	case MEMBER_TEXTS:
		print_text(((const char *const *)(void *)list.at)[i], out);
		break;
	case MEMBER_NUMBERS:
		buf_printf(out, "%" PRIu32, ((const uint32_t *)(void *)list.at)[i]);
		break;
	case MEMBER_SOURCES:
		source = ((const struct source *const *)(void *)list.at)[i];
		print_text(source->name, out);
		buf_printf(out, ", %zu bytes", source->size);
		break;
	case MEMBER_PLACES:
		print_place(&((const struct loc *)(void *)list.at)[i], out);
		break;
	default:
		buf_printf(out, "%s %" PRIu32 "\n", member->of->name, i);
		print_at(member->of, list.at + i * member->of->size, depth + 1, out);
		return;
	}
	buf_putc(out, '\n');
}

static void print_list(const struct member *member, struct list list, unsigned depth, struct buf *out)
{
	buf_puts(out, list.len ? "\n" : " none\n");
	for (uint32_t i = 0; i < list.len; i++) {
		buf_printf(out, "%*s", 2 * (int)(depth + 1), "");
		print_element(member, list, i, depth + 1, out);
	}
}

static void print_plain(const struct member *member, const void *object, struct buf *out)
{
	const char *at = (const char *)object + member->offset;

	switch (member->kind) {
	case MEMBER_FLAG:
		buf_puts(out, *(const bool *)at ? "yes" : "no");
		break;
	case MEMBER_INT:
		buf_printf(out, "%d", (int)number_of(at));
		break;
	case MEMBER_U32:
		buf_printf(out, "%" PRIu32, number_of(at));
		break;
	case MEMBER_ENUM:
		buf_puts(out, member->words[number_of(at)]);
		break;
	case MEMBER_U64:
		buf_printf(out, "%" PRIu64, wide_number_of(at));
		break;
	case MEMBER_I64S:
		for (uint32_t i = 0; i < member->limit; i++)
			buf_printf(out, "%s%" PRId64, i ? " " : "", (int64_t)wide_number_of(at + i * sizeof(int64_t)));
		break;
	case MEMBER_TEXT:
	case MEMBER_TEXT_OR_NULL:
	case MEMBER_NAME:
		print_text(text_of(member, object), out);
		break;
	case MEMBER_KNOWN:
		buf_puts(out, member->names->name(text_of(member, object)));
		break;
	default:
		print_place((const struct loc *)(const void *)at, out);
	}
	buf_putc(out, '\n');
}

static void print_at(const struct members *members, const void *object, unsigned depth, struct buf *out)
{
	for (unsigned i = 0; i < members->len; i++) {
		const struct member *member = &members->list[i];

		buf_printf(out, "%*s%s:", 2 * (int)depth, "", member->name);
		if (member->len_offset) {
			print_list(member, list_of(member, object), depth, out);
		} else if (member->kind == MEMBER_PART) {
			buf_putc(out, '\n');
			print_at(member->of, (const char *)object + member->offset, depth + 1, out);
		} else {
			buf_putc(out, ' ');
			print_plain(member, object, out);
		}
	}
}

void members_print(const struct members *members, const void *object, struct buf *out)
{
	print_at(members, object, 0, out);
}
