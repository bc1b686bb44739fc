/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parser. Whole scripts are golden files (`test_ast golden`, with UPDATE=1 to write them); here is what a dump does
 * not show: types of constants, locations, macro arguments, limits, single descriptions.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "front/d/ast/ast.h"

static char *script_args[] = {"foo", "-42", "a b", "0x10u", "\"quoted\"", "99999999999999999999", "struct"};
static bool args_used[7];
static struct macros macros = {
	.script_name = "test.d",
	.args = script_args,
	.args_len = 7,
	.args_used = args_used,
	.pid = 1234,
	.uid = 1000,
	.target = 77,
};

/* One source parsed into a script of its own. */
struct fixture {
	struct arena *arena;
	struct source source;
	struct diags diags;
	struct script script;
	struct buf out;
	bool ok;
};

static struct fixture parse_bytes(const char *text, size_t size)
{
	struct fixture f = {.arena = arena_new()};
	struct source *source = arena_new_one(f.arena, struct source);
	struct diags *diags = arena_new_one(f.arena, struct diags);

	*source = (struct source){"test.d", text, size};
	diags_init(diags, f.arena);
	f.ok = ast_parse(f.arena, source, &macros, diags, &f.script);
	f.diags = *diags;
	return f;
}

static struct fixture parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void done(struct fixture *f)
{
	buf_free(&f->out);
	arena_free(f->arena);
}

static const struct node *first_expr(const struct fixture *f)
{
	assert_true(f->ok);
	assert_non_null(f->script.clauses);
	assert_non_null(f->script.clauses->body);
	return f->script.clauses->body->expr;
}

static void assert_prints(const char *expr, const char *expected)
{
	char *text = NULL;
	struct fixture f;

	assert_true(asprintf(&text, "BEGIN { %s }", expr) > 0);
	f = parse(text);
	ast_print_node(first_expr(&f), &f.out);
	assert_string_equal(f.out.data, expected);
	done(&f);
	free(text);
}

static void assert_tag(const char *text, const char *tag)
{
	struct fixture f = parse(text);

	assert_false(f.ok);
	assert_int_equal(f.diags.errors, 1);
	assert_string_equal(f.diags.first->tag, tag);
	done(&f);
}

static void test_precedence(void **state)
{
	(void)state;
	assert_prints("a + b * c - d", "(a + (b * c)) - d");
	assert_prints("a || b ^^ c && d | e ^ f & g == h < i << j + k * l",
		      "a || (b ^^ (c && (d | (e ^ (f & (g == (h < (i << (j + (k * l))))))))))");
	assert_prints("a = b += c ? d : e ? f : g", "a = (b += (c ? d : (e ? f : g)))");
	assert_prints("-a++ + *p->q[1].r", "(-(a++)) + (*p->q[1].r)");
	assert_prints("(int)a + sizeof (int) * sizeof a", "((int)a) + (sizeof (int) * sizeof (a))");
	assert_prints("stringof a->b", "stringof a->b");
	assert_prints("stringof(a) == \"x\"", "(stringof a) == \"x\"");
	assert_prints("a - (b) - c", "(a - b) - c");
	assert_prints("(unknown_t *)a", "(unknown_t *)a");
	assert_prints("(a) * b", "a * b");
	assert_prints("a, b, c", "(a, b), c");
	assert_prints("@q[execname, self->x, this->y]", "@q[execname, self->x, this->y]");
}

static void assert_int(const char *text, uint64_t value, bool is_unsigned, bool is_long)
{
	char *script = NULL;
	const struct node *node;
	struct fixture f;

	assert_true(asprintf(&script, "BEGIN { %s }", text) > 0);
	f = parse(script);
	node = first_expr(&f);
	assert_int_equal(node->kind, NODE_INT);
	assert_true(node->ival == value);
	assert_int_equal(node->int_unsigned, is_unsigned);
	assert_int_equal(node->int_long, is_long);
	done(&f);
	free(script);
}

static void test_constants(void **state)
{
	(void)state;
	assert_int("0", 0, false, false);
	assert_int("017", 15, false, false);
	assert_int("2147483647", 2147483647, false, false);
	assert_int("2147483648", 2147483648, false, true);
	assert_int("0x80000000", 0x80000000, true, false);
	assert_int("0x100000000", 0x100000000, false, true);
	assert_int("0x8000000000000000", 0x8000000000000000, true, true);
	assert_int("18446744073709551615u", UINT64_MAX, true, true);
	assert_int("1u", 1, true, false);
	assert_int("1LLU", 1, true, true);
	assert_int("4294967296u", 4294967296, true, true);
	assert_int("'a'", 'a', false, false);
	assert_int("'\\xff'", 255, false, false);
	assert_int("'\\0'", 0, false, false);
	assert_int("'ab'", 'a' << 8 | 'b', false, false);
	assert_int("'abcdefgh'", 0x6162636465666768, false, true);
	assert_tag("BEGIN { 08 }", "D_INT_DIGIT");
	assert_tag("BEGIN { 1lul }", "D_SYNTAX");
	assert_tag("BEGIN { 0x }", "D_SYNTAX");
	assert_tag("BEGIN { 18446744073709551616 }", "D_INT_OFLOW");
	assert_tag("BEGIN { '' }", "D_CHR_NULL");
	assert_tag("BEGIN { '123456789' }", "D_CHR_OFLOW");
	assert_tag("BEGIN { 'a\n }", "D_CHR_NL");
	assert_tag("BEGIN { \"a\n }", "D_STR_NL");
	assert_tag("BEGIN { 1.5 }", "D_SYNTAX");
	assert_tag("BEGIN { 1e9 }", "D_SYNTAX");
}

static void test_string_escapes(void **state)
{
	static const char text[] = "BEGIN { \"a\\n\\t\\\"\\\\\\0b\\x41\\101\\?\" }";
	static const char bytes[] = "a\n\t\"\\\0bAA?";
	const struct node *node;
	struct fixture f;

	(void)state;
	f = parse(text);
	node = first_expr(&f);
	assert_int_equal(node->kind, NODE_STRING);
	assert_int_equal(node->text_size, sizeof(bytes) - 1);
	assert_memory_equal(node->text, bytes, sizeof(bytes));
	done(&f);
}

static void test_macros(void **state)
{
	struct fixture f;

	(void)state;
	memset(args_used, 0, sizeof(args_used));
	assert_int("$2", (uint64_t)-42, false, false);
	assert_int("$4", 16, true, false);
	assert_int("$target", 77, false, false);
	assert_int("$uid", 1000, false, false);
	assert_prints("$1 + $$1 + $$2 + $3 + $5 + $0 + $$pid",
		      "(((((foo + \"foo\") + \"-42\") + \"a b\") + \"quoted\") + \"test.d\") + \"1234\"");
	assert_true(args_used[0] && args_used[1] && args_used[2] && args_used[3] && args_used[4]);
	assert_false(args_used[5] || args_used[6]);
	assert_tag("BEGIN { $6 }", "D_MACRO_OFLOW");
	assert_tag("BEGIN { $8 }", "D_MACRO_UNDEF");
	assert_tag("BEGIN { $nothing }", "D_MACRO_UNDEF");
	assert_tag("pid$8:::x { }", "D_MACRO_UNDEF");
	macros.default_args = true;
	assert_int("$8", 0, false, false);
	assert_prints("$$8", "\"\"");
	macros.default_args = false;
	macros.target = 0;
	assert_tag("BEGIN { $target }", "D_MACRO_UNDEF");
	assert_tag("pid$target:::x { }", "D_MACRO_UNDEF");
	macros.target = 77;
	f = parse("pid$target:$1*:x$2:y { }");
	assert_true(f.ok);
	assert_string_equal(f.script.clauses->descs[0].desc.prov, "pid77");
	assert_string_equal(f.script.clauses->descs[0].desc.mod, "foo*");
	assert_string_equal(f.script.clauses->descs[0].desc.func, "x-42");
	done(&f);
}

/* What the location covers. */
static void assert_meant(struct loc loc, const char *text)
{
	assert_int_equal(loc.size, strlen(text));
	assert_memory_equal(loc.source->text + loc.offset, text, loc.size);
}

static void test_locations(void **state)
{
	struct fixture f = parse("a:::b /x /y == 2/ { f(a + 1, (b)) ; }\nEND { z = 1; }");
	const struct clause *clause = f.script.clauses;
	const struct node *call = first_expr(&f);

	(void)state;
	assert_meant(clause->loc, "a:::b /x /y == 2/ { f(a + 1, (b)) ; }");
	assert_meant(clause->descs[0].loc, "a:::b");
	assert_meant(clause->pred->loc, "x /y == 2");
	assert_meant(clause->pred->op_loc, "==");
	assert_meant(clause->pred->left->loc, "x /y");
	assert_meant(call->loc, "f(a + 1, (b))");
	assert_meant(call->args[0]->loc, "a + 1");
	assert_meant(call->args[0]->op_loc, "+");
	assert_meant(call->args[1]->loc, "(b)");
	assert_meant(clause->next->body->loc, "z = 1");
	assert_int_equal(clause->next->id, 1);
	done(&f);
}

static void test_predicate_end(void **state)
{
	static const struct {
		const char *text;
		unsigned clauses;
	} rows[] = {
		{"BEGIN /a / b == 1/ { }", 1},
		{"BEGIN /arg0 == 1/{}", 1},
		{"BEGIN /a/ /* c */ { }", 1},
		{"BEGIN /a//* c */ { }", 1},
		{"BEGIN /a/ { } x::y { }", 2},
		{"BEGIN /a/\n{ } END { }", 2},
		{"BEGIN /a/\nb/ { }", 1},
		{"BEGIN /(a / b) / c/ { }", 1},
		{"BEGIN /a/\n#pragma D option quiet\n{ }", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = parse(rows[i].text);

		if (!f.ok || f.script.clauses_len != rows[i].clauses)
			fail_msg("%s: %u clauses", rows[i].text, f.script.clauses_len);
		done(&f);
	}
}

static void test_declared_types(void **state)
{
	struct arena *arena = arena_new();
	struct source first = {"a.d", "typedef int foo; BEGIN { }", 26}, second = {"b.d", "BEGIN { (foo)-1; }", 18};
	struct script script = {0};
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	assert_true(ast_parse(arena, &first, &macros, &diags, &script));
	assert_true(ast_parse(arena, &second, &macros, &diags, &script));
	assert_int_equal(script.clauses_len, 2);
	assert_int_equal(script.clauses->next->id, 1);
	assert_int_equal(script.clauses->next->body->expr->kind, NODE_CAST);
	arena_free(arena);
}

static bool parse_one_desc(struct fixture *f, const char *text, struct probe_desc *desc)
{
	f->arena = arena_new();
	f->source = (struct source){"-n", text, strlen(text)};
	diags_init(&f->diags, f->arena);
	return ast_parse_desc(f->arena, &f->source, &f->diags, desc);
}

static void test_desc(void **state)
{
	static const struct {
		const char *text;
		struct probe_desc desc;
	} rows[] = {
		{"BEGIN", {"", "", "", "BEGIN", 0}},
		{"osd.3", {"", "", "", "osd.3", 0}},
		{" ceph_osd:::op-* ", {"ceph_osd", "", "", "op-*", 0}},
		{"read:entry", {"", "", "read", "entry", 0}},
		{"libc:read:", {"", "libc", "read", "", 0}},
		{":::", {"", "", "", "", 0}},
		{"7", {"", "", "", "", 7}},
		{"p:libstdc++.so.6:PrimaryLogPG\\:\\:do_op:entry",
		 {"p", "libstdc++.so.6", "PrimaryLogPG\\:\\:do_op", "entry", 0}},
		{"a:b:c[!x-z]:d", {"a", "b", "c[!x-z]", "d", 0}},
	};
	static const char *const bad[] = {"", "a b", "a:b:c:d:e", "0", "99999999999", "a[b", "{", "$target", "a,b"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = {0};
		struct probe_desc desc;

		assert_true(parse_one_desc(&f, rows[i].text, &desc));
		assert_string_equal(desc.prov, rows[i].desc.prov);
		assert_string_equal(desc.mod, rows[i].desc.mod);
		assert_string_equal(desc.func, rows[i].desc.func);
		assert_string_equal(desc.name, rows[i].desc.name);
		assert_int_equal(desc.id, rows[i].desc.id);
		done(&f);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture f = {0};
		struct probe_desc desc;

		assert_false(parse_one_desc(&f, bad[i], &desc));
		assert_int_equal(f.diags.errors, 1);
		done(&f);
	}
}

/* A mebibyte of one thing over and over: an answer at once, whatever it is. */
static void test_large(void **state)
{
	static const char *const rows[][2] = {
		{"BEGIN { ", "("},
		{"BEGIN ", "{"},
		{"BEGIN { x = ", "a+"},
		{"BEGIN { x = ", "- "},
		{"", "BEGIN /a == 1/ { @[x] = count(); }\n"},
		{"BEGIN /", "a/\nb,"},
		{"BEGIN /", "a / /**/"},
		{"BEGIN { x } ", "/*"},
		{"", "BEGIN { x = ;\n"},
		{"", "BEGIN { '\n"},
		{"", "a:"},
		{"int ", "*"},
		{"", "struct a { "},
		{"int x", "[1]"},
		{"int x[", "int,"},
		{"BEGIN { if (x) y; ", "else if (x) y; "},
		{"BEGIN { f(", "a,"},
		{"BEGIN { a", "?b:c"},
		{"BEGIN { a", "->a"},
		{"BEGIN { ", "$2,"},
		{"", "#pragma D option a=b\n"},
		{"", "\"'\\"},
		{"", "\t\x80\xff"},
	};
	enum { SIZE = 1 << 20 };
	char *text = malloc(SIZE);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = strlen(rows[i][0]), piece = strlen(rows[i][1]);
		clock_t begin = clock();
		struct fixture f;

		memcpy(text, rows[i][0], at);
		for (; at < SIZE; at++)
			text[at] = rows[i][1][(at - strlen(rows[i][0])) % piece];
		f = parse_bytes(text, SIZE);
		if (clock() - begin > 2 * CLOCKS_PER_SEC) /* 0.1 s with a plain build, more with sanitizers */
			fail_msg("%s%s...: takes too long", rows[i][0], rows[i][1]);
		assert_true(f.ok || f.diags.errors);
		done(&f);
	}
	free(text);
}

static void test_not_text(void **state)
{
	struct fixture f = parse_bytes("BEGIN { }\0BEGIN", 15);

	(void)state;
	assert_false(f.ok);
	assert_int_equal(f.diags.errors, 1);
	assert_int_equal(f.diags.first->loc.offset, 9);
	done(&f);
}

static void test_depth(void **state)
{
	char text[4096] = "BEGIN { ";
	struct fixture f;

	(void)state;
	for (int i = 0; i < AST_DEPTH_MAX - 1; i++)
		strcat(text, "a+");
	strcat(text, "a }");
	f = parse(text);
	assert_int_equal(first_expr(&f)->height, AST_DEPTH_MAX);
	done(&f);
	strcpy(strrchr(text, 'a'), "a+a }");
	assert_tag(text, "D_SYNTAX");
}

static void test_tokens(void **state)
{
	static const char text[] = "int x;\na::b, c /x/ {\n\ty = 'q'; }";
	struct source source = {"test.d", text, sizeof(text) - 1};
	struct buf out = {0};

	(void)state;
	ast_dump_tokens(&source, &out);
	assert_string_equal(out.data,
			    "1:1 word int\n1:5 name x\n1:6 punct ;\n2:1 probe a::b\n2:5 punct ,\n2:7 probe c\n"
			    "2:9 punct /\n2:10 name x\n2:11 end of predicate /\n2:13 punct {\n3:2 name y\n"
			    "3:4 punct =\n3:6 int 'q'\n3:9 punct ;\n3:11 punct }\n");
	buf_free(&out);
}

/* ---- golden files ---- */

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	struct buf out = {0};
	char block[4096];
	size_t n;

	*size = 0;
	if (!file)
		return NULL;
	while ((n = fread(block, 1, sizeof(block), file)))
		buf_add(&out, block, n);
	fclose(file);
	buf_puts(&out, "");
	*size = out.size;
	return out.data;
}

/* Empty output stands for no file. */
static bool same_as_file(const char *base, const char *ending, const struct buf *out)
{
	char path[512], *wanted;
	const char *update = getenv("UPDATE");
	FILE *file;
	size_t size;
	bool same;

	snprintf(path, sizeof(path), "test/ast/%s%s", base, ending);
	if (update && *update) {
		remove(path);
		if (!out->size)
			return true;
		file = fopen(path, "w");
		same = file && fwrite(out->data, 1, out->size, file) == out->size;
		return file && !fclose(file) && same;
	}
	wanted = read_file(path, &size);
	same = size == out->size && (!size || !memcmp(wanted, out->data, size));
	free(wanted);
	return same;
}

static void golden(const char *name)
{
	char path[512], base[256];
	struct buf dump = {0}, errors = {0};
	struct script script = {0};
	struct arena *arena = arena_new();
	struct source source = {.name = name};
	bool same_dump, same_errors;
	struct diags diags;
	char *text;

	snprintf(path, sizeof(path), "test/ast/%s", name);
	snprintf(base, sizeof(base), "%.*s", (int)strlen(name) - 2, name);
	text = read_file(path, &source.size);
	source.text = text ? text : "";
	diags_init(&diags, arena);
	if (ast_parse(arena, &source, &macros, &diags, &script))
		ast_dump(&script, &dump);
	diags_print(&diags, true, &errors);
	same_dump = same_as_file(base, ".ast", &dump);
	same_errors = same_as_file(base, ".err", &errors);
	if (same_dump && same_errors)
		printf("ok %s\n", name);
	else
		printf("not ok %s - `make golden` and git diff show the difference\n%s%s", name,
		       dump.data ? dump.data : "", errors.data ? errors.data : "");
	buf_free(&dump);
	buf_free(&errors);
	arena_free(arena);
	free(text);
}

static int is_script(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 2 && !strcmp(entry->d_name + size - 2, ".d");
}

static int goldens(void)
{
	struct dirent **names;
	int n = scandir("test/ast", &names, is_script, alphasort);

	for (int i = 0; i < n; i++) {
		golden(names[i]->d_name);
		free(names[i]);
	}
	if (n < 0)
		return 1;
	free(names);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),     cmocka_unit_test(test_constants),
		cmocka_unit_test(test_string_escapes), cmocka_unit_test(test_macros),
		cmocka_unit_test(test_locations),      cmocka_unit_test(test_predicate_end),
		cmocka_unit_test(test_declared_types), cmocka_unit_test(test_desc),
		cmocka_unit_test(test_large),	       cmocka_unit_test(test_not_text),
		cmocka_unit_test(test_depth),	       cmocka_unit_test(test_tokens),
	};

	if (argc > 1 && !strcmp(argv[1], "golden"))
		return goldens();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
