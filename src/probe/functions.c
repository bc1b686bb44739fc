/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/functions.h"

#include <ctype.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/debug.h"
#include "lib/dwarf.h"

enum { NAME_MAX_SIZE = 32 * 1024, SYMBOLS_MAX = 8 * 1000 * 1000 };

struct reading {
	struct arena *arena;
	bool for_addresses;
	struct function *list;
	unsigned len;
	uint64_t go_from, go_to; /* code that Go's compiler made, whose names have dots of their own */
};

/* ---- names ---- */

struct name function_as_name(const struct function *function)
{
	return (struct name){function->symbol, function->base_size, function->kind == FUNCTION_PIECE};
}

const char *function_name(struct arena *arena, const struct function *function, bool with_params)
{
	struct name name = function_as_name(function);
	char *plain = name_demangle(&name, with_params);
	const char *text = plain ? arena_printf(arena, "%s%s", plain, function->symbol + function->base_size) : function->symbol;

	free(plain);
	return text;
}

/* ---- clones ---- */

/* What compilers put behind the name of a function's copy, or of a piece of it. */
static bool is_clone_word(const char *at, size_t size, enum function_kind *kind, bool *is_cold)
{
	static const struct {
		const char *word;
		enum function_kind kind;
	} words[] = {
		{"isra", FUNCTION_CLONE},	{"constprop", FUNCTION_CLONE}, {"localalias", FUNCTION_CLONE},
		{"lto_priv", FUNCTION_CLONE},	{"llvm", FUNCTION_CLONE},      {"__uniq", FUNCTION_CLONE},
		{"specialized", FUNCTION_CLONE}, {"simdclone", FUNCTION_CLONE}, {"part", FUNCTION_PIECE},
		{"cold", FUNCTION_PIECE},	{"resolver", FUNCTION_PIECE},  {"ifunc", FUNCTION_PIECE},
		{"_omp_fn", FUNCTION_PIECE},	{"omp_outlined", FUNCTION_PIECE}, {"omp_outlined_debug__", FUNCTION_PIECE},
		{"_omp_cpyfn", FUNCTION_PIECE}, {"actor", FUNCTION_PIECE},     {"destroy", FUNCTION_PIECE},
		{"resume", FUNCTION_PIECE},	{"cleanup", FUNCTION_PIECE},
	};
	size_t digits = 0;

	while (digits < size && isdigit((unsigned char)at[digits]))
		digits++;
	if (size && digits == size) /* as clang numbers functions of one name that come together in one file */
		return true;
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == size && !memcmp(at, words[i].word, size)) {
			if (words[i].kind == FUNCTION_PIECE)
				*kind = FUNCTION_PIECE;
			*is_cold |= !strcmp(words[i].word, "cold");
			return true;
		}
	return false;
}

/* Is all that follows this dot what a compiler put there? */
static bool is_clone_suffix(const char *dot, enum function_kind *kind, bool *is_cold)
{
	*kind = FUNCTION_CLONE;
	*is_cold = false;
	while (*dot == '.') {
		size_t size = strcspn(dot + 1, ".");

		if (!is_clone_word(dot + 1, size, kind, is_cold))
			return false;
		dot += 1 + size;
	}
	return true;
}

static bool is_go(const struct reading *reading, const struct function *function)
{
	return function->vaddr >= reading->go_from && function->vaddr < reading->go_to;
}

/* Says what is a clone; false: it is a .cold part, which nobody calls. */
static bool classify(const struct reading *reading, struct function *function)
{
	enum function_kind kind;
	bool is_cold;

	if (is_go(reading, function))
		return true;
	for (const char *dot = strchr(function->symbol + 1, '.'); dot; dot = strchr(dot + 1, '.'))
		if (is_clone_suffix(dot, &kind, &is_cold)) {
			function->base_size = (size_t)(dot - function->symbol);
			if (function->kind == FUNCTION_WHOLE)
				function->kind = kind;
			return !is_cold || reading->for_addresses;
		}
	return true;
}

/* A function that there is for several processors, foo.avx2: `foo` chooses one of them. */
static void classify_variant(const struct reading *reading, const char *const *indirect, unsigned indirect_len, struct function *function)
{
	const char *dot = function->kind == FUNCTION_WHOLE ? strchr(function->symbol + 1, '.') : NULL;
	size_t size = dot ? (size_t)(dot - function->symbol) : 0;

	for (unsigned i = 0; dot && i < indirect_len && !is_go(reading, function); i++)
		if (strlen(indirect[i]) == size && !memcmp(indirect[i], function->symbol, size)) {
			function->base_size = size;
			function->kind = FUNCTION_CLONE;
			return;
		}
}

static void classify_all(struct reading *reading)
{
	const char **indirect = NULL;
	unsigned indirect_len = 0, n = 0, i;

	for (i = 0; i < reading->len; i++) {
		struct function *function = &reading->list[i];

		if (!classify(reading, function))
			continue;
		if (function->kind == FUNCTION_INDIRECT)
			*arena_push(reading->arena, indirect, indirect_len) = function->symbol;
		reading->list[n++] = *function;
	}
	reading->len = n;
	for (i = 0; i < n && indirect_len; i++)
		classify_variant(reading, indirect, indirect_len, &reading->list[i]);
}

/* ---- the list ---- */

/* Of several names at one address the one that people use: malloc, not __libc_malloc, not an alias that the compiler made. */
static int name_rank(const struct function *function)
{
	const char *symbol = function->symbol;

	if (function->kind == FUNCTION_LABEL || function->kind == FUNCTION_INDIRECT)
		return 4;
	if (symbol[function->base_size])
		return strstr(symbol + function->base_size, ".localalias") ? 3 : 2;
	return symbol[0] == '_' && symbol[1] != 'Z' && symbol[1] != 'R';
}

static int compare_texts(const char *a, const char *b)
{
	return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int compare(const void *a, const void *b)
{
	const struct function *x = a, *y = b;
	int order;

	if (x->vaddr != y->vaddr)
		return x->vaddr < y->vaddr ? -1 : 1;
	if (name_rank(x) != name_rank(y))
		return name_rank(x) - name_rank(y);
	order = strcmp(x->symbol, y->symbol);
	if (!order)
		order = (int)y->is_default - (int)x->is_default;
	return order ? order : -compare_texts(x->version, y->version);
}

/* The same symbol of another table, which may know less of it. */
static bool is_repeated(const struct function *first, const struct function *again)
{
	return first->vaddr == again->vaddr && !strcmp(first->symbol, again->symbol) &&
	       (!again->version || !compare_texts(first->version, again->version));
}

static void settle(struct reading *reading)
{
	struct function *list = reading->list;
	unsigned i, n = 0;

	if (reading->len)
		qsort(list, reading->len, sizeof(*list), compare);
	for (i = 0; i < reading->len; i++) {
		if (n && is_repeated(&list[n - 1], &list[i]))
			continue;
		list[n++] = list[i];
		if (n > 1 && list[n - 2].vaddr == list[n - 1].vaddr && !list[n - 1].size)
			list[n - 1].size = list[n - 2].size;
	}
	reading->len = n;
}

/* ---- symbols ---- */

static bool is_executable(Elf *elf, GElf_Word section)
{
	Elf_Scn *scn = elf ? elf_getscn(elf, section) : NULL;
	GElf_Shdr shdr;

	return scn && gelf_getshdr(scn, &shdr) && (shdr.sh_flags & SHF_EXECINSTR);
}

/* False: it names no code. */
static bool kind_of(const struct reading *reading, const GElf_Sym *sym, Elf *elf, GElf_Word section, enum function_kind *kind)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
		*kind = FUNCTION_WHOLE;
		return section != SHN_UNDEF;
	case STT_GNU_IFUNC:
		*kind = FUNCTION_INDIRECT;
		return section != SHN_UNDEF;
	case STT_NOTYPE:
		*kind = FUNCTION_LABEL;
		return !reading->for_addresses && section != SHN_UNDEF && is_executable(elf, section);
	default:
		return false;
	}
}

static void add(struct reading *reading, const char *name, const struct function *from)
{
	const char *at = *name ? strchr(name + 1, '@') : NULL;
	struct function *function = arena_push(reading->arena, reading->list, reading->len);

	*function = *from;
	function->symbol = at ? arena_strndup(reading->arena, name, (size_t)(at - name)) : arena_strdup(reading->arena, name);
	function->base_size = strlen(function->symbol);
	if (at) { /* as the linker writes it into .symtab: pthread_create@@GLIBC_2.34 */
		function->is_default = at[1] == '@';
		function->version = arena_strdup(reading->arena, at + 1 + function->is_default);
	}
	if (!strcmp(function->symbol, "runtime.text"))
		reading->go_from = function->vaddr;
	if (!strcmp(function->symbol, "runtime.etext"))
		reading->go_to = function->vaddr;
}

/* The symbols that describe the file best; a local one is of the source file that was named last. */
static void read_symbols(struct reading *reading, const struct debug *debug)
{
	int n = dwfl_module_getsymtab(debug->module), i;
	const char *source = NULL;

	for (i = 1; i < n && i < SYMBOLS_MAX; i++) {
		struct function function = {0};
		GElf_Sym sym;
		GElf_Addr address;
		GElf_Word section;
		Elf *elf;
		const char *name = dwfl_module_getsym_info(debug->module, i, &sym, &address, &section, &elf, NULL);

		if (name && GELF_ST_TYPE(sym.st_info) == STT_FILE) {
			const char *slash = strrchr(name, '/');

			source = *name ? arena_strdup(reading->arena, slash ? slash + 1 : name) : NULL;
			continue;
		}
		if (!name || !*name || strlen(name) > NAME_MAX_SIZE || !kind_of(reading, &sym, elf, section, &function.kind))
			continue;
		function.vaddr = address - debug->bias;
		function.size = sym.st_size;
		function.is_local = GELF_ST_BIND(sym.st_info) == STB_LOCAL;
		function.source = function.is_local ? source : NULL;
		add(reading, name, &function);
	}
}

/* ---- what the dynamic linker knows: versions ---- */

struct dynamic {
	Elf *elf;
	Elf_Data *symbols, *versions, *definitions;
	size_t strings, definition_strings; /* sections */
	size_t symbols_len, definitions_len;
};

static bool find_dynamic(Elf *elf, struct dynamic *out)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	*out = (struct dynamic){.elf = elf};
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		if (shdr.sh_type == SHT_DYNSYM && shdr.sh_entsize) {
			out->symbols = elf_getdata(scn, NULL);
			out->symbols_len = shdr.sh_size / shdr.sh_entsize;
			out->strings = shdr.sh_link;
		} else if (shdr.sh_type == SHT_GNU_versym) {
			out->versions = elf_getdata(scn, NULL);
		} else if (shdr.sh_type == SHT_GNU_verdef) {
			out->definitions = elf_getdata(scn, NULL);
			out->definitions_len = shdr.sh_info;
			out->definition_strings = shdr.sh_link;
		}
	}
	return out->symbols;
}

/* The name of the version with this index; NULL: the symbol has none that counts. */
static const char *version_name(const struct dynamic *dynamic, unsigned index)
{
	GElf_Verdef def;
	GElf_Verdaux aux;
	int at = 0;

	for (size_t i = 0; dynamic->definitions && i < dynamic->definitions_len && gelf_getverdef(dynamic->definitions, at, &def); i++) {
		if (def.vd_ndx == index)
			return def.vd_flags & VER_FLG_BASE || !gelf_getverdaux(dynamic->definitions, at + (int)def.vd_aux, &aux)
				       ? NULL
				       : elf_strptr(dynamic->elf, dynamic->definition_strings, aux.vda_name);
		if (!def.vd_next)
			break;
		at += (int)def.vd_next;
	}
	return NULL;
}

static void read_dynamic(struct reading *reading, const struct debug *debug)
{
	enum { HIDDEN = 0x8000, INDEX = 0x7fff };
	struct dynamic dynamic;
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(debug->module, &bias);

	if (!elf || !find_dynamic(elf, &dynamic))
		return;
	for (size_t i = 1; i < dynamic.symbols_len && i < SYMBOLS_MAX; i++) {
		struct function function = {0};
		GElf_Versym versym = 0;
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(dynamic.symbols, (int)i, &sym) ||
		    !kind_of(reading, &sym, elf, sym.st_shndx, &function.kind) || sym.st_shndx >= SHN_LORESERVE)
			continue;
		name = elf_strptr(elf, dynamic.strings, sym.st_name);
		if (!name || !*name || strlen(name) > NAME_MAX_SIZE)
			continue;
		function.vaddr = sym.st_value;
		function.size = sym.st_size;
		if (dynamic.versions && gelf_getversym(dynamic.versions, (int)i, &versym))
			function.version = version_name(&dynamic, versym & INDEX);
		function.is_default = function.version && !(versym & HIDDEN);
		if (function.version)
			function.version = arena_strdup(reading->arena, function.version);
		add(reading, name, &function);
	}
}

/* ---- the file ---- */

void functions_read(struct arena *arena, const char *path, const char *name, const char *root, bool for_addresses,
		    struct functions *out)
{
	struct reading reading = {.arena = arena, .for_addresses = for_addresses};
	struct debug debug;

	*out = (struct functions){0};
	if (debug_open(arena, path, name, root, &debug, &out->why))
		return;
	read_symbols(&reading, &debug);
	read_dynamic(&reading, &debug);
	classify_all(&reading);
	settle(&reading);
	out->list = reading.list;
	out->len = reading.len;
	out->debug_path = debug.debug_path;
	out->is_stripped = debug.is_stripped;
	if (!out->len)
		out->why = arena_printf(arena, "%s has no symbols: it is stripped, and no debug file was found", name);
	debug_close(&debug);
}

struct known {
	struct known *next;
	const struct host_binary *binary;
	struct functions functions;
	struct dwarf_origin origin;
	struct dwarf_file *dwarf;
};

const struct functions *functions_of(struct probe_host *host, struct host_binary *binary, const char *root)
{
	struct known **slot = (struct known **)host_slot(host, &provider_pid), *known;
	struct arena *arena = host_arena(host);

	for (known = *slot; known; known = known->next)
		if (known->binary == binary)
			return &known->functions;
	known = arena_new_one(arena, struct known);
	*known = (struct known){.next = *slot, .binary = binary, .origin = {binary->name, root}};
	*slot = known;
	functions_read(arena, binary->path, binary->name, root, false, &known->functions);
	return &known->functions;
}

struct dwarf_file *functions_dwarf(struct probe_host *host, struct host_binary *binary, const char **why)
{
	struct known *known = *(struct known **)host_slot(host, &provider_pid);

	while (known && known->binary != binary)
		known = known->next;
	if (known && !known->dwarf && known->functions.debug_path)
		dwarf_file_open(host_arena(host), known->functions.debug_path, &known->origin, &known->dwarf, why);
	return known ? known->dwarf : NULL;
}
