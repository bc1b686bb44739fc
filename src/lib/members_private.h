/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files on members share: to get at a member of any object. */
#ifndef CEPHTAP_LIB_MEMBERS_PRIVATE_H
#define CEPHTAP_LIB_MEMBERS_PRIVATE_H

#include <string.h>

#include "lib/members.h"

/* A list as it lies in an object: a pointer and a length, at their own offsets. */
struct list {
	char *at;
	uint32_t len;
};

static inline struct list list_of(const struct member *member, const void *object)
{
	struct list list;

	memcpy(&list.at, (const char *)object + member->offset, sizeof(list.at));
	memcpy(&list.len, (const char *)object + member->len_offset, sizeof(list.len));
	return list;
}

static inline const char *text_of(const struct member *member, const void *object)
{
	const char *text;

	memcpy(&text, (const char *)object + member->offset, sizeof(text));
	return text;
}

static inline uint32_t number_of(const void *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

static inline uint64_t wide_number_of(const void *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return number;
}

#endif
