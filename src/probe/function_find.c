/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/function_find.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/x86_value.h"
#include "probe/indirect.h"

/* A place in the code, and what is known of it while it gets its name. */
struct match {
	unsigned order; /* of the file */
	const char *mod;
	struct host_binary *binary;
	const struct functions *functions;
	const struct function *function;
	enum name_fit fit;
	uint64_t vaddr, size;
	const char *own;   /* what else the place is called, when it was reached through an indirect function */
	const char *text;  /* the name so far */
	const char *where; /* what is put behind it */
	const char *why_not, *caution;
	bool is_out;
};

struct find {
	struct probe_host *host;
	struct arena *arena; /* the host's: what stays */
	pid_t pid;
	struct name_pattern *pattern;
	bool is_glob; /* what fits does so as a glob */
	struct match *list;
	unsigned len;
};

/* ---- modules ---- */

/* By the kernel's name for its program: as we see it, with what the kernel says behind the name of a file that is gone.
 */
static bool is_program_of(pid_t pid, const struct host_binary *binary)
{
	const char *suffix = binary->is_deleted ? " (deleted)" : "";
	struct buf wanted = {0};
	char path[64], text[4096];
	ssize_t size;
	bool is;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid); /* of a chroot: the binary's name is inside it */
	size = readlink(path, text, sizeof(text));
	if (size > 1)
		buf_add(&wanted, text, (size_t)size);
	buf_printf(&wanted, "%s%s", binary->name, suffix);
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	size = readlink(path, text, sizeof(text));
	is = size >= 0 && (size_t)size == wanted.size && !memcmp(text, wanted.data, wanted.size);
	buf_free(&wanted);
	return is;
}

/* Where the process runs two files of one name, they are told apart by their paths, or else by their numbers. */
static const char *module_of(struct probe_host *host, pid_t pid, const struct host_binary *binary)
{
	struct host_binary **binaries;
	bool is_shared = false, is_same_path = false;
	unsigned len, i;

	host_binaries(host, &binaries, &len);
	for (i = 0; i < len; i++)
		if (binaries[i] != binary && host_binary_has_pid(binaries[i], pid) &&
		    !strcmp(binaries[i]->base, binary->base)) {
			is_shared = true;
			is_same_path |= !strcmp(binaries[i]->name, binary->name);
		}
	if (is_same_path)
		return arena_printf(host_arena(host), "%s#%llu", binary->name, (unsigned long long)binary->ino);
	return is_shared ? binary->name : binary->base;
}

/* libc of libc.so.6 */
static bool is_stem(const char *pattern, const char *base)
{
	const char *so = strstr(base, ".so");

	return so && strlen(pattern) == (size_t)(so - base) && !strncmp(pattern, base, (size_t)(so - base));
}

bool function_module_may_fit(const char *pattern, const char *name)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;

	return probe_glob_match(pattern, base) || is_stem(pattern, base) || strchr(pattern, '/') ||
	       !strcmp(pattern, "a.out");
}

const char *function_module_fits(struct probe_host *host, pid_t pid, const char *pattern,
				 const struct host_binary *binary)
{
	const char *mod;

	if (!host_binary_has_pid(binary, pid))
		return NULL;
	mod = module_of(host, pid, binary);
	if (probe_glob_match(pattern, binary->base) || probe_glob_match(pattern, mod) ||
	    (strchr(pattern, '/') && probe_glob_match(pattern, binary->name)) ||
	    (!strcmp(pattern, "a.out") && is_program_of(pid, binary)))
		return mod;
	return is_stem(pattern, binary->base) ? mod : NULL;
}

/* ---- what fits ---- */

static struct match *add(struct find *find, const struct match *match)
{
	struct match *added = arena_push(find->arena, find->list, find->len);

	*added = *match;
	return added;
}

/* Of several names of one place the one that fits best, or the plainest, counts. */
static void take_function(struct find *find, const struct match *file, const struct function *function)
{
	struct name name = function_as_name(function);
	struct match *last = find->len ? &find->list[find->len - 1] : NULL;
	struct match match = *file;

	match.function = function;
	match.fit = name_pattern_fits(find->pattern, &name);
	match.vaddr = function->vaddr;
	match.size = function->size;
	if (match.fit == NAME_OTHER)
		return;
	if (last && last->binary == file->binary && last->vaddr == match.vaddr && function->kind != FUNCTION_INDIRECT &&
	    last->function->kind != FUNCTION_INDIRECT) {
		if (match.fit > last->fit)
			*last = match;
		return;
	}
	add(find, &match);
}

static void take_binary(struct find *find, unsigned order, const char *mod, struct host_binary *binary)
{
	const struct elf_file *elf = host_binary_elf(find->host, binary);
	struct match file = {.order = order, .mod = mod, .binary = binary};

	if (!elf || elf_file_machine(elf) != ABI_MACHINE)
		return;
	file.functions = functions_of(find->host, binary, find->pid);
	for (unsigned i = 0; i < file.functions->len; i++)
		take_function(find, &file, &file.functions->list[i]);
}

static void drop_out(struct find *find)
{
	unsigned i, n = 0;

	for (i = 0; i < find->len; i++)
		if (!find->list[i].is_out)
			find->list[n++] = find->list[i];
	find->len = n;
}

static void keep_best(struct find *find)
{
	enum name_fit best = NAME_OTHER;

	for (unsigned i = 0; i < find->len; i++)
		if (find->list[i].fit > best)
			best = find->list[i].fit;
	for (unsigned i = 0; i < find->len; i++)
		find->list[i].is_out = find->list[i].fit < best;
	drop_out(find);
	find->is_glob = best == NAME_GLOB;
}

/* ---- indirect functions ---- */

static const struct function *function_at(const struct functions *functions, uint64_t vaddr)
{
	unsigned low = 0, high = functions->len;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (functions->list[middle].vaddr < vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < functions->len && functions->list[low].vaddr == vaddr ? &functions->list[low] : NULL;
}

static void resolve(struct find *find, struct host_binary *binary, const struct function *function,
		    struct indirect *out)
{
	indirect_find(find->arena, host_binary_elf(find->host, binary), host_binary_unwind(find->host, binary),
		      function->vaddr, function->size, out);
}

static bool has_any_of(const struct indirect *a, const struct indirect *b)
{
	for (unsigned i = 0; i < a->len; i++)
		for (unsigned j = 0; j < b->len; j++)
			if (a->vaddrs[i] == b->vaddrs[j])
				return true;
	return false;
}

/* memcpy and memmove are one piece of code in libc: who asks for the one gets both, and is told. */
static const char *shared_with(struct find *find, const struct match *match, const struct indirect *indirect)
{
	const char *names = NULL;

	for (unsigned i = 0; i < match->functions->len; i++) {
		const struct function *other = &match->functions->list[i];
		struct indirect its;

		if (other->kind != FUNCTION_INDIRECT || *other->symbol == '_' ||
		    !strcmp(other->symbol, match->function->symbol))
			continue;
		resolve(find, match->binary, other, &its);
		if (has_any_of(indirect, &its))
			names = names ? arena_printf(find->arena, "%s, `%s`", names, other->symbol)
				      : arena_printf(find->arena, "`%s`", other->symbol);
	}
	return names ? arena_printf(find->arena, "`%s` and %s share their code in %s: calls of all of them are counted",
				    match->function->symbol, names, match->binary->base)
		     : NULL;
}

static const char *indirect_caution(struct find *find, const struct match *match, const struct indirect *indirect)
{
	if (find->is_glob)
		return NULL;
	if (!indirect->is_all)
		return arena_printf(find->arena,
				    "which code `%s` of %s stands for is decided when the program starts, and it may "
				    "be elsewhere, such as in "
				    "the kernel's vDSO, where nothing can be probed: such calls are not counted",
				    match->function->symbol, match->binary->base);
	return shared_with(find, match, indirect);
}

/* In place of an indirect function all those that it may choose. */
static void expand(struct find *find, unsigned i)
{
	const struct match from = find->list[i];
	struct indirect indirect;

	resolve(find, from.binary, from.function, &indirect);
	if (!indirect.len) {
		find->list[i].is_out = find->is_glob;
		find->list[i].why_not = "which code it stands for is decided when the program starts, in a way that "
					"its code does not tell";
		return;
	}
	find->list[i].is_out = true;
	for (unsigned j = 0; j < indirect.len; j++) {
		const struct function *own = function_at(from.functions, indirect.vaddrs[j]);
		struct match match = from;

		match.vaddr = indirect.vaddrs[j];
		match.size = own ? own->size : 0;
		match.own = own ? own->symbol : NULL;
		match.caution = indirect_caution(find, &from, &indirect);
		add(find, &match);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->vaddr != y->vaddr)
		return x->vaddr < y->vaddr ? -1 : 1;
	return (x->own != NULL) - (y->own != NULL); /* a function's own name first */
}

static void expand_all(struct find *find)
{
	unsigned len = find->len, i;

	for (i = 0; i < len; i++)
		if (find->list[i].function->kind == FUNCTION_INDIRECT)
			expand(find, i);
	drop_out(find);
	if (find->len)
		qsort(find->list, find->len, sizeof(*find->list), by_place);
	for (i = 1; i < find->len; i++)
		find->list[i].is_out = find->list[i].binary == find->list[i - 1].binary &&
				       find->list[i].vaddr == find->list[i - 1].vaddr;
	drop_out(find);
}

/* ---- what is a function at all ---- */

/* A label may be anything, data among the code too: its call-frame information says that something is called there. */
static void check_places(struct find *find)
{
	for (unsigned i = 0; i < find->len; i++) {
		struct match *match = &find->list[i];
		bool is_label = match->function->kind == FUNCTION_LABEL;
		const struct unwind *unwind;
		const struct unwind_part *part;

		if (match->size && !is_label)
			continue;
		unwind = host_binary_unwind(find->host, match->binary);
		part = unwind_part_at(unwind, match->vaddr);
		if (part && unwind->base + part->pc != match->vaddr)
			part = NULL;
		if (part && !match->size)
			match->size = part->size;
		match->is_out = is_label && !part && find->is_glob;
		if (is_label && !part)
			match->why_not = "its file does not say that it is a function (in assembly language, `.type "
					 "NAME, @function`): a "
					 "breakpoint could change data";
	}
	drop_out(find);
}

/* ---- groups of one name ---- */

static int by_text(const void *a, const void *b)
{
	const struct match *x = *(struct match *const *)a, *y = *(struct match *const *)b;
	int order;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	order = strcmp(x->text, y->text);
	return order ? order : x->vaddr < y->vaddr ? -1 : x->vaddr > y->vaddr;
}

/* Calls `each` with all that share one text in one file. */
static void each_group(struct find *find, void (*each)(struct find *find, struct match **group, unsigned len))
{
	struct arena *scratch = arena_new();
	struct match **all = arena_new_array(scratch, struct match *, find->len + 1);
	unsigned from, to;

	for (unsigned i = 0; i < find->len; i++)
		all[i] = &find->list[i];
	qsort(all, find->len, sizeof(*all), by_text);
	for (from = 0; from < find->len; from = to) {
		for (to = from + 1;
		     to < find->len && all[to]->binary == all[from]->binary && !strcmp(all[to]->text, all[from]->text);)
			to++;
		if (to - from > 1)
			each(find, all + from, to - from);
	}
	arena_free(scratch);
}

static void tell_params(struct find *find, struct match **group, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		group[i]->text = function_name(find->arena, group[i]->function, true);
}

/* ---- constructors and destructors, which a compiler makes up to three functions of ---- */

/* Which of a class's constructors and destructors this is (Itanium C++ ABI, 5.1.4.3). */
static const char *variant_of(const struct match *match)
{
	static const struct {
		const char *mangled, *text;
	} variants[] = {{"C1", "complete"}, {"C2", "base"}, {"D0", "deleting"}, {"D1", "complete"}, {"D2", "base"}};

	for (unsigned i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		const char *at = strstr(match->function->symbol, variants[i].mangled);

		if (at && (at[2] == 'E' || at[2] == 'I') && !strncmp(match->function->symbol, "_Z", 2))
			return variants[i].text;
	}
	return NULL;
}

struct calls {
	const struct elf_file *elf;
	struct match **group;
	unsigned len;
	const struct match *from;
};

static bool is_of_group(const struct calls *calls, uint64_t vaddr, const char *symbol)
{
	for (unsigned i = 0; i < calls->len; i++)
		if (calls->group[i] != calls->from &&
		    (calls->group[i]->vaddr == vaddr || (symbol && !strcmp(calls->group[i]->function->symbol, symbol))))
			return true;
	return false;
}

static bool calls_another(const struct calls *calls, const struct x86_insn *insn)
{
	struct x86_move move;
	uint64_t target = 0, slot = 0;

	x86_move(insn, &move);
	if (insn->op == X86_JUMP)
		target = insn->target;
	if (move.kind == X86_MOVE_RESULT)
		target = move.number;
	if (move.kind == X86_MOVE_RESULT_AT)
		slot = move.number;
	else if (!target || !elf_stub_slot(calls->elf, target, &slot))
		slot = 0;
	return is_of_group(calls, target, slot ? elf_slot_symbol(calls->elf, slot) : NULL);
}

static bool has_call(const struct calls *calls, const uint8_t *code, uint64_t size, uint64_t vaddr)
{
	struct x86_insn insn;

	for (uint64_t at = 0; at < size && x86_decode(code + at, size - at, vaddr + at, &insn); at += insn.size)
		if (calls_another(calls, &insn))
			return true;
	return false;
}

/* One that calls another of them (a deleting destructor the plain one) is left out: each construction is counted once.
 */
static void drop_forwarders(struct find *find, struct match **group, unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		struct calls calls = {host_binary_elf(find->host, group[i]->binary), group, len, group[i]};
		uint64_t size = 0;
		const uint8_t *code = elf_code(calls.elf, group[i]->vaddr, group[i]->size, &size);

		if (!code || !group[i]->size || size < group[i]->size || !variant_of(group[i]))
			continue;
		group[i]->is_out = has_call(&calls, code, group[i]->size, group[i]->vaddr);
	}
}

/* ---- names that nothing else has ---- */

enum { TELLS_VERSION, TELLS_SOURCE, TELLS_VARIANT, TELLS_OWN, TELLS_ADDRESS, TELLS };

static const char *told_by(struct find *find, const struct match *match, unsigned what)
{
	const struct function *function = match->function;

	switch (what) {
	case TELLS_VERSION:
		return function->version
			       ? arena_printf(find->arena, "%s%s", function->is_default ? "@" : "", function->version)
			       : NULL;
	case TELLS_SOURCE:
		return function->source;
	case TELLS_VARIANT:
		return variant_of(match);
	case TELLS_OWN:
		return match->own;
	default:
		return arena_printf(find->arena, "0x%llx", (unsigned long long)match->vaddr);
	}
}

enum { GROUP_MAX = 64 }; /* comparing each with each */

static bool are_different(struct match **group, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		for (unsigned j = 0; j <= i; j++)
			if (!group[i]->where || (j < i && !strcmp(group[i]->where, group[j]->where)))
				return false;
	return true;
}

static bool is_own_name(struct match **group, unsigned len, const struct match *match)
{
	unsigned same = 0;

	for (unsigned i = 0; i < len && match->own; i++)
		same += group[i]->own && !strcmp(group[i]->own, match->own);
	return same == 1 && strcmp(match->own, match->text) != 0;
}

/* By the first thing that tells all of them apart; or each by another name that it has alone, else by its address. */
static void tell_apart(struct find *find, struct match **group, unsigned len)
{
	for (unsigned what = 0; what < TELLS_ADDRESS && len <= GROUP_MAX; what++) {
		for (unsigned i = 0; i < len; i++)
			group[i]->where = told_by(find, group[i], what);
		if (are_different(group, len))
			return;
	}
	for (unsigned i = 0; i < len; i++)
		group[i]->where =
			told_by(find, group[i],
				len <= GROUP_MAX && is_own_name(group, len, group[i]) ? TELLS_OWN : TELLS_ADDRESS);
}

static void name_all(struct find *find)
{
	bool is_detailed = name_pattern_is_detailed(find->pattern);

	for (unsigned i = 0; i < find->len; i++)
		find->list[i].text = function_name(find->arena, find->list[i].function, is_detailed);
	if (!is_detailed)
		each_group(find, tell_params);
	if (!find->is_glob) {
		each_group(find, drop_forwarders);
		drop_out(find);
	}
	each_group(find, tell_apart);
}

/* ---- helper@a.c ---- */

static bool is_there(struct find *find, const struct match *match, const char *wanted)
{
	for (unsigned what = 0; what < TELLS; what++) {
		const char *text = told_by(find, match, what);

		if (text && (probe_glob_match(wanted, text) || (*text == '@' && probe_glob_match(wanted, text + 1))))
			return true;
	}
	return false;
}

static void keep_where(struct find *find)
{
	const char *wanted = name_pattern_where(find->pattern);

	for (unsigned i = 0; wanted && i < find->len; i++)
		find->list[i].is_out = !is_there(find, &find->list[i], wanted);
	drop_out(find);
}

/* ---- the whole ---- */

/* Has it no name that other files can call it by? */
static bool is_local(const struct functions *functions, uint64_t vaddr)
{
	const struct function *function = function_at(functions, vaddr), *end = functions->list + functions->len;
	bool is = function != NULL;

	for (; function && function < end && function->vaddr == vaddr; function++)
		is &= function->is_local;
	return is;
}

static struct found_function *results(struct find *find)
{
	struct found_function *list = arena_new_array(find->arena, struct found_function, find->len + 1);

	for (unsigned i = 0; i < find->len; i++) {
		const struct match *match = &find->list[i];

		list[i] = (struct found_function){.binary = match->binary,
						  .functions = match->functions,
						  .function = match->function,
						  .vaddr = match->vaddr,
						  .size = match->size,
						  .mod = match->mod,
						  .func = match->text,
						  .is_local = is_local(match->functions, match->vaddr),
						  .why_not = match->why_not,
						  .caution = match->caution};
		if (match->where)
			list[i].func = arena_printf(find->arena, "%s@%s", match->text, match->where);
	}
	return list;
}

struct found_function *function_find(struct probe_host *host, pid_t pid, const struct probe_desc *desc, unsigned *len)
{
	struct find find = {.host = host, .arena = host_arena(host), .pid = pid};
	struct host_binary **binaries;
	unsigned binaries_len, i;
	struct found_function *found;

	find.pattern = name_pattern_new(find.arena, desc->func);
	host_binaries(host, &binaries, &binaries_len);
	for (i = 0; i < binaries_len; i++) {
		const char *mod = function_module_fits(host, pid, desc->mod, binaries[i]);

		if (mod)
			take_binary(&find, i, mod, binaries[i]);
	}
	keep_best(&find);
	expand_all(&find);
	check_places(&find);
	name_all(&find);
	keep_where(&find);
	found = results(&find);
	*len = find.len;
	name_pattern_free(find.pattern);
	return found;
}
