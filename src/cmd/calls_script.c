/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/calls_script.h"

#include <ctype.h>
#include <string.h>

struct script_maker {
	struct arena *arena;
	const struct calls_request *request;
	struct probe_source *source;
	const char **triggers, **others; /* "pid123:ceph-osd:[B]lueStore::*:" without the last field */
	unsigned triggers_len, others_len;
	struct buf *why;
};

/* --- Names --- */

const char *calls_class_of(struct arena *arena, const char *function)
{
	size_t begin = 0, end = 0;
	int depth = 0;

	for (size_t i = 0; function[i]; i++) {
		const char *at = &function[i];

		if (!depth && (!strncmp(at, "operator", 8) || (*at == '(' && i > begin && at[-1] != ':')))
			break; /* the name itself, or its parameters */
		depth += *at == '<' || *at == '(';
		depth -= *at == '>' || *at == ')';
		if (!depth && *at == ' ') /* what a template returns stands before its name */
			begin = end = i + 1;
		if (!depth && !strncmp(at, "::", 2))
			end = i + 2;
	}
	return arena_strndup(arena, function + begin, end - begin);
}

/*
 * As a description of a probe takes it: what D would read in another way is any character. A plain name is made a glob,
 * "[f]oo": then the function has the same name, with its parameters, however it was found, and is one probe.
 */
static const char *as_glob(struct arena *arena, const char *text)
{
	size_t size = strlen(text), n = 0;
	char *glob = arena_alloc(arena, size + 3);
	bool is_plain = !text[strcspn(text, "*?[\\")];
	int depth = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		depth += (c == '(') - (c == ')');
		if (!isalnum((unsigned char)c) && !strchr(depth > 0 ? "_:*?~.-[]!\\()<>&, " : "_:*?~.-[]!\\()", c))
			c = '?';
		if (is_plain && isalpha((unsigned char)c)) {
			glob[n++] = '[';
			glob[n++] = c;
			c = ']';
			is_plain = false;
		}
		glob[n++] = c;
	}
	return glob;
}

/* A name that is no pattern, whatever is in it. */
static const char *as_itself(struct arena *arena, const char *name)
{
	char *text = arena_strdup(arena, name);

	for (char *c = text; *c; c++)
		if (strchr("*[]\\", *c))
			*c = '?';
	return as_glob(arena, text);
}

/* --- Looking up: as the script will, since a function is called what it was first asked for by --- */

static bool has_module(char *const *modules, unsigned len, const char *module)
{
	for (unsigned i = 0; i < len; i++)
		if (!strcmp(modules[i], module))
			return true;
	return false;
}

static struct probe_list look_up(struct script_maker *maker, pid_t pid, const char *function, const char *end)
{
	struct probe_desc desc = {arena_printf(maker->arena, "pid%d", (int)pid), "", as_glob(maker->arena, function),
				  end, 0};
	const char *why = NULL;
	struct probe_list list = maker->source->find(maker->source, &desc, &why);

	if (!list.len) { /* what is near it is told of a name */
		desc.func = function;
		list = maker->source->find(maker->source, &desc, &why);
	}
	if (!list.len && why && !maker->why->size)
		buf_puts(maker->why, why);
	return list;
}

/* A description for each file of the process that has such functions: to search all files again would take seconds. */
static void add_descs(struct script_maker *maker, pid_t pid, const struct probe_list *found, const char *function,
		      const char ***descs, unsigned *descs_len)
{
	char **modules = arena_new_array(maker->arena, char *, found->len + 1);
	unsigned modules_len = 0;

	for (unsigned i = 0; i < found->len; i++) {
		const char *module = found->probes[i]->mod;

		if (has_module(modules, modules_len, module))
			continue;
		modules[modules_len++] = (char *)module;
		*arena_push(maker->arena, *descs, *descs_len) =
			arena_printf(maker->arena, "pid%d:%s:%s:", (int)pid, as_itself(maker->arena, module),
				     as_glob(maker->arena, function));
	}
}

/* One without a return that can be probed never ends. */
static bool can_return(struct script_maker *maker, pid_t pid)
{
	struct probe_list found = look_up(maker, pid, maker->request->trigger, "return");

	for (unsigned i = 0; i < found.len; i++)
		if (!found.probes[i]->why_not)
			return true;
	buf_clear(maker->why);
	buf_printf(maker->why, "the return of `%s` cannot be probed: %s", maker->request->trigger,
		   found.len ? found.probes[0]->why_not : "it has none");
	return false;
}

static bool add_triggers(struct script_maker *maker)
{
	const struct calls_request *request = maker->request;

	for (unsigned i = 0; i < request->pids_len; i++) {
		struct probe_list found = look_up(maker, request->pids[i], request->trigger, "entry");

		if (found.len && !can_return(maker, request->pids[i]))
			return false;
		add_descs(maker, request->pids[i], &found, request->trigger, &maker->triggers, &maker->triggers_len);
	}
	if (!maker->triggers_len && !maker->why->size)
		buf_printf(maker->why, "no chosen process has a function `%s`", request->trigger);
	return maker->triggers_len;
}

static bool add_functions(struct script_maker *maker, const char *function)
{
	const struct calls_request *request = maker->request;
	unsigned before = maker->others_len;

	for (unsigned i = 0; i < request->pids_len; i++) {
		struct probe_list found = look_up(maker, request->pids[i], function, "entry");

		add_descs(maker, request->pids[i], &found, function, &maker->others, &maker->others_len);
	}
	if (maker->others_len == before && !maker->why->size)
		buf_printf(maker->why, "no chosen process has a function `%s`", function);
	return maker->others_len > before;
}

/* Commas inside parentheses and angle brackets belong to a name. */
static bool add_list(struct script_maker *maker)
{
	const char *at = maker->request->functions, *begin = at;
	int depth = 0;

	for (;; at++) {
		depth += (*at == '(' || *at == '<') - (*at == ')' || *at == '>');
		if (*at && (*at != ',' || depth > 0))
			continue;
		buf_clear(maker->why); /* of a process that has it not, where another one has */
		if (at > begin && !add_functions(maker, arena_strndup(maker->arena, begin, (size_t)(at - begin))))
			return false;
		if (!*at)
			return true;
		begin = at + 1;
	}
}

/* The functions of the trigger's class, in the files where the trigger is. */
static void add_class(struct script_maker *maker)
{
	const struct calls_request *request = maker->request;

	for (unsigned i = 0; i < request->pids_len; i++) {
		struct probe_list found = look_up(maker, request->pids[i], request->trigger, "entry");
		const char *class = found.len ? calls_class_of(maker->arena, found.probes[0]->func) : "";

		if (*class)
			add_descs(maker, request->pids[i], &found, arena_printf(maker->arena, "%s*", class),
				  &maker->others, &maker->others_len);
	}
}

/* --- Writing --- */

static void write_descs(const char *const *descs, unsigned len, const char *name, bool is_last, struct buf *out)
{
	for (unsigned i = 0; i < len; i++)
		buf_printf(out, "%s%s%s", descs[i], name, is_last && i == len - 1 ? "\n" : ",\n");
}

static void write_clause(const char *const *descs, unsigned len, const char *name, const char *rest, struct buf *out)
{
	write_descs(descs, len, name, true, out);
	buf_puts(out, rest);
}

static void write_script(const struct script_maker *maker, struct buf *out)
{
	const char **all = NULL;
	unsigned all_len = 0;

	for (unsigned i = 0; i < maker->triggers_len; i++)
		*arena_push(maker->arena, all, all_len) = maker->triggers[i];
	for (unsigned i = 0; i < maker->others_len; i++)
		*arena_push(maker->arena, all, all_len) = maker->others[i];
	buf_puts(out, "/* The calls that one call makes. A value of each record: thread, time, stack pointer, call, "
		      "number in it, calls without a return. */\n"
		      "#pragma D option quiet\n");
	buf_printf(out, "#pragma D option bufsize=%llu\n", maker->request->bufsize);
	buf_puts(out, "self uint64_t depth, top, call, n, thrown;\n\n");
	buf_puts(out, "/* A new call, and no recursion: the thread is in none, or an exception has ended the one "
		      "before. */\n");
	write_clause(maker->triggers, maker->triggers_len, "entry",
		     "/!self->depth || usp >= self->top/\n"
		     "{\n\tself->thrown += self->depth != 0;\n\tself->depth = 0;\n\tself->top = "
		     "usp;\n\tself->call++;\n\tself->n = 0;\n}\n\n",
		     out);
	write_clause(maker->triggers, maker->triggers_len, "entry", "{\n\tself->depth++;\n}\n\n", out);
	buf_puts(out, "/* Counted in a clause of its own: where the next one has no room for its record, a number is "
		      "missing. */\n");
	write_clause(all, all_len, "*", "/self->depth/\n{\n\tself->n++;\n}\n\n", out);
	write_clause(all, all_len, "*",
		     "/self->depth/\n"
		     "{\n\ttrace(tid);\n\ttrace(timestamp);\n\ttrace(usp);\n\ttrace(self->call);\n\ttrace(self->n);"
		     "\n\ttrace(self->thrown);\n}\n\n",
		     out);
	write_clause(maker->triggers, maker->triggers_len, "return",
		     "/self->depth/\n{\n\tself->depth = usp == self->top ? 0 : self->depth - 1;\n}\n", out);
}

bool calls_script(struct arena *arena, const struct calls_request *request, struct probe_source *source,
		  struct buf *script, struct buf *why)
{
	struct script_maker maker = {.arena = arena, .request = request, .source = source, .why = why};

	if (!add_triggers(&maker) || (request->functions && !add_list(&maker)))
		return false;
	if (!request->functions)
		add_class(&maker);
	buf_clear(why);
	write_script(&maker, script);
	return true;
}
