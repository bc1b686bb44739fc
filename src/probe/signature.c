/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/signature.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "lib/name_normal.h"
#include "probe/name_pattern.h"

/* ---- the types ---- */

/* The pair of brackets that opens the list: the last one that is in no others. */
static const char *find_list(const char *name)
{
	const char *found = NULL;

	for (const char *at = name; *at;) {
		bool is_word = at == name || at[-1] == ':';
		size_t sign = is_word ? name_operator_size(at) : 0;
		const char *behind = strchr("<([{", *at) ? name_behind_group(at) : NULL;

		if (behind && *at == '(')
			found = at;
		at = sign ? at + sign : behind ? behind : at + 1;
	}
	return found;
}

static void add_types(struct arena *arena, const char *from, const char *end, struct signature *out)
{
	for (const char *at; from < end; from = at + 1) {
		for (at = from; at < end && *at != ',';) {
			const char *behind = strchr("<([{", *at) ? name_behind_group(at) : NULL;

			at = behind ? behind : at + 1;
		}
		if (strncmp(from, "...", 3) != 0)
			*arena_push(arena, out->types, out->len) = arena_strndup(arena, from, (size_t)(at - from));
	}
}

bool signature_read(struct arena *arena, Dwarf_Die *function, struct signature *out)
{
	struct buf normal = {0};
	const char *symbol = NULL, *list, *end;
	Dwarf_Attribute attr;
	char *text;

	*out = (struct signature){.len = 0};
	if (dwarf_attr_integrate(function, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &attr))
		symbol = dwarf_formstring(&attr);
	text = symbol && !strncmp(symbol, "_Z", 2) ? name_demangle(&(struct name){symbol, strlen(symbol), false}, true)
						   : NULL;
	if (text)
		name_normal(text, &normal);
	free(text);
	list = normal.size ? find_list(normal.data) : NULL;
	end = list ? name_behind_group(list) : NULL;
	if (end)
		add_types(arena, list + 1, end - 1, out);
	buf_free(&normal);
	return end;
}

/* ---- which are described ---- */

static bool is_indirect(const char *type)
{
	char last = type[strlen(type) - 1];

	return last == '*' || last == '&' || last == ')' || last == ']';
}

static bool ends_in(const char *type, const char *name)
{
	struct buf normal = {0};
	size_t size = strlen(type);
	bool ends;

	name_normal(name, &normal);
	ends = size >= normal.size && !strcmp(type + size - normal.size, normal.data) &&
	       (size == normal.size || type[size - normal.size - 1] == ':');
	buf_free(&normal);
	return ends;
}

static bool is_word_of_number(const char *type)
{
	static const char *const words[] = {
		"char",	  "signed",	"unsigned",	    "short",	"int",	   "long",     "bool",
		"float",  "double",	"wchar_t",	    "__int128", "char8_t", "char16_t", "char32_t",
		"_Float", "__float128", "decltype(nullptr)"};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(type, words[i], strlen(words[i])))
			return true;
	return false;
}

static bool may_be_of(Dwarf_Die *parameter, const char *wanted)
{
	Dwarf_Die type;
	int tag;

	if (!dwarf_type_of(parameter, &type))
		return false;
	tag = dwarf_tag(&type);
	if (dwarf_is_class(&type) || tag == DW_TAG_enumeration_type)
		return dwarf_diename(&type) && ends_in(wanted, dwarf_diename(&type));
	if (tag == DW_TAG_base_type || tag == DW_TAG_unspecified_type)
		return !is_indirect(wanted) && is_word_of_number(wanted);
	return is_indirect(wanted);
}

/* As many as possible from the one end; the others are those that are left out. */
static bool align(const struct signature *signature, Dwarf_Die *parameters, unsigned parameters_len, bool backwards,
		  int *which)
{
	unsigned taken = 0;

	for (unsigned n = 0; n < signature->len; n++) {
		unsigned i = backwards ? signature->len - 1 - n : n,
			 next = backwards ? parameters_len - 1 - taken : taken;
		const char *wanted = signature->types[i];

		which[i] = SIGNATURE_NOT_DESCRIBED;
		if (taken < parameters_len && may_be_of(&parameters[next], wanted)) {
			which[i] = (int)next;
			taken++;
		} else if (is_indirect(wanted) || is_word_of_number(wanted)) {
			return false; /* such a one is never left out */
		}
	}
	return taken == parameters_len;
}

bool signature_align(struct arena *arena, const struct signature *signature, Dwarf_Die *parameters,
		     unsigned parameters_len, int *which)
{
	int *other = arena_new_array(arena, int, signature->len + 1);

	if (!align(signature, parameters, parameters_len, false, which) ||
	    !align(signature, parameters, parameters_len, true, other))
		return false;
	for (unsigned i = 0; i < signature->len; i++)
		if (which[i] != other[i])
			which[i] = SIGNATURE_NOT_KNOWN;
	return true;
}
