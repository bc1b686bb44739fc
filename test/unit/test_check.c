/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checker over made-up probes: golden files test/check/NAME.d with NAME.check (the typed AST) or NAME.err (what is
 * said), and a table of mistakes, each of which must give one diagnostic with its tag and nothing else. UPDATE=1 writes
 * the files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/d/lower.h"
#include "fake_probes.h"

/* One script through parser, pragmas and checker. */
struct run {
	struct arena *arena;
	struct source source;
	struct diags diags;
	struct options options;
	struct probe_source probes;
	struct checked *checked;
};

static void run_check(struct run *run, const char *name, const char *text, size_t size)
{
	struct macros macros = {.script_name = name};
	struct script *script;

	run->arena = arena_new();
	run->source = (struct source){name, text, size};
	script = arena_new_one(run->arena, struct script);
	diags_init(&run->diags, run->arena);
	run->diags.limit = 200;
	options_default(&run->options);
	run->probes = fake_probes(run->arena);
	run->checked = NULL;
	if (ast_parse(run->arena, &run->source, &macros, &run->diags, script) &&
	    check_pragmas(script, &run->options, &run->diags))
		run->checked = check_script(run->arena, script, &run->probes, &run->options, &run->diags);
}

/* --- Golden files --- */

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *text;
	long end;

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	end = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)end + 1);
	*size = fread(text, 1, (size_t)end, file);
	fclose(file);
	return text;
}

static void write_file(const char *path, const struct buf *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fwrite(text->data, 1, text->size, file);
	fclose(file);
}

static void compare_golden(const char *path, const struct buf *got)
{
	size_t size = 0;
	char *expected;

	if (getenv("UPDATE") && *getenv("UPDATE")) {
		write_file(path, got);
		return;
	}
	expected = read_file(path, &size);
	if (!expected)
		fail_msg("%s is missing: write it with UPDATE=1", path);
	assert_string_equal(got->data, expected);
	free(expected);
}

/* What the front makes of it in the end: NAME.plan beside NAME.check. */
static void golden_plan(struct run *run, const char *path)
{
	const struct plan *plan = lower_script(run->arena, run->checked);
	struct loc where = {0};
	struct buf out = {0};
	char expected[512];

	assert_null(plan_why_not(plan, &where));
	plan_dump(plan, &out);
	snprintf(expected, sizeof(expected), "%.*s.plan", (int)(strlen(path) - 2), path);
	compare_golden(expected, &out);
	buf_free(&out);
}

static void golden(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct run run;
	struct buf out = {0};
	char expected[512];
	size_t size = 0;
	char *text = read_file(path, &size);

	assert_non_null(text);
	run_check(&run, name, text, size);
	diags_print(&run.diags, true, &out);
	if (run.checked)
		check_dump(run.checked, &out);
	snprintf(expected, sizeof(expected), "%.*s.%s", (int)(strlen(path) - 2), path, run.checked ? "check" : "err");
	compare_golden(expected, &out);
	if (run.checked)
		golden_plan(&run, path);
	buf_free(&out);
	free(text);
	arena_free(run.arena);
}

static void test_golden(void **state)
{
	const char *top = getenv("TOP");
	char pattern[512];
	glob_t found;
	size_t i;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/test/check/*.d", top ? top : ".");
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++)
		golden(found.gl_pathv[i]);
	globfree(&found);
}

/* --- Mistakes --- */

/* clang-format off */
static const struct mistake {
	const char *tag, *text;
} mistakes[] = {
#define B "BEGIN { " /* most need only some clause */
#define I "test:::ints { "
	/* probes */
	{ "D_PDESC_ZERO", "test:::itns { }" },
	{ "D_PDESC_ZERO", "nothing:::here { }" },
	{ "D_PDESC_ZERO", "test:::blocked { }" },
	{ "D_PDESC_INVAL", "4711 { }" },
	{ "D_PRED_SCALAR", "BEGIN / execname / { }" },
	{ "D_OP_SCALAR", B "if (execname) trace(1); }" },
	/* arguments */
	{ "D_ARGS_IDX", B "trace(args[0]); }" },
	{ "D_ARGS_IDX", "test:::none { trace(args[0]); }" },
	{ "D_ARGS_MULTI", "BEGIN, test:::ints { trace(args[0]); }" },
	{ "D_ARGS_IDX", I "trace(args[8]); }" },
	{ "D_ARGS_IDX", I "trace(args[-1]); }" },
	{ "D_PROTO_ARG", I "trace(args[arg0]); }" },
	{ "D_PROTO_LEN", I "trace(args[0, 1]); }" },
	{ "D_ARGS_IDX", "test:::ints, test:::ints2 { trace(args[3]); }" },
	{ "D_ARGS_IDX", "test:::partly { trace(args[1]); }" },
	{ "D_ARGS_MULTI", "test:::ints, test:::ints2 { trace(args[1]); }" },
	{ "D_ARGS_MULTI", "test:::strs, test:::ptr { trace(args[0]); }" },
	{ "D_PRINTF_ARG_PROTO", B "printf(\"%d\"); }" },
	{ "D_PRINTF_ARG_EXTRA", B "printf(\"a\", 1); }" },
	{ "D_PRINTF_ARG_TYPE", B "printf(\"%d\", execname); }" },
	{ "D_PRINTF_ARG_TYPE", B "printf(\"%s\", 1); }" },
	{ "D_PRINTF_ARG_TYPE", B "printf(\"%p\", curpsinfo); }" },
	{ "D_PRINTF_ARG_PROTO", B "@a = count(); printa(\"%d %@d\", @a); }" },
	{ "D_PRINTF_ARG_TYPE", B "@a[1] = count(); printa(\"%s %@d\", @a); }" },
	{ "D_DIV_ZERO", B "@a = count(); normalize(@a, 0); }" },
	{ "D_OP_INCOMPAT", "struct s { int m; }; BEGIN { x = *(struct s *)0; x = 1; }" },
	{ "D_KEY_TYPE", "struct s { int m; }; BEGIN { a[*(struct s *)0] = 1; }" },
	{ "D_OP_INCOMPAT", "test:::ptr { p = (char *)arg0; p = args[0]; }" },
	{ "D_OP_INCOMPAT", "char *p; BEGIN { p = \"text\"; }" },
	{ "D_SIZEOF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(sizeof (((struct s *)0)->m)); }" },
	{ "D_ADDROF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(&((struct s *)0)->m); }" },
	{ "D_OFFSETOF_TYPE", B "trace(offsetof(int, m)); }" },
	{ "D_OFFSETOF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(offsetof(struct s, m)); }" },
	{ "D_STRINGOF_TYPE", "struct s { int m; }; BEGIN { trace(stringof(*(struct s *)0)); }" },
	/* declarations */
	{ "D_DECL_IDRED", "int pid; BEGIN { }" },
	{ "D_DECL_TYPERED", "struct s { int m; }; struct s { int m; }; BEGIN { }" },
	{ "D_DECL_INCOMPLETE", "struct s { struct s m; }; BEGIN { }" },
	{ "D_DECL_VOIDOBJ", "void x; BEGIN { }" },
	{ "D_DECL_VOIDOBJ", "struct s { void m; }; BEGIN { }" },
	{ "D_DECL_DYNOBJ", "struct s { string m; }; BEGIN { }" },
	{ "D_DECL_DYNOBJ", "struct s { int m; }; struct s *x[int][int]; BEGIN { }" },
	{ "D_DECL_ARRSUB", "struct s { int m[-1]; }; BEGIN { }" },
	{ "D_DECL_ARRBIG", "struct s { int m[1 << 30]; }; BEGIN { }" },
	{ "D_DECL_BFSIZE", "struct s { int m : 33; }; BEGIN { }" },
	{ "D_DECL_BFTYPE", "struct s { int *m : 3; }; BEGIN { }" },
	{ "D_DECL_ENOFLOW", "enum e { A = 1 << 31, B = 0x7fffffff, C }; BEGIN { }" },
	{ "D_PRAGMA_OPTSET", "#pragma D option strsize=0\nBEGIN { }" },
	{ "D_PRAGMA_OPTSET", "#pragma D option strsise=100\nBEGIN { }" },
	/* limits */
	{ NULL, "#pragma D option strsize=32k\nBEGIN { printf(\"%s%s\", probefunc, strjoin(\"a\", \"b\")); trace(strjoin(\"a\", \"b\")); }" },
	{ NULL, "#pragma D option strsize=8k\nBEGIN { a[strjoin(\"a\", \"b\")] = 1; }" },
	{ NULL, "#pragma D option strsize=64k\nBEGIN { this->s = \"a\"; }" },
#undef B
#undef I
};
/* clang-format on */

static const char *tag_of(const struct diag *diag)
{
	return diag->tag ? diag->tag : "no tag";
}

/* One error, with this tag: no second message for the same mistake. */
static bool is_said_once(const struct mistake *mistake)
{
	struct buf out = {0};
	struct run run;
	bool ok;

	run_check(&run, "x.d", mistake->text, strlen(mistake->text));
	ok = run.diags.errors == 1 && !run.checked &&
	     !strcmp(tag_of(run.diags.first), mistake->tag ? mistake->tag : "no tag");
	if (!ok) {
		diags_print(&run.diags, true, &out);
		print_error("%s: wanted one %s, got %u:\n%s", mistake->text, mistake->tag ? mistake->tag : "untagged",
			    run.diags.errors, out.data ? out.data : "");
		buf_free(&out);
	}
	arena_free(run.arena);
	return ok;
}

/* --- test/check/NAME.cases: many programs, each with what is to be said of it --- */

/*
 * A line is `TAG PROGRAM`, `TAG:LINE PROGRAM` (line 1 otherwise), or `ok PROGRAM`; `-` is no tag. In a program `\\n` is
 * a new line (in strings it is written `\\\\n`). Blank lines and those that begin with # say something to the reader.
 */
struct one_case {
	char tag[32];
	unsigned line;
	struct buf program;
};

static void read_program(struct one_case *c, const char *text)
{
	for (; *text; text++) {
		if (text[0] == '\\' && text[1] == '\\')
			buf_putc(&c->program, *text++);
		else if (text[0] == '\\' && text[1] == 'n')
			buf_putc(&c->program, (text++, '\n'));
		else
			buf_putc(&c->program, *text);
	}
}

static void read_case(struct one_case *c, const char *line)
{
	size_t size = strcspn(line, " :");

	*c = (struct one_case){.line = 1};
	assert_true(size && size < sizeof(c->tag));
	memcpy(c->tag, line, size);
	line += size;
	if (*line == ':')
		c->line = (unsigned)strtoul(line + 1, (char **)&line, 10);
	assert_int_equal(*line, ' ');
	read_program(c, line + 1);
}

static bool is_as_wanted(const struct one_case *c, const struct run *run)
{
	const struct diag *diag = run->diags.first;

	while (diag && diag->is_warning)
		diag = diag->next;
	if (!strcmp(c->tag, "ok"))
		return run->checked && !run->diags.errors;
	if (run->diags.errors != 1 || !diag)
		return false;
	return !strcmp(diag->tag ? diag->tag : "-", c->tag) && diag_line(diag) == c->line;
}

/* The plan that is made of an accepted program is sound. */
static bool is_lowered(struct run *run)
{
	struct loc where = {0};

	return !run->checked || !plan_why_not(lower_script(run->arena, run->checked), &where);
}

static bool run_case(const char *path, unsigned number, const char *line)
{
	struct buf out = {0};
	struct one_case c;
	struct run run;
	bool ok;

	read_case(&c, line);
	run_check(&run, "x.d", c.program.data, c.program.size);
	ok = is_as_wanted(&c, &run) && is_lowered(&run);
	if (!ok) {
		diags_print(&run.diags, true, &out);
		print_error("%s:%u: wanted %s:%u, got:\n%s", path, number, c.tag, c.line,
			    out.data ? out.data : "nothing\n");
		buf_free(&out);
	}
	buf_free(&c.program);
	arena_free(run.arena);
	return ok;
}

static unsigned run_cases(const char *path)
{
	char *text = read_file(path, &(size_t){0}), *next;
	unsigned number = 1, failed = 0;

	assert_non_null(text);
	for (char *line = text; *line; line = next, number++) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (*line && *line != '#')
			failed += !run_case(path, number, line);
	}
	free(text);
	return failed;
}

static void test_cases(void **state)
{
	const char *top = getenv("TOP");
	unsigned failed = 0;
	char pattern[512];
	glob_t found;

	(void)state;
	snprintf(pattern, sizeof(pattern), "%s/test/check/*.cases", top ? top : ".");
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		failed += run_cases(found.gl_pathv[i]);
	globfree(&found);
	assert_int_equal(failed, 0);
}

static void test_mistakes(void **state)
{
	unsigned failed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		failed += !is_said_once(&mistakes[i]);
	assert_int_equal(failed, 0);
}

/* --- Layout: as this test's own compiler has it --- */

/* clang-format off */
#define TEXT_(...) #__VA_ARGS__
#define TEXT(...)  TEXT_(__VA_ARGS__)
#define INNER \
	struct inner { \
		char a; \
		long b; \
		short c[3]; \
	}
#define MIXED \
	struct mixed { \
		char a; \
		int b : 5, c : 28; \
		short d : 3; \
		unsigned char e; \
		struct inner f[2]; \
		char g; \
		union { \
			char h; \
			long i; \
			struct { \
				int j; \
				char k[5]; \
			}; \
		}; \
		struct mixed *l; \
		long m : 40, n : 30; \
		int : 0; \
		char o; \
		long double p; \
		char q; \
	}
INNER;
MIXED;
/* clang-format on */

static void test_layout(void **state)
{
	static const uint64_t expected[] = {
		sizeof(struct inner),	   offsetof(struct inner, b), offsetof(struct inner, c),
		sizeof(struct mixed),	   offsetof(struct mixed, e), offsetof(struct mixed, f),
		offsetof(struct mixed, g), offsetof(struct mixed, h), offsetof(struct mixed, i),
		offsetof(struct mixed, j), offsetof(struct mixed, k), offsetof(struct mixed, l),
		offsetof(struct mixed, o), offsetof(struct mixed, p), offsetof(struct mixed, q),
	};
	static const char text[] =
		TEXT(INNER) ";" TEXT(MIXED) "; BEGIN {"
					    "trace(sizeof (struct inner)); trace(offsetof(struct inner, b)); "
					    "trace(offsetof(struct inner, c));"
					    "trace(sizeof (struct mixed)); trace(offsetof(struct mixed, e)); "
					    "trace(offsetof(struct mixed, f));"
					    "trace(offsetof(struct mixed, g)); trace(offsetof(struct mixed, h)); "
					    "trace(offsetof(struct mixed, i));"
					    "trace(offsetof(struct mixed, j)); trace(offsetof(struct mixed, k)); "
					    "trace(offsetof(struct mixed, l));"
					    "trace(offsetof(struct mixed, o)); trace(offsetof(struct mixed, p)); "
					    "trace(offsetof(struct mixed, q)); }";
	struct buf out = {0};
	struct run run;
	size_t i;

	(void)state;
	run_check(&run, "x.d", text, sizeof(text) - 1);
	diags_print(&run.diags, true, &out);
	if (!run.checked)
		fail_msg("%s", out.data);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(run.checked->clauses[0].actions[i].values[0].expr->ival, expected[i]);
	buf_free(&out);
	arena_free(run.arena);
}

/* --- Options --- */

static void check_option(const char *name, const char *value, const char *expected)
{
	struct options options;
	struct buf why = {0};
	const char *got;

	options_default(&options);
	got = options_set(&options, name, value, &why);
	if (expected)
		assert_string_equal(got ? got : "(accepted)", expected);
	else if (got)
		fail_msg("%s=%s: %s", name, value, got);
	buf_free(&why);
}

static void test_options(void **state)
{
	struct options options;
	struct buf why = {0};

	(void)state;
	options_default(&options);
	assert_int_equal(options.strsize, 256);
	assert_null(options_set(&options, "bufsize", "16m", &why));
	assert_int_equal(options.bufsize, 16 << 20);
	assert_null(options_set(&options, "switchrate", "10hz", &why));
	assert_int_equal(options.switchrate_ns, 100000000);
	assert_null(options_set(&options, "switchrate", "20", &why));
	assert_int_equal(options.switchrate_ns, 50000000);
	assert_null(options_set(&options, "aggrate", "250us", &why));
	assert_int_equal(options.aggrate_ns, 250000);
	assert_null(options_set(&options, "quiet", NULL, &why));
	assert_true(options.quiet);
	assert_null(options_set(&options, "quiet", "no", &why));
	assert_false(options.quiet);
	assert_null(options_set(&options, "aggsortkey", "yes", &why));
	assert_int_equal(options.aggsortkey, 1);
	check_option("strsize", "0x100", NULL);
	check_option("strsize", "4", NULL);
	check_option("strsize", "0", "strsize must be bytes, or with k, m or g, from 1 to 64k");
	check_option("strsize", "99999999999999999999", "strsize must be bytes, or with k, m or g, from 1 to 64k");
	check_option("bufsize", "17592186044416t", "bufsize must be bytes, or with k, m or g, from 0 to 1g");
	check_option("bufsize", NULL, "option `bufsize` needs a value: `bufsize=...`");
	check_option("bufsise", "1m", "unknown option `bufsise`; did you mean `bufsize`?");
	check_option("quiet", "maybe", "quiet must be yes or no");
	check_option("engine", "kernel", NULL);
	check_option("engine", "inside",
		     "engine=inside is not implemented: programs run in the kernel (engine=kernel)");
	check_option("engine", "auto", "engine=auto is not implemented: programs run in the kernel (engine=kernel)");
	check_option("engine", "kernels", "engine must be kernel");
	check_option("engine", NULL, "option `engine` needs a value: `engine=...`");
	check_option("switchrate", "1x",
		     "switchrate must be a time with ns, us, ms, s, m, h or d, or a rate with hz, from 1ms to 1h");
	buf_free(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_cases),   cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_layout), cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
