/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/kernel_functions.h"

#include <bpf/btf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kernel.h"
#include "lib/memory.h"

const char *const kernel_module = "vmlinux";

enum { HEADS = 32768, ARGS_IN_REGISTERS = 6, FSCONFIG_CREATE = 6, LINE_SIZE = 1024 };

struct link {
	unsigned function;
	unsigned next; /* + 1; 0: none */
};

struct reading {
	struct arena *arena;
	struct kernel_functions *functions;
	unsigned *heads; /* by name: index in links + 1 */
	struct link *links;
	unsigned links_len;
	const char *module; /* of the line before: neighbours share it */
};

static unsigned hash_name(const char *name)
{
	unsigned hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % HEADS;
}

/* ---- the list: tracefs, mounted or not ---- */

/* A mount that nobody else sees, for as long as the descriptor is open. */
static int open_unmounted(const char *name)
{
	long fs = syscall(SYS_fsopen, "tracefs", 1 /* FSOPEN_CLOEXEC */), mount = -1;
	int fd = -1;

	if (fs < 0)
		return -1;
	if (!syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0))
		mount = syscall(SYS_fsmount, fs, 1 /* FSMOUNT_CLOEXEC */, 0);
	close((int)fs);
	if (mount >= 0) {
		fd = openat((int)mount, name, O_RDONLY | O_CLOEXEC);
		close((int)mount);
	}
	return fd;
}

static FILE *open_list(void)
{
	static const char *const paths[] = {"/sys/kernel/tracing/available_filter_functions",
					    "/sys/kernel/debug/tracing/available_filter_functions"};
	FILE *file = NULL;
	int fd;

	for (unsigned i = 0; i < sizeof(paths) / sizeof(*paths) && !file; i++)
		file = fopen(paths[i], "re");
	if (file)
		return file;
	fd = open_unmounted("available_filter_functions");
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* "name" or "name [module]", with a line's end; false: it is neither. */
static bool split(char *text, const char **name, const char **module)
{
	char *end = strpbrk(text, " \t\n"), *bracket;

	*name = text;
	*module = kernel_module;
	if (!end || end == text)
		return false;
	bracket = strchr(end, '[');
	*end = '\0';
	if (bracket) {
		*module = bracket + 1;
		end = strchr(bracket, ']');
		if (!end)
			return false;
		*end = '\0';
	}
	return true;
}

static const char *keep_module(struct reading *reading, const char *module)
{
	if (!strcmp(module, kernel_module))
		return kernel_module;
	if (!reading->module || strcmp(reading->module, module))
		reading->module = arena_strdup(reading->arena, module);
	return reading->module;
}

static struct kernel_function *find(const struct reading *reading, const char *name, const char *module)
{
	for (unsigned at = reading->heads[hash_name(name)]; at; at = reading->links[at - 1].next) {
		struct kernel_function *function = &reading->functions->list[reading->links[at - 1].function];

		if (!strcmp(function->name, name) && (!module || !strcmp(function->module, module)))
			return function;
	}
	return NULL;
}

static void add(struct reading *reading, const char *name, const char *module)
{
	unsigned *head = &reading->heads[hash_name(name)];
	struct kernel_function *function = find(reading, name, module);

	if (function) { /* they are told apart by their addresses */
		function->has_namesakes = true;
		return;
	}
	*arena_push(reading->arena, reading->links, reading->links_len) = (struct link){reading->functions->len, *head};
	*head = reading->links_len;
	function = arena_push(reading->arena, reading->functions->list, reading->functions->len);
	function->name = arena_strdup(reading->arena, name);
	function->module = keep_module(reading, module);
}

static bool read_list(struct reading *reading)
{
	FILE *file = open_list();
	char line[LINE_SIZE];
	const char *name, *module;

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		if (split(line, &name, &module) && strncmp(name, "__ftrace_invalid_address__", 26))
			add(reading, name, module);
	fclose(file);
	return true;
}

/* ---- addresses: "ffffffff81234560 t name", "... [module]" ---- */

static void read_addresses(struct reading *reading)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[LINE_SIZE], *rest;
	const char *name, *module;

	while (file && fgets(line, sizeof(line), file)) {
		uint64_t address = strtoull(line, &rest, 16);
		struct kernel_function *function;

		if (!address || rest[0] != ' ' || !strchr("tTwW", rest[1]) || rest[2] != ' ' ||
		    !split(rest + 3, &name, &module))
			continue;
		function = find(reading, name, module);
		if (!function)
			continue;
		function->has_namesakes |= function->addresses_len > 0;
		*arena_push(reading->arena, function->addresses, function->addresses_len) = address;
	}
	if (file)
		fclose(file);
}

bool kernel_has_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[LINE_SIZE], *rest;
	const char *found, *module;
	bool has = false;

	while (!has && file && fgets(line, sizeof(line), file)) {
		strtoull(line, &rest, 16);
		has = rest[0] == ' ' && rest[1] && strchr("tTwW", rest[1]) && rest[2] == ' ' &&
		      split(rest + 3, &found, &module) && !strcmp(found, name);
	}
	if (file)
		fclose(file);
	return has;
}

/* ---- descriptions ---- */

static bool is_in_register(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = kernel_strip(btf, id);
	int64_t size;

	if (!type || btf_is_fwd(type) || btf_is_composite(type) || btf_kind(type) == BTF_KIND_FLOAT)
		return false;
	size = btf__resolve_size(btf, id);
	return btf_is_ptr(type) || (size > 0 && size <= 8);
}

static void describe(const struct btf *btf, uint32_t id, struct kernel_function *function)
{
	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	unsigned n = proto && btf_is_func_proto(proto) ? btf_vlen(proto) : 0;

	if (!proto || !btf_is_func_proto(proto))
		return;
	function->btf_id = id;
	function->args_len = (uint8_t)(n < 255 ? n : 255);
	function->is_plain = n <= ARGS_IN_REGISTERS && (!proto->type || is_in_register(btf, proto->type));
	for (unsigned i = 0; i < n; i++)
		if (!is_in_register(btf, btf_params(proto)[i].type)) /* void, "...", is none either */
			function->is_plain = false;
}

static void read_descriptions(struct reading *reading, const char *module, uint32_t first)
{
	const struct btf *btf = kernel_module_btf(module);

	for (uint32_t id = first; btf && id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		struct kernel_function *function;

		if (!btf_is_func(type))
			continue;
		function = find(reading, btf__name_by_offset(btf, type->name_off), module);
		if (function && !function->btf_id)
			describe(btf, id, function);
	}
}

/* Modules lie behind the kernel itself in the list, each one's functions together. */
static void read_all_descriptions(struct reading *reading)
{
	const struct kernel_functions *functions = reading->functions;
	const struct btf *btf = kernel_btf();
	const char *module = kernel_module;

	read_descriptions(reading, kernel_module, 1);
	for (unsigned i = 0; btf && i < functions->len; i++) {
		if (functions->list[i].module == module)
			continue;
		module = functions->list[i].module;
		if (module != kernel_module)
			read_descriptions(reading, module, btf__type_cnt(btf));
	}
}

struct kernel_functions *kernel_functions_read(struct arena *arena)
{
	struct kernel_functions *functions = arena_new_one(arena, struct kernel_functions);
	struct reading reading = {.arena = arena, .functions = functions, .heads = calloc(HEADS, sizeof(unsigned))};

	if (!reading.heads)
		memory_end();
	if (!read_list(&reading))
		functions->why = "this kernel does not list its functions: it has no tracefs with "
				 "available_filter_functions (CONFIG_DYNAMIC_FTRACE), or it "
				 "may not be read here";
	read_addresses(&reading);
	read_all_descriptions(&reading);
	free(reading.heads);
	return functions;
}
