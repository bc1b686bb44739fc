/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does a probe match a description? */
#include <stdio.h>
#include <string.h>

#include "probe/host.h"

/*
 * One pattern element at *pattern against c: true and *pattern behind it when it fits. A `[` that never closes stands
 * for itself, as in the shell.
 */
static bool match_set(const char **pattern, char c)
{
	const char *at = *pattern + 1;
	bool is_not = *at == '!', found = false;
	unsigned char low, high, wanted = (unsigned char)c;
	const char *first;

	if (is_not)
		at++;
	for (first = at; *at && (*at != ']' || at == first); at++) {
		if (*at == '\\' && at[1])
			at++;
		low = high = (unsigned char)*at;
		if (at[1] == '-' && at[2] && at[2] != ']') {
			at += 2;
			if (*at == '\\' && at[1])
				at++;
			high = (unsigned char)*at;
		}
		found |= wanted >= low && wanted <= high;
	}
	if (!*at) {
		(*pattern)++;
		return c == '[';
	}
	*pattern = at + 1;
	return found != is_not;
}

static bool match_one(const char **pattern, char c)
{
	switch (**pattern) {
	case '\0':
		return false;
	case '?':
		(*pattern)++;
		return true;
	case '[':
		return match_set(pattern, c);
	case '\\':
		if ((*pattern)[1])
			(*pattern)++;
		break;
	}
	return *(*pattern)++ == c;
}

/* On a mismatch only the last * takes one character more: time is the product of the sizes at worst. */
bool probe_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *star_text = NULL;

	if (!*pattern)
		return true;
	while (*text || *pattern) {
		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		if (*text && match_one(&pattern, *text)) {
			text++;
			continue;
		}
		if (!star || !*star_text)
			return false;
		pattern = star;
		text = ++star_text;
	}
	return true;
}

bool probe_glob_is_plain(const char *pattern)
{
	return !pattern[strcspn(pattern, "*?[\\")];
}

/* Marker names: a person may write function__entry, as in the source, or function-entry, as probes are called. */
static bool match_name(const char *pattern, const char *name)
{
	const char *underscores = strstr(pattern, "__");
	char dashed[256];
	size_t n = 0;

	if (probe_glob_match(pattern, name))
		return true;
	if (!underscores)
		return false;
	for (; *pattern && n < sizeof(dashed) - 1; pattern++) {
		bool is_two = pattern[0] == '_' && pattern[1] == '_';

		dashed[n++] = is_two ? '-' : *pattern;
		pattern += is_two;
	}
	dashed[n] = '\0';
	return !*pattern && probe_glob_match(dashed, name);
}

bool probe_desc_may_match(const struct probe_desc *desc, const char *prov, const char *mod, const char *func,
			  const char *name)
{
	return (!prov || probe_glob_match(desc->prov, prov)) && (!mod || probe_glob_match(desc->mod, mod)) &&
	       (!func || probe_glob_match(desc->func, func)) && (!name || match_name(desc->name, name));
}

bool probe_matches(const struct probe *probe, const struct probe_desc *desc)
{
	if (desc->id)
		return probe->id == desc->id;
	return probe_desc_may_match(desc, probe->prov, probe->mod, probe->func, probe->name);
}
