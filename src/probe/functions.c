/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/functions.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/demangle.h"
#include "lib/dwarf.h"

enum { NAME_MAX_SIZE = 32 * 1024, SYMBOLS_MAX = 8 * 1000 * 1000, NAMES_MAX_SIZE = 1 << 30 };

/* ---- names ---- */

/* Where what the compiler put behind the name of a clone begins: .isra.0, .constprop.1, .part.2, .cold, .localalias */
static const char *clone_suffix(const char *symbol)
{
	const char *dot = strchr(symbol + 1, '.');

	return dot && isalpha((unsigned char)dot[1]) ? dot : symbol + strlen(symbol);
}

static bool is_mangled(const char *symbol)
{
	return symbol[0] == '_' && symbol[1] == 'Z';
}

/* What is made of the symbol without its suffix; NULL: it is no C++ name. To be freed. */
static char *demangle(const char *symbol, int options)
{
	char *base, *name;

	if (!is_mangled(symbol))
		return NULL;
	base = strndup(symbol, (size_t)(clone_suffix(symbol) - symbol));
	name = base ? demangle_name(base, options) : NULL;
	free(base);
	return name;
}

const char *function_name(struct arena *arena, const char *symbol, bool with_params)
{
	char *plain = demangle(symbol, with_params ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS);
	const char *name = plain ? arena_printf(arena, "%s%s", plain, clone_suffix(symbol)) : symbol;

	free(plain);
	return name;
}

/* The last name of a C++ pattern, in which no character stands for others: do_op of PrimaryLogPG::do_op. */
static size_t last_name(const char *pattern, const char **name)
{
	const char *end = pattern + strcspn(pattern, "(<"), *from = end;

	while (from > pattern && (isalnum((unsigned char)from[-1]) || from[-1] == '_'))
		from--;
	if (from > pattern && from[-1] == '~') /* a destructor is mangled by its class */
		return 0;
	*name = from;
	return !strncmp(from, "operator", 8) ? 0 : (size_t)(end - from);
}

/* A cheap test before the name is demangled: each part of it stands in the symbol with its length before it. */
static bool may_be(const char *pattern, const char *symbol)
{
	const char *name = NULL;
	size_t size = last_name(pattern, &name);
	char part[128];

	if (!glob_is_plain(pattern) || !size || size > 100)
		return true;
	snprintf(part, sizeof(part), "%zu%.*s", size, (int)size, name);
	if (strstr(symbol, part))
		return true;
	/* A constructor has its class's name, and that only once. */
	return strstr(symbol, "C1E") || strstr(symbol, "C2E");
}

static bool matches_demangled(const char *pattern, const char *symbol, int options)
{
	char *name = demangle(symbol, options), *full;
	const char *suffix = clone_suffix(symbol);
	bool matches;

	if (!name)
		return false;
	matches = glob_match(pattern, name);
	if (!matches && *suffix && asprintf(&full, "%s%s", name, suffix) > 0) {
		matches = glob_match(pattern, full);
		free(full);
	}
	free(name);
	return matches;
}

bool function_matches(const char *pattern, const char *symbol)
{
	size_t base = (size_t)(clone_suffix(symbol) - symbol);

	if (glob_match(pattern, symbol))
		return true;
	if (symbol[base] && glob_is_plain(pattern) && strlen(pattern) == base && !strncmp(pattern, symbol, base))
		return true;
	if (!is_mangled(symbol) || !may_be(pattern, symbol))
		return false;
	return matches_demangled(pattern, symbol, DMGL_NO_OPTS) ||
	       (strchr(pattern, '(') && matches_demangled(pattern, symbol, DMGL_PARAMS | DMGL_ANSI));
}

/* ---- the list ---- */

static bool is_cold(const char *symbol)
{
	const char *suffix = clone_suffix(symbol), *cold = strstr(suffix, ".cold");

	return cold && (!cold[5] || cold[5] == '.');
}

static void add(struct arena *arena, struct function **list, unsigned *len, const char *symbol, const GElf_Sym *sym,
		uint64_t vaddr)
{
	struct function *function = arena_push(arena, *list, *len);

	*function = (struct function){.symbol = arena_strdup(arena, symbol), .vaddr = vaddr, .size = sym->st_size};
}

/* Of several names at one address the one that people use: malloc, not __libc_malloc, not an alias that the compiler
 * made. */
static int name_rank(const char *symbol)
{
	if (*clone_suffix(symbol))
		return strstr(symbol, ".localalias") ? 3 : 2;
	return symbol[0] == '_' && !is_mangled(symbol);
}

static int compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->vaddr != y->vaddr)
		return x->vaddr < y->vaddr ? -1 : 1;
	if (name_rank(x->symbol) != name_rank(y->symbol))
		return name_rank(x->symbol) - name_rank(y->symbol);
	return strcmp(x->symbol, y->symbol);
}

static void settle(struct function *list, unsigned *len)
{
	unsigned i, n = 0;

	if (*len)
		qsort(list, *len, sizeof(*list), compare);
	for (i = 0; i < *len; i++) {
		if (n && list[n - 1].vaddr == list[i].vaddr && !strcmp(list[n - 1].symbol, list[i].symbol))
			continue;
		list[n++] = list[i];
		if (n > 1 && list[n - 2].vaddr == list[n - 1].vaddr && !list[n - 1].size)
			list[n - 1].size = list[n - 2].size;
	}
	*len = n;
}

struct reading {
	struct arena *arena;
	struct functions *out;
	bool with_colds;
	uint64_t names_left; /* bytes: each symbol may name the same long text */
};

static bool take_symbol(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr)
{
	struct reading *r = data;
	size_t size = strnlen(name, NAME_MAX_SIZE + 1); /* each symbol's may be as long as the file */

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC || size > NAME_MAX_SIZE || (!r->with_colds && is_cold(name)))
		return true;
	if (size >= r->names_left || r->out->len == SYMBOLS_MAX)
		return false;
	r->names_left -= size;
	add(r->arena, &r->out->list, &r->out->len, name, sym, vaddr);
	return true;
}

void functions_read(struct arena *arena, const struct elf_file *file, const char *name, const char *root, bool with_colds,
		    struct functions *out)
{
	struct reading r = {arena, out, with_colds, NAMES_MAX_SIZE};

	*out = (struct functions){0};
	debug_find(file, name, root, &out->debug);
	debug_symbols(out->debug.symbols, take_symbol, &r);
	settle(out->list, &out->len);
	out->debug_path = out->debug.info && elf_has_section(out->debug.info, ".debug_info") ? elf_file_path(out->debug.info) : NULL;
	out->is_stripped = out->debug.is_stripped;
	if (!out->len)
		out->why = arena_printf(arena, "%s has no symbols: it is stripped, and no debug file was found", name);
}

void functions_free(struct functions *functions)
{
	debug_close(&functions->debug);
	functions->debug_path = NULL;
}

struct known {
	struct known *next;
	const struct host_binary *binary;
	struct functions functions;
	struct dwarf_file *dwarf;
};

const struct functions *functions_of(struct probe_host *host, struct host_binary *binary, pid_t pid)
{
	struct known **slot = (struct known **)host_slot(host, &provider_pid), *known;
	struct arena *arena = host_arena(host);
	const struct elf_file *elf;
	char root[PROC_ROOT_SIZE];

	for (known = *slot; known; known = known->next)
		if (known->binary == binary)
			return &known->functions;
	known = arena_new_one(arena, struct known);
	*known = (struct known){.next = *slot, .binary = binary};
	*slot = known;
	elf = host_binary_elf(host, binary);
	proc_root(pid, root);
	if (elf)
		functions_read(arena, elf, binary->name, root, false, &known->functions);
	else
		known->functions.why = binary->why;
	return &known->functions;
}

struct dwarf_file *functions_dwarf(struct probe_host *host, struct host_binary *binary, const char **why)
{
	struct known *known = *(struct known **)host_slot(host, &provider_pid);

	while (known && known->binary != binary)
		known = known->next;
	if (known && !known->dwarf && known->functions.debug_path)
		dwarf_file_open(host_arena(host), &known->functions.debug, &known->dwarf, why);
	return known ? known->dwarf : NULL;
}

void functions_forget(struct probe_host *host)
{
	for (struct known *known = *host_slot(host, &provider_pid); known; known = known->next) {
		dwarf_file_close(known->dwarf);
		functions_free(&known->functions);
	}
}
