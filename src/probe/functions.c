/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/functions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/demangle.h"
#include "lib/dwarf.h"

enum { NAME_MAX_SIZE = 32 * 1024, SYMBOLS_MAX = 8 * 1000 * 1000, NAMES_MAX_SIZE = 1 << 30 };

struct reading {
	struct arena *arena;
	const struct elf_file *file;
	bool for_addresses;
	uint64_t names_left; /* bytes: each symbol may name the same long text */
	const char *source;  /* the file that was named last */
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
	const char *text =
		plain ? arena_printf(arena, "%s%s", plain, function->symbol + function->base_size) : function->symbol;

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
		{"isra", FUNCTION_CLONE},
		{"constprop", FUNCTION_CLONE},
		{"localalias", FUNCTION_CLONE},
		{"lto_priv", FUNCTION_CLONE},
		{"llvm", FUNCTION_CLONE},
		{"__uniq", FUNCTION_CLONE},
		{"specialized", FUNCTION_CLONE},
		{"simdclone", FUNCTION_CLONE},
		{"part", FUNCTION_PIECE},
		{"cold", FUNCTION_PIECE},
		{"resolver", FUNCTION_PIECE},
		{"ifunc", FUNCTION_PIECE},
		{"_omp_fn", FUNCTION_PIECE},
		{"omp_outlined", FUNCTION_PIECE},
		{"omp_outlined_debug__", FUNCTION_PIECE},
		{"_omp_cpyfn", FUNCTION_PIECE},
		{"actor", FUNCTION_PIECE},
		{"destroy", FUNCTION_PIECE},
		{"resume", FUNCTION_PIECE},
		{"cleanup", FUNCTION_PIECE},
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
static void classify_variant(const struct reading *reading, const char *const *indirect, unsigned indirect_len,
			     struct function *function)
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

/* Of several names at one address the one that people use: malloc, not __libc_malloc, not an alias that the compiler
 * made. */
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

/* False: it names no code. */
static bool kind_of(const struct reading *reading, const GElf_Sym *sym, uint64_t vaddr, enum function_kind *kind)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
		*kind = FUNCTION_WHOLE;
		return true;
	case STT_GNU_IFUNC:
		*kind = FUNCTION_INDIRECT;
		return true;
	case STT_NOTYPE:
		*kind = FUNCTION_LABEL;
		return !reading->for_addresses && elf_is_code(reading->file, vaddr);
	default:
		return false;
	}
}

/* False: there are too many. */
static bool add(struct reading *reading, const char *name, const struct function *from)
{
	const char *at = strchr(name + 1, '@');
	size_t size = strlen(name);
	struct function *function;

	if (size > NAME_MAX_SIZE)
		return true;
	if (size >= reading->names_left || reading->len == SYMBOLS_MAX)
		return false;
	reading->names_left -= size;
	function = arena_push(reading->arena, reading->list, reading->len);
	*function = *from;
	function->symbol =
		at ? arena_strndup(reading->arena, name, (size_t)(at - name)) : arena_strdup(reading->arena, name);
	function->base_size = strlen(function->symbol);
	if (at) { /* as the linker writes it into .symtab: pthread_create@@GLIBC_2.34 */
		function->is_default = at[1] == '@';
		function->version = arena_strdup(reading->arena, at + 1 + function->is_default);
	}
	if (!strcmp(function->symbol, "runtime.text"))
		reading->go_from = function->vaddr;
	if (!strcmp(function->symbol, "runtime.etext"))
		reading->go_to = function->vaddr;
	return true;
}

/* Of the table that describes the file best; a local one is of the source file that was named last. */
static bool take_symbol(void *data, const char *name, const GElf_Sym *sym, uint64_t vaddr)
{
	struct reading *reading = data;
	struct function function = {
		.vaddr = vaddr, .size = sym->st_size, .is_local = GELF_ST_BIND(sym->st_info) == STB_LOCAL};

	if (GELF_ST_TYPE(sym->st_info) == STT_FILE) {
		const char *slash = strrchr(name, '/');

		reading->source = *name && strlen(name) <= NAME_MAX_SIZE
					  ? arena_strdup(reading->arena, slash ? slash + 1 : name)
					  : NULL;
		return true;
	}
	if (!kind_of(reading, sym, vaddr, &function.kind))
		return true;
	function.source = function.is_local ? reading->source : NULL;
	return add(reading, name, &function);
}

/* ---- what the dynamic linker knows: versions ---- */

struct dynamic {
	Elf *elf;
	Elf_Data *symbols, *versions, *definitions;
	size_t strings, definition_strings; /* sections */
	size_t symbols_len, definitions_len;
};

static bool is_about_versions(const char *section)
{
	static const char *const names[] = {".dynsym", ".dynstr", ".gnu.version", ".gnu.version_d"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(section, names[i]))
			return true;
	return false;
}

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

	for (size_t i = 0;
	     dynamic->definitions && i < dynamic->definitions_len && gelf_getverdef(dynamic->definitions, at, &def);
	     i++) {
		if (def.vd_ndx == index)
			return def.vd_flags & VER_FLG_BASE ||
					       !gelf_getverdaux(dynamic->definitions, at + (int)def.vd_aux, &aux)
				       ? NULL
				       : elf_strptr(dynamic->elf, dynamic->definition_strings, aux.vda_name);
		if (!def.vd_next)
			break;
		at += (int)def.vd_next;
	}
	return NULL;
}

static void read_dynamic(struct reading *reading)
{
	enum { HIDDEN = 0x8000, INDEX = 0x7fff };
	uint64_t size = 0;
	const void *image = elf_file_image(reading->file, is_about_versions, &size);
	Elf *elf = image && elf_version(EV_CURRENT) != EV_NONE ? elf_memory((char *)image, size) : NULL;
	struct dynamic dynamic = {0};
	bool goes_on = elf && find_dynamic(elf, &dynamic);

	for (size_t i = 1; goes_on && i < dynamic.symbols_len; i++) {
		struct function function = {0};
		GElf_Versym versym = 0;
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(dynamic.symbols, (int)i, &sym) || sym.st_shndx == SHN_UNDEF ||
		    sym.st_shndx >= SHN_LORESERVE || !kind_of(reading, &sym, sym.st_value, &function.kind))
			continue;
		name = elf_strptr(elf, dynamic.strings, sym.st_name);
		if (!name || !*name)
			continue;
		function.vaddr = sym.st_value;
		function.size = sym.st_size;
		if (dynamic.versions && gelf_getversym(dynamic.versions, (int)i, &versym))
			function.version = version_name(&dynamic, versym & INDEX);
		function.is_default = function.version && !(versym & HIDDEN);
		if (function.version)
			function.version = arena_strdup(reading->arena, function.version);
		goes_on = add(reading, name, &function);
	}
	elf_end(elf);
}

/* ---- the file ---- */

void functions_read(struct arena *arena, const struct elf_file *file, const char *name, const char *root,
		    bool for_addresses, struct functions *out)
{
	struct reading reading = {
		.arena = arena, .file = file, .for_addresses = for_addresses, .names_left = NAMES_MAX_SIZE};

	*out = (struct functions){0};
	debug_find(file, name, root, &out->debug);
	debug_symbols(out->debug.symbols, take_symbol, &reading);
	read_dynamic(&reading);
	classify_all(&reading);
	settle(&reading);
	out->list = reading.list;
	out->len = reading.len;
	out->debug_path = out->debug.info && elf_has_section(out->debug.info, ".debug_info")
				  ? elf_file_path(out->debug.info)
				  : NULL;
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
	struct dwarf_origin origin;
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
	known->origin = (struct dwarf_origin){binary->name, arena_strdup(arena, root)};
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
		dwarf_file_open(host_arena(host), &known->functions.debug, &known->origin, &known->dwarf, why);
	return known ? known->dwarf : NULL;
}

void functions_forget(struct probe_host *host)
{
	for (struct known *known = *host_slot(host, &provider_pid); known; known = known->next) {
		dwarf_file_close(known->dwarf);
		functions_free(&known->functions);
	}
}
