/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/utf8.h"

#include <stdbool.h>

struct range {
	uint32_t first, last;
};

#include "lib/utf8_tables.h"

size_t utf8_decode(const char *text, size_t size, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned char c = at[0], low = 0x80, high = 0xbf;
	uint32_t made;
	size_t n;

	*code = c;
	if (c < 0x80)
		return 1;
	n = c >= 0xc2 && c <= 0xdf ? 2 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
	if (!n || n > size)
		return 0;
	low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
	high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
	if (at[1] < low || at[1] > high)
		return 0;
	made = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		made = made << 6 | (at[i] & 0x3f);
	}
	*code = made;
	return n;
}

static bool is_in(const struct range *ranges, size_t len, uint32_t code)
{
	size_t low = 0, high = len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (code > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < len && code >= ranges[low].first;
}

#define IS_IN(ranges, code) is_in(ranges, sizeof(ranges) / sizeof(ranges[0]), code)

int utf8_columns(uint32_t code)
{
	if (code >= ' ' && code < 0x7f)
		return 1;
	if (IS_IN(hidden, code))
		return UTF8_HIDDEN;
	if (IS_IN(marks, code))
		return 0;
	return IS_IN(wide, code) ? 2 : 1;
}
