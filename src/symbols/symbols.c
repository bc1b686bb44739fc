/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbols/symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/short_name.h"
#include "lib/trouble.h"

enum { HEADS = 4096 };

struct kernel_symbol {
	uint64_t address;
	const char *name, *module;
};

struct stack_link {
	struct stack_link *next;
	uint64_t number;
	struct stack stack;
	bool is_there;
};

/* Names that were asked for, by where their symbol stands: to demangle is dear, and profiles ask for the same ones. */
struct name_link {
	struct name_link *next;
	const char *symbol;
	const char *name;
};

struct symbols {
	struct arena *arena;
	struct mappings *mappings;
	struct kernel_symbol *kernel;
	unsigned kernel_len;
	bool has_kernel;
	const char *kernel_build_id; /* NULL: not known */
	struct stack_link *stacks[HEADS];
	struct name_link *names[HEADS];
	struct stack_store store;
	struct symbol_ways ways;
};

struct symbols *symbols_new(struct arena *arena, struct mappings *mappings, struct symbol_ways ways)
{
	struct symbols *symbols = arena_new_one(arena, struct symbols);

	symbols->arena = arena;
	symbols->mappings = mappings;
	symbols->ways = ways;
	return symbols;
}

/* ---- the kernel ---- */

static int compare_kernel(const void *left, const void *right)
{
	const struct kernel_symbol *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

/* The running kernel's notes, one after another: sizes of name and content, type, name, content, each at a multiple
 * of 4. */
static const char *kernel_build_id(struct arena *arena)
{
	enum { NOTE_BUILD_ID = 3, ID_MAX = 64 };
	FILE *file = fopen("/sys/kernel/notes", "re");
	const char *hex = NULL;
	uint32_t head[3];
	char name[16], id[ID_MAX];

	while (file && !hex && fread(head, sizeof(head), 1, file) == 1 && head[0] && head[0] <= sizeof(name) &&
	       fread(name, (head[0] + 3) / 4 * 4, 1, file) == 1) {
		uint32_t size = (head[1] + 3) / 4 * 4;

		if (head[2] != NOTE_BUILD_ID || strncmp(name, "GNU", sizeof("GNU")) || size > ID_MAX) {
			if (fseek(file, size, SEEK_CUR))
				break;
		} else if (fread(id, size, 1, file) != 1) {
			break;
		} else {
			for (uint32_t i = 0; i < head[1]; i++)
				hex = arena_printf(arena, "%s%02x", hex ? hex : "", (unsigned char)id[i]);
		}
	}
	if (file)
		fclose(file);
	return hex;
}

static void read_kernel(struct symbols *symbols)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t room = 0;

	symbols->kernel_build_id = kernel_build_id(symbols->arena);

	symbols->has_kernel = true;
	while (file && getline(&line, &room, file) > 0) {
		unsigned long long address;
		char type, name[512], module[64] = "";

		if (sscanf(line, "%llx %c %511s [%63[^]]", &address, &type, name, module) < 3 || !address ||
		    !strchr("tTwW", type))
			continue;
		*arena_push(symbols->arena, symbols->kernel, symbols->kernel_len) =
			(struct kernel_symbol){address, arena_strdup(symbols->arena, name),
					       *module ? arena_strdup(symbols->arena, module) : "vmlinux"};
	}
	if (!file || ferror(file))
		trouble_note(-errno, "the kernel's symbols cannot be read (/proc/kallsyms)");
	free(line);
	if (file)
		fclose(file);
	if (symbols->kernel_len)
		qsort(symbols->kernel, symbols->kernel_len, sizeof(*symbols->kernel), compare_kernel);
}

struct stack_frame symbols_find_kernel(struct symbols *symbols, uint64_t address, bool is_caller)
{
	struct stack_frame frame = {.pc = address, .module = "vmlinux", .address = address - is_caller};
	unsigned low = 0, high;

	if (!symbols->has_kernel)
		read_kernel(symbols);
	high = symbols->kernel_len;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (symbols->kernel[middle].address <= address - is_caller)
			low = middle + 1;
		else
			high = middle;
	}
	frame.build_id = symbols->kernel_build_id;
	if (!low)
		return frame;
	frame.module = symbols->kernel[low - 1].module;
	if (strcmp(frame.module, "vmlinux") != 0)
		frame.build_id = NULL;
	frame.function = symbols->kernel[low - 1].name;
	frame.offset = address - symbols->kernel[low - 1].address;
	return frame;
}

/* ---- processes ---- */

static const struct function *function_at(const struct functions *functions, uint64_t vaddr)
{
	unsigned low = 0, high = functions->len;
	const struct function *found;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (functions->list[middle].vaddr <= vaddr)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	found = &functions->list[low - 1];
	while (found > functions->list && found[-1].vaddr == found->vaddr)
		found--; /* of several names the plainest is first */
	/* a size of 0 is what assembly leaves out */
	return !found->size || vaddr - found->vaddr < found->size ? found : NULL;
}

static const char *shortened(struct arena *arena, const char *name)
{
	struct buf text = {0};

	short_name(name, &text);
	name = arena_strdup(arena, text.data ? text.data : "");
	buf_free(&text);
	return name;
}

static const char *name_of(struct symbols *symbols, const struct function *function)
{
	const char *symbol = function->symbol;
	struct name_link **head = &symbols->names[((uintptr_t)symbol >> 3) % HEADS], *link;

	for (link = *head; link; link = link->next)
		if (link->symbol == symbol)
			return link->name;
	link = arena_new_one(symbols->arena, struct name_link);
	*link = (struct name_link){*head, symbol, function_name(symbols->arena, function, false)};
	if (symbols->ways.shortnames)
		link->name = shortened(symbols->arena, link->name);
	*head = link;
	return link->name;
}

/*
 * What a signal's handler returns to: mov $__NR_rt_sigreturn, %rax; syscall. C libraries hide its symbol, and the frame
 * that it is of was not called: the kernel made it. gdb knows it by these bytes too.
 */
static const char signal_return[] = "__restore_rt";

static bool is_signal_return(const struct code_mapping *map, uint64_t address)
{
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
	uint64_t size;
	const uint8_t *bytes =
		map && map->file->elf ? elf_code(map->file->elf, address - map->bias, sizeof(code), &size) : NULL;

	return bytes && size >= sizeof(code) && !memcmp(bytes, code, sizeof(code));
}

static const struct code_mapping *find_map(struct symbols *symbols, pid_t pid, uint64_t address)
{
	const struct mapped_process *process = mappings_process(symbols->mappings, pid);

	if (!process)
		process = mappings_look(symbols->mappings, pid);
	return mappings_find(process, address);
}

static void need_functions(struct symbols *symbols, struct mapped_file *file)
{
	if (!file->has_functions && file->elf)
		functions_read(symbols->arena, file->elf, file->name, file->root, true, &file->functions);
	file->has_functions = true;
}

struct stack_frame symbols_find(struct symbols *symbols, pid_t pid, uint64_t address, bool is_caller)
{
	const struct code_mapping *map = find_map(symbols, pid, address - is_caller);
	struct stack_frame frame = {.pc = address, .address = address - is_caller};
	const struct function *function;

	if (!map)
		return frame;
	frame.module = map->file->base;
	frame.path = map->file->name;
	frame.build_id = map->file->elf ? elf_build_id(map->file->elf) : NULL;
	frame.address -= map->bias;
	if (is_caller && is_signal_return(map, address)) {
		frame.function = signal_return;
		return frame;
	}
	need_functions(symbols, map->file);
	function = function_at(&map->file->functions, address - is_caller - map->bias);
	if (!function)
		return frame;
	frame.function = name_of(symbols, function);
	frame.offset = address - map->bias - function->vaddr;
	return frame;
}

void symbols_look(struct symbols *symbols, pid_t pid)
{
	mappings_look(symbols->mappings, pid);
}

/* ---- functions that were inlined ---- */

static struct inlines *inlines_of(struct symbols *symbols, struct mapped_file *file)
{
	const struct dwarf_origin origin = {file->name, file->root};
	const char *why;

	if (file->has_inlines)
		return file->inlines;
	file->has_inlines = true;
	need_functions(symbols, file);
	if (file->functions.debug_path &&
	    !dwarf_file_open(symbols->arena, &file->functions.debug, &origin, &file->dwarf, &why))
		file->inlines = inlines_new(symbols->arena, file->dwarf);
	else
		file->dwarf = NULL;
	return file->inlines;
}

/* The frames of what was inlined at the address, the innermost first. */
static unsigned find_inlined(struct symbols *symbols, pid_t pid, uint64_t address, bool is_caller,
			     const char *const **names)
{
	const struct code_mapping *map = find_map(symbols, pid, address - is_caller);
	struct inlines *inlines = map ? inlines_of(symbols, map->file) : NULL;

	return inlines ? inlines_at(inlines, address - is_caller - map->bias, names) : 0;
}

/* ---- stacks ---- */

#define NO_ROW_NOTE "the rest is not known: the file has no call-frame information there"

/*
 * May this be a return address? Where a program keeps no frame pointers, what looks like one leads to any words of the
 * stack; that one of them is an address behind a call happens by chance only. Calls of x86_64: e8 and four bytes; ff, a
 * second byte with 2 in its bits 3 to 5, and what follows that.
 */
static bool is_behind_call(struct symbols *symbols, pid_t pid, uint64_t pc)
{
	enum { LONGEST = 7, SHORTEST = 2, DIRECT = 5 };
	const struct code_mapping *map = find_map(symbols, pid, pc - 1);
	const uint8_t *code;
	uint64_t size;

	if (!map || !map->file->elf)
		return true; /* there is nothing to judge by */
	code = elf_code(map->file->elf, pc - map->bias - LONGEST, LONGEST, &size);
	if (!code || size < LONGEST)
		return false;
	if (code[LONGEST - DIRECT] == 0xe8)
		return true;
	for (unsigned i = 0; i <= LONGEST - SHORTEST; i++)
		if (code[i] == 0xff && (code[i + 1] & 0x38) == 0x10)
			return true;
	return false;
}

static const char *note_of(const struct stack_value *value)
{
	if (value->pid & STACK_FOREIGN)
		return "the process cannot be seen from this container: its stack is not known";
	if (value->flags & STACK_NO_PROCESS)
		return "the process was not known yet: its next stacks will be whole";
	if (value->flags & STACK_NO_MAPPING)
		return "the rest is not known: the last address is in no file that was known then";
	if (value->flags & STACK_NO_ROW)
		return NO_ROW_NOTE;
	if (value->flags & STACK_UNREADABLE)
		return "the rest is not known: the stack cannot be read there";
	return NULL;
}

/* A process's frame, behind those of what was inlined into it. */
static void add_frame(struct symbols *symbols, pid_t pid, uint64_t pc, bool is_caller, struct stack_frame **frames,
		      unsigned *len)
{
	bool is_guessed = pc & STACK_GUESSED;
	const char *const *inlined = NULL;
	unsigned inlined_len = 0;
	struct stack_frame frame;

	pc &= ~STACK_GUESSED;
	frame = symbols_find(symbols, pid, pc, is_caller);
	frame.is_guessed = is_guessed;

	if (symbols->ways.inlines)
		inlined_len = find_inlined(symbols, pid, pc, is_caller, &inlined);
	for (unsigned i = 0; i < inlined_len; i++) {
		const struct function function = {.symbol = inlined[i],
						  .base_size = inlined[i] ? strlen(inlined[i]) : 0};

		*arena_push(symbols->arena, *frames, *len) =
			(struct stack_frame){.pc = pc,
					     .module = frame.module,
					     .function = inlined[i] ? name_of(symbols, &function) : NULL,
					     .is_inlined = true};
	}
	*arena_push(symbols->arena, *frames, *len) = frame;
}

static void resolve(struct symbols *symbols, const struct stack_value *value, struct stack *stack)
{
	unsigned pcs_len = value->len < STACK_FRAMES ? value->len : STACK_FRAMES, len = 0;
	const char *note = note_of(value);
	struct stack_frame *frames = NULL;

	for (unsigned i = 0; i < pcs_len; i++) {
		bool is_caller = i > 0 && frames[len - 1].function != signal_return;

		if (value->pid && value->pcs[i] & STACK_GUESSED &&
		    !is_behind_call(symbols, (pid_t)value->pid, value->pcs[i] & ~STACK_GUESSED)) {
			note = NO_ROW_NOTE;
			break;
		}

		if (value->pid)
			add_frame(symbols, (pid_t)value->pid, value->pcs[i], is_caller, &frames, &len);
		else
			*arena_push(symbols->arena, frames, len) =
				symbols_find_kernel(symbols, value->pcs[i], is_caller);
	}
	*stack = (struct stack){.frames = frames, .len = len, .pid = value->pid, .note = note};
}

static const struct stack *find_stack(void *data, uint64_t number)
{
	struct symbols *symbols = data;
	struct stack_link **head = &symbols->stacks[number % HEADS], *link;
	struct stack_value value;
	int error;

	for (link = *head; link; link = link->next)
		if (link->number == number)
			return link->is_there ? &link->stack : NULL;
	link = arena_new_one(symbols->arena, struct stack_link);
	*link = (struct stack_link){.next = *head, .number = number};
	*head = link;
	error = symbols->store.find_stack(symbols->store.data, number, &value);
	trouble_note(error, "a stack cannot be read from the kernel");
	link->is_there = !error;
	if (link->is_there)
		resolve(symbols, &value, &link->stack);
	return link->is_there ? &link->stack : NULL;
}

struct stack_source symbols_stacks(struct symbols *symbols, const struct stack_store *store)
{
	symbols->store = *store;
	return (struct stack_source){symbols, find_stack};
}
