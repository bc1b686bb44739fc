/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes as a script. Beyond not crashing: what is accepted can be dumped, no tree is higher than promised,
 * and an expression written back as D is read again as the same one. The first byte chooses what is parsed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "front/d/ast/ast.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *script_args[] = {"foo", "-42", "a b", "\"quoted\"", "0x10", "99999999999999999999", "struct"};
static const struct macros macros = {
	.script_name = "fuzz.d",
	.args = script_args,
	.args_len = sizeof(script_args) / sizeof(script_args[0]),
	.target = 77,
};

static void show(const struct diags *diags, struct buf *out)
{
	diags_print(diags, true, out);
}

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* `BEGIN { EXPR }` must come back as it went in. */
static void read_again(const struct node *node)
{
	struct arena *arena = arena_new();
	struct buf first = {0}, second = {0};
	struct source source = {.name = "again"};
	struct script script = {0};
	struct diags diags;

	diags_init(&diags, arena);
	buf_puts(&first, "BEGIN { ");
	ast_print_node(node, &first);
	buf_puts(&first, " }");
	source.text = first.data;
	source.size = first.size;
	if (ast_parse(arena, &source, &macros, &diags, &script)) {
		buf_puts(&second, "BEGIN { ");
		ast_print_node(script.clauses->body->expr, &second);
		buf_puts(&second, " }");
		/* `(name)~x` is a cast, whatever the name; printed with parentheses it is one only where the name is
		 * known */
		must(!strcmp(first.data, second.data) || strstr(first.data, ")("));
	} else { /* a type in a cast may be known to the whole script only */
		must(strchr(first.data, '(') || strstr(first.data, "#"));
	}
	buf_free(&first);
	buf_free(&second);
	arena_free(arena);
}

static void check_stmts(const struct stmt *stmt)
{
	for (; stmt; stmt = stmt->next) {
		if (stmt->expr) {
			must(stmt->expr->height <= AST_DEPTH_MAX);
			read_again(stmt->expr);
		}
		check_stmts(stmt->body);
		check_stmts(stmt->other);
	}
}

static void fuzz_script(struct arena *arena, const struct source *source, struct diags *diags, struct buf *out)
{
	struct script script = {0};
	bool ok = ast_parse(arena, source, &macros, diags, &script);

	must(ok == !diags->errors);
	for (const struct clause *clause = script.clauses; clause; clause = clause->next)
		check_stmts(clause->body);
	ast_dump(&script, out);
	ast_dump_tokens(source, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct source source = {.name = "fuzz.d"};
	struct probe_desc desc;
	struct buf out = {0};
	struct diags diags;

	diags_init(&diags, arena);
	source.size = size ? size - 1 : 0;
	source.text = arena_strndup(arena, "", 0);
	if (source.size) {
		char *text = arena_alloc(arena, source.size + 1);

		memcpy(text, data + 1, source.size);
		source.text = text;
	}
	if (size && data[0] == 1)
		ast_parse_desc(arena, &source, &diags, &desc);
	else
		fuzz_script(arena, &source, &diags, &out);
	show(&diags, &out);
	buf_free(&out);
	arena_free(arena);
	return 0;
}
