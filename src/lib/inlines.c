/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/inlines.h"

#include <dwarf.h>
#include <stdlib.h>

#include "lib/buf.h"

/* DWARF may be hostile: how deep and how far we follow it. */
enum { NESTING_MAX = 64, CHAIN_MAX = 64, UNIT_DIES_MAX = 1 << 24, HEADS = 4096 };

struct range {
	uint64_t low, high;
	Dwarf_Off die;
};

struct ranges {
	struct range *list;
	unsigned len;
};

/* A function without a mangled name, such as a static one: what it is in, "foo::". */
struct place {
	Dwarf_Off die;
	const char *scopes;
};

/* Where the functions of a unit are. */
struct unit {
	struct unit *next;
	Dwarf_Off die;
	struct ranges functions;
	struct place *places; /* by offset: as they are read */
	unsigned places_len;
	unsigned dies_left;
};

struct answer {
	struct answer *next;
	uint64_t vaddr;
	const char **symbols;
	unsigned len;
};

struct inlines {
	struct arena *arena;
	Dwarf *dwarf;
	struct unit *units; /* those that were asked for */
	struct ranges all;  /* of all units, for files whose .debug_aranges says nothing of an address */
	bool has_all;
	struct answer *answers[HEADS];
};

struct inlines *inlines_new(struct arena *arena, const struct dwarf_file *file)
{
	struct inlines *inlines = arena_new_one(arena, struct inlines);

	inlines->arena = arena;
	inlines->dwarf = dwarf_file_dwarf(file);
	return inlines;
}

/* ---- ranges of addresses ---- */

static void ranges_add(struct arena *arena, struct ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0)
		if (low < high)
			*arena_push(arena, ranges->list, ranges->len) = (struct range){low, high, dwarf_dieoffset(die)};
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->low < b->low ? -1 : a->low > b->low;
}

static void ranges_sort(struct ranges *ranges)
{
	if (ranges->len)
		qsort(ranges->list, ranges->len, sizeof(*ranges->list), compare_ranges);
}

static bool ranges_find(const struct ranges *ranges, uint64_t vaddr, Dwarf_Off *die)
{
	unsigned low = 0, high = ranges->len;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (ranges->list[middle].low <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || vaddr >= ranges->list[low - 1].high)
		return false;
	*die = ranges->list[low - 1].die;
	return true;
}

/* ---- units ---- */

static bool may_hold_functions(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_subprogram: /* which may hold a class of its own */
	case DW_TAG_lexical_block:
		return dwarf_haschildren(die) == 1;
	default:
		return false;
	}
}

struct scope {
	const struct scope *outer;
	Dwarf_Die *die;
	unsigned depth;
};

static void print_scopes(const struct scope *scope, struct buf *out)
{
	const char *name;

	if (!scope->outer || dwarf_tag(scope->die) == DW_TAG_lexical_block) /* the unit has no name that counts */
		return;
	print_scopes(scope->outer, out);
	name = dwarf_diename(scope->die);
	buf_printf(out, "%s::",
		   name					       ? name
		   : dwarf_tag(scope->die) == DW_TAG_namespace ? "(anonymous namespace)"
							       : "{unnamed}");
}

static void keep_place(struct inlines *inlines, struct unit *unit, const struct scope *scope, Dwarf_Die *function)
{
	struct buf text = {0};

	if (dwarf_hasattr(function, DW_AT_linkage_name) || !dwarf_hasattr(function, DW_AT_name))
		return;
	print_scopes(scope, &text);
	if (text.size)
		*arena_push(inlines->arena, unit->places, unit->places_len) =
			(struct place){dwarf_dieoffset(function), arena_strdup(inlines->arena, text.data)};
	buf_free(&text);
}

static void find_functions(struct inlines *inlines, struct unit *unit, const struct scope *scope)
{
	Dwarf_Die child;
	struct scope inner = {scope, &child, scope->depth + 1};
	bool started = false;

	while (scope->depth < NESTING_MAX && dwarf_next_child(scope->die, &started, &child) && unit->dies_left) {
		unit->dies_left--;
		if (dwarf_tag(&child) == DW_TAG_subprogram) {
			ranges_add(inlines->arena, &unit->functions, &child);
			if (scope->outer)
				keep_place(inlines, unit, scope, &child);
		}
		if (may_hold_functions(&child))
			find_functions(inlines, unit, &inner);
	}
}

static struct unit *read_unit(struct inlines *inlines, Dwarf_Die *die)
{
	struct unit *unit;

	for (unit = inlines->units; unit; unit = unit->next)
		if (unit->die == dwarf_dieoffset(die))
			return unit;
	unit = arena_new_one(inlines->arena, struct unit);
	*unit = (struct unit){.next = inlines->units, .die = dwarf_dieoffset(die), .dies_left = UNIT_DIES_MAX};
	inlines->units = unit;
	find_functions(inlines, unit, &(struct scope){.die = die});
	ranges_sort(&unit->functions);
	return unit;
}

/* The head of each unit says where its code is. */
static void find_all_units(struct inlines *inlines)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t kind;

	inlines->has_all = true;
	while (dwarf_get_units(inlines->dwarf, cu, &cu, NULL, &kind, &die, NULL) == 0)
		if (kind == DW_UT_compile)
			ranges_add(inlines->arena, &inlines->all, &die);
	ranges_sort(&inlines->all);
}

static bool find_unit(struct inlines *inlines, uint64_t vaddr, Dwarf_Die *unit)
{
	Dwarf_Off offset;

	if (dwarf_addrdie(inlines->dwarf, vaddr, unit))
		return true;
	if (!inlines->has_all) /* clang writes no .debug_aranges */
		find_all_units(inlines);
	return ranges_find(&inlines->all, vaddr, &offset) && dwarf_offdie(inlines->dwarf, offset, unit);
}

/* ---- what is inlined in a function ---- */

struct chain {
	struct arena *arena;
	const struct unit *unit;
	const char *symbols[CHAIN_MAX]; /* the outermost first */
	unsigned len;
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	return a->die < b->die ? -1 : a->die > b->die;
}

/* Of the function that the die is made from. */
static const char *scopes_of(const struct unit *unit, Dwarf_Die *die)
{
	static const unsigned ways[] = {DW_AT_abstract_origin, DW_AT_specification};
	const struct place *found = NULL;
	Dwarf_Attribute attr;
	Dwarf_Die from = *die;

	for (unsigned i = 0; i < 2 && !found && unit->places_len; i++) {
		struct place wanted;

		if (!dwarf_attr(&from, ways[i], &attr) || !dwarf_formref_die(&attr, &from))
			break;
		wanted.die = dwarf_dieoffset(&from);
		found = bsearch(&wanted, unit->places, unit->places_len, sizeof(wanted), compare_places);
	}
	return found ? found->scopes : "";
}

static const char *symbol_of(const struct chain *chain, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL, *scopes;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	if (name)
		return name;
	name = dwarf_diename(die);
	scopes = name ? scopes_of(chain->unit, die) : "";
	return *scopes ? arena_printf(chain->arena, "%s%s", scopes, name) : name;
}

/* A block without addresses may still hold what has some. */
static bool may_hold_address(Dwarf_Die *die, uint64_t vaddr)
{
	return dwarf_haspc(die, vaddr) == 1 || (dwarf_tag(die) == DW_TAG_lexical_block &&
						!dwarf_hasattr(die, DW_AT_low_pc) && !dwarf_hasattr(die, DW_AT_ranges));
}

static void follow(Dwarf_Die *scope, uint64_t vaddr, unsigned depth, struct chain *chain)
{
	unsigned before = chain->len;
	Dwarf_Die child;
	bool started = false;

	while (depth < NESTING_MAX && chain->len == before && dwarf_next_child(scope, &started, &child)) {
		int tag = dwarf_tag(&child);
		bool is_inlined = tag == DW_TAG_inlined_subroutine;

		if ((!is_inlined && tag != DW_TAG_lexical_block) || !may_hold_address(&child, vaddr))
			continue;
		if (is_inlined && chain->len < CHAIN_MAX)
			chain->symbols[chain->len++] = symbol_of(chain, &child);
		follow(&child, vaddr, depth + 1, chain);
	}
}

static void find_chain(struct inlines *inlines, uint64_t vaddr, struct chain *chain)
{
	Dwarf_Die unit, function;
	Dwarf_Off offset;

	if (!find_unit(inlines, vaddr, &unit))
		return;
	chain->arena = inlines->arena;
	chain->unit = read_unit(inlines, &unit);
	if (ranges_find(&chain->unit->functions, vaddr, &offset) && dwarf_offdie(inlines->dwarf, offset, &function))
		follow(&function, vaddr, 0, chain);
}

unsigned inlines_at(struct inlines *inlines, uint64_t vaddr, const char *const **symbols)
{
	struct answer **head = &inlines->answers[vaddr % HEADS], *answer;
	struct chain chain = {.len = 0};

	for (answer = *head; answer && answer->vaddr != vaddr;)
		answer = answer->next;
	if (!answer) {
		find_chain(inlines, vaddr, &chain);
		answer = arena_new_one(inlines->arena, struct answer);
		*answer = (struct answer){.next = *head, .vaddr = vaddr, .len = chain.len};
		answer->symbols = arena_new_array(inlines->arena, const char *, chain.len + 1);
		for (unsigned i = 0; i < chain.len; i++)
			answer->symbols[i] = chain.symbols[chain.len - 1 - i];
		*head = answer;
	}
	*symbols = answer->symbols;
	return answer->len;
}
