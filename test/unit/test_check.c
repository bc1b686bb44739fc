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
	{ "D_PDESC_ZERO", "4711 { }" },
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
	{ "D_ARR_BADREF", I "trace(args); }" },
	/* identifiers */
	{ "D_IDENT_UNDEF", B "trace(nothing); }" },
	{ "D_IDENT_UNDEF", B "x = x + 1; }" },
	{ "D_VAR_UNDEF", "BEGIN / self->t / { self->t = 1; }" },
	{ "D_VAR_UNDEF", B "trace(this->n); }" },
	{ "D_OP_WRITE", B "pid = 1; }" },
	{ "D_OP_WRITE", I "args[0] = 1; }" },
	{ "D_OP_WRITE", B "timestamp++; }" },
	{ "D_OP_WRITE", B "*(int *)0 = 1; }" },
	{ "D_OP_LVAL", B "1 = 2; }" },
	{ "D_OP_LVAL", B "(pid + 1)++; }" },
	{ "D_OP_LVAL", "inline int N = 3; BEGIN { N = 4; }" },
	/* arrays */
	{ "D_ARR_BADREF", B "a[1] = 1; trace(a); }" },
	{ "D_ARR_BADREF", B "a[1] = 1; a = 2; }" },
	{ "D_ARR_BADREF", B "x = 1; trace(x[0]); }" },
	{ "D_ARR_LOCAL", B "this->a[1] = 1; }" },
	{ "D_DECL_LOCASSC", "this int a[int]; BEGIN { }" },
	{ "D_PROTO_LEN", B "a[1] = 1; a[1, 2] = 1; }" },
	{ "D_PROTO_ARG", B "a[1] = 1; a[\"x\"] = 1; }" },
	{ "D_PROTO_ARG", B "a[\"x\"] = 1; trace(a[1]); }" },
	{ "D_PROTO_ARG", "int a[string]; BEGIN { a[1] = 1; }" },
	{ "D_KEY_TYPE", "struct s { int m; }; BEGIN { a[*(struct s *)0] = 1; }" },
	{ "D_ARR_BOUNDS", "struct s { int m[4]; }; BEGIN { trace(((struct s *)0)->m[4]); }" },
	/* operators */
	{ "D_OP_INCOMPAT", B "x = \"a\"; x = 1; }" },
	{ "D_OP_INCOMPAT", B "x = 1; x = \"a\"; }" },
	{ "D_OP_INCOMPAT", B "x = 1; x = (char *)0; }" },
	{ "D_OP_INCOMPAT", "char *p; BEGIN { p = \"text\"; }" },
	{ "D_OP_INCOMPAT", "test:::ptr { p = (char *)arg0; p = args[0]; }" },
	{ "D_OP_INCOMPAT", B "trace(execname == 1); }" },
	{ "D_OP_INCOMPAT", B "trace((int *)0 == (char *)0); }" },
	{ "D_OP_INCOMPAT", B "trace(pid ? \"a\" : 1); }" },
	{ "D_OP_INCOMPAT", "struct s { int m; }; BEGIN { x = *(struct s *)0; }" },
	{ "D_OP_INCOMPAT", B "x = \"a\"; x++; }" },
	{ "D_OP_INCOMPAT", B "trace((int *)0 - (char *)0); }" },
	{ "D_OP_ARITH", B "trace(\"a\" + 1); }" },
	{ "D_OP_ARITH", B "trace(-execname); }" },
	{ "D_OP_ARITH", B "trace((int *)0 * 2); }" },
	{ "D_OP_ARITH", "struct s { double m; }; BEGIN { trace(((struct s *)0)->m + 1); }" },
	{ "D_OP_INT", B "trace(\"a\" & 1); }" },
	{ "D_OP_INT", B "trace(1 << execname); }" },
	{ "D_OP_INT", B "trace(~execname); }" },
	{ "D_OP_INT", B "trace((int *)0 % 2); }" },
	{ "D_OP_SCALAR", B "trace(!execname); }" },
	{ "D_OP_SCALAR", B "trace(pid && execname); }" },
	{ "D_OP_SCALAR", B "trace(execname ? 1 : 2); }" },
	{ "D_OP_SCALAR", B "x = (void)1; }" },
	{ "D_OP_INCOMPLETE", B "trace((void *)0 + 1); }" },
	{ "D_OP_PTR", B "trace(pid->x); }" },
	{ "D_OP_SOU", B "trace(pid.x); }" },
	{ "D_OP_SOU", B "trace(((int *)0)->x); }" },
	{ "D_OP_SOU", "test:::ptr { trace(args[0]->x); }" },
	{ "D_TYPE_MEMBER", "struct s { int size; }; BEGIN { trace(((struct s *)0)->sise); }" },
	{ "D_OP_DYN", B "@a = count(); x = @a; }" },
	{ "D_OP_DYN", B "x = (@a = count()); }" },
	{ "D_OP_DYN", B "trace(curpsinfo); }" },
	{ "D_OP_DYN", B "printf(\"%p\", curpsinfo); }" },
	{ "D_OP_DYN", B "if (curpsinfo) trace(1); }" },
	{ "D_OP_DYN", "BEGIN /curpsinfo/ { trace(1); }" },
	{ "D_OP_DYN", B "x = curpsinfo; }" },
	{ "D_OP_DYN", B "@[curpsinfo] = count(); }" },
	{ "D_OP_ACT", B "x = printf(\"a\"); }" },
	{ "D_OP_ACT", B "trace(exit(0)); }" },
	{ "D_OP_ACT", "BEGIN / trace(1) / { }" },
	{ "D_DIV_ZERO", B "trace(1 / 0); }" },
	{ "D_DIV_ZERO", B "x = 1; x %= 2 - 2; }" },
	{ "D_DEREF_NONPTR", B "trace(*1); }" },
	{ "D_DEREF_VOID", B "trace(*(void *)0); }" },
	{ "D_DEREF_VOID", "test:::ptr { trace(args[0][1]); }" },
	{ "D_ADDROF_LVAL", B "trace(&1); }" },
	{ "D_ADDROF_VAR", B "x = 1; trace(&x); }" },
	{ "D_ADDROF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(&((struct s *)0)->m); }" },
	{ "D_CAST_INVAL", B "trace((int)execname); }" },
	{ "D_CAST_INVAL", B "trace((string)1); }" },
	{ "D_CAST_INVAL", "struct s { int m; }; BEGIN { x = (struct s)1; }" },
	{ "D_STRINGOF_TYPE", "struct s { int m; }; BEGIN { trace(stringof(*(struct s *)0)); }" },
	{ "D_SIZEOF_TYPE", B "trace(sizeof (void)); }" },
	{ "D_SIZEOF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(sizeof (((struct s *)0)->m)); }" },
	{ "D_OFFSETOF_TYPE", B "trace(offsetof(int, m)); }" },
	{ "D_OFFSETOF_BITFIELD", "struct s { int m : 3; }; BEGIN { trace(offsetof(struct s, m)); }" },
	{ "D_TYPE_ERR", B "trace(sizeof (struct nothing)); }" },
	/* functions */
	{ "D_FUNC_UNDEF", B "strlenn(\"a\"); }" },
	{ "D_FUNC_IDKIND", B "trace(pid()); }" },
	{ "D_FUNC_IDKIND", B "count(); }" },
	{ "D_PROTO_LEN", B "trace(strlen()); }" },
	{ "D_PROTO_LEN", B "trace(strjoin(\"a\", \"b\", \"c\")); }" },
	{ "D_PROTO_LEN", B "trace(1, 2); }" },
	{ "D_PROTO_LEN", B "exit(); }" },
	{ "D_PROTO_ARG", B "trace(strlen(1)); }" },
	{ "D_PROTO_ARG", B "trace(copyinstr(\"a\")); }" },
	{ "D_PROTO_ARG", B "exit(\"a\"); }" },
	{ "D_TRUNC_SCALAR", B "@a = count(); trunc(@a, \"x\"); }" },
	/* aggregations */
	{ "D_AGG_NULL", B "@a; }" },
	{ "D_AGG_FUNC", B "@a = 1; }" },
	{ "D_AGG_FUNC", B "@a = cuont(); }" },
	{ "D_AGG_FUNC", B "@a = strlen(\"x\"); }" },
	{ "D_AGG_FUNC", B "@a += count(); }" },
	{ "D_AGG_REDEF", B "@a = count(); @a = sum(1); }" },
	{ "D_AGG_SCALAR", B "@a = sum(execname); }" },
	{ "D_PROTO_LEN", B "@a = count(1); }" },
	{ "D_PROTO_LEN", B "@a = sum(); }" },
	{ "D_PROTO_LEN", B "@a[1] = count(); @a = count(); }" },
	{ "D_PROTO_ARG", B "@a[1] = count(); @a[execname] = count(); }" },
	{ "D_LQUANT_BASETYPE", B "@a = lquantize(1, pid, 10); }" },
	{ "D_LQUANT_LIMTYPE", B "@a = lquantize(1, 0, pid); }" },
	{ "D_LQUANT_STEPTYPE", B "@a = lquantize(1, 0, 10, pid); }" },
	{ "D_LQUANT_MISMATCH", B "@a = lquantize(1, 10, 0); }" },
	{ "D_LQUANT_STEPTYPE", B "@a = lquantize(1, 0, 10, 0); }" },
	{ "D_LQUANT_STEPLARGE", B "@a = lquantize(1, 3, 3); }" },
	{ "D_LQUANT_STEPVAL", B "@a = lquantize(1, 0, 100, 65536); }" },
	{ "D_LQUANT_STEPSMALL", B "@a = lquantize(1, 0, 1000000, 1); }" },
	{ "D_LLQUANT_FACTORTYPE", B "@a = llquantize(1, pid, 0, 2, 10); }" },
	{ "D_LLQUANT_LMAGTYPE", B "@a = llquantize(1, 10, pid, 2, 10); }" },
	{ "D_LLQUANT_HMAGTYPE", B "@a = llquantize(1, 10, 0, pid, 10); }" },
	{ "D_LLQUANT_STEPTYPE", B "@a = llquantize(1, 10, 0, 2, pid); }" },
	{ "D_LLQUANT_FACTORVAL", B "@a = llquantize(1, 1, 0, 2, 10); }" },
	{ "D_LLQUANT_LMAGVAL", B "@a = llquantize(1, 10, -1, 2, 10); }" },
	{ "D_LLQUANT_HMAGVAL", B "@a = llquantize(1, 10, 3, 2, 10); }" },
	{ "D_LLQUANT_STEPVAL", B "@a = llquantize(1, 10, 0, 2, 3); }" },
	{ "D_LLQUANT_MATCHFACTOR", B "@a = llquantize(1, 10, 0, 2, 10); @a = llquantize(1, 20, 0, 2, 10); }" },
	{ "D_LLQUANT_MATCHLMAG", B "@a = llquantize(1, 10, 0, 2, 10); @a = llquantize(1, 10, 1, 2, 10); }" },
	{ "D_LLQUANT_MATCHHMAG", B "@a = llquantize(1, 10, 0, 2, 10); @a = llquantize(1, 10, 0, 3, 10); }" },
	{ "D_LLQUANT_MATCHSTEPS", B "@a = llquantize(1, 10, 0, 2, 10); @a = llquantize(1, 10, 0, 2, 5); }" },
	{ "D_STACK_SIZE", B "stack(pid); }" },
	{ "D_USTACK_FRAMES", B "ustack(0); }" },
	{ "D_USTACK_FRAMES", B "jstack(128); }" },
	{ "D_LQUANT_MATCHBASE", B "@a = lquantize(1, 0, 10); @a = lquantize(1, 1, 10); }" },
	{ "D_LQUANT_MATCHLIM", B "@a = lquantize(1, 0, 10); @a = lquantize(1, 0, 11); }" },
	{ "D_LQUANT_MATCHSTEP", B "@a = lquantize(1, 0, 10, 1); @a = lquantize(1, 0, 10, 2); }" },
	/* actions */
	{ "D_PROTO_LEN", B "printf(); }" },
	{ "D_PRINTF_ARG_FMT", B "printf(1); }" },
	{ "D_PRINTF_ARG_PROTO", B "printf(\"%d\"); }" },
	{ "D_PRINTF_ARG_EXTRA", B "printf(\"a\", 1); }" },
	{ "D_PRINTF_ARG_TYPE", B "printf(\"%d\", execname); }" },
	{ "D_PRINTF_ARG_TYPE", B "printf(\"%s\", 1); }" },
	{ "D_TRACE_VOID", B "trace((void)1); }" },
	{ "D_TRACE_DYN", "struct s { int m; }; BEGIN { trace(*(struct s *)0); }" },
	{ "D_PRINTA_PROTO", B "printa(); }" },
	{ "D_PRINTA_PROTO", B "printa(\"%@d\"); }" },
	{ "D_PRINTA_AGGARG", B "printa(1); }" },
	{ "D_PRINTA_AGGARG", B "@a[1] = count(); printa(@a[1]); }" },
	{ "D_PRINTA_AGGBAD", B "printa(@a); }" },
	{ "D_PRINTA_AGGBAD", B "trace(@a); }" },
	{ "D_PRINTA_AGGKEY", B "@a[1] = count(); @b = count(); printa(@a, @b); }" },
	{ "D_PRINTA_AGGPROTO", B "@a[1] = count(); @b[\"x\"] = count(); printa(@a, @b); }" },
	{ "D_PRINTF_ARG_PROTO", B "@a = count(); printa(\"%d %@d\", @a); }" },
	{ "D_PRINTF_ARG_TYPE", B "@a[1] = count(); printa(\"%s %@d\", @a); }" },
	{ "D_CLEAR_PROTO", B "@a = count(); clear(@a, 1); }" },
	{ "D_CLEAR_AGGARG", B "clear(1); }" },
	{ "D_CLEAR_AGGBAD", B "clear(@a); }" },
	{ "D_TRUNC_AGGARG", B "trunc(1); }" },
	{ "D_TRUNC_AGGBAD", B "trunc(@a); }" },
	{ "D_TRUNC_PROTO", B "trunc(); }" },
	{ "D_TRUNC_PROTO", B "@a = count(); trunc(@a, 1, 2); }" },
	{ "D_KEY_TYPE", B "a[(void)1] = 1; }" },
	{ "D_KEY_TYPE", B "@a = count(); @b[@a] = count(); }" },
	{ "D_NORMALIZE_PROTO", B "@a = count(); normalize(@a); }" },
	{ "D_NORMALIZE_AGGARG", B "normalize(1, 2); }" },
	{ "D_NORMALIZE_AGGBAD", B "normalize(@a, 2); }" },
	{ "D_NORMALIZE_SCALAR", B "@a = count(); normalize(@a, execname); }" },
	{ "D_DIV_ZERO", B "@a = count(); normalize(@a, 0); }" },
	/* declarations */
	{ "D_DECL_IDRED", "int x; int x; BEGIN { }" },
	{ "D_DECL_IDRED", "int pid; BEGIN { }" },
	{ "D_DECL_IDRED", "enum e { A, A }; BEGIN { }" },
	{ "D_DECL_TYPERED", "typedef int t; typedef long t; BEGIN { }" },
	{ "D_DECL_TYPERED", "struct s { int m; }; struct s { int m; }; BEGIN { }" },
	{ "D_DECL_MNAME", "struct s { int m; int m; }; BEGIN { }" },
	{ "D_DECL_INCOMPLETE", "struct s { struct s m; }; BEGIN { }" },
	{ "D_DECL_VOIDOBJ", "void x; BEGIN { }" },
	{ "D_DECL_VOIDOBJ", "struct s { void m; }; BEGIN { }" },
	{ "D_DECL_DYNOBJ", "struct s { string m; }; BEGIN { }" },
	{ "D_DECL_DYNOBJ", "struct s { int m; }; struct s x; BEGIN { }" },
	{ "D_DECL_ARRSUB", "struct s { int m[-1]; }; BEGIN { }" },
	{ "D_DECL_ARRBIG", "struct s { int m[1 << 30]; }; BEGIN { }" },
	{ "D_DECL_BFSIZE", "struct s { int m : 33; }; BEGIN { }" },
	{ "D_DECL_BFTYPE", "struct s { int *m : 3; }; BEGIN { }" },
	{ "D_DECL_ENOFLOW", "enum e { A = 1 << 31, B = 0x7fffffff, C }; BEGIN { }" },
	{ "D_TYPE_ERR", "struct nothing x; BEGIN { }" },
	{ "D_PRAGMA_OPTSET", "#pragma D option strsize=1\nBEGIN { }" },
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
	check_option("strsize", "4", "strsize must be bytes, or with k, m or g, from 8 to 64k");
	check_option("strsize", "99999999999999999999", "strsize must be bytes, or with k, m or g, from 8 to 64k");
	check_option("bufsize", "17592186044416t", "bufsize must be bytes, or with k, m or g, from 64k to 1g");
	check_option("bufsize", NULL, "option `bufsize` needs a value: `bufsize=...`");
	check_option("bufsise", "1m", "unknown option `bufsise`; did you mean `bufsize`?");
	check_option("quiet", "maybe", "quiet must be yes or no");
	check_option("engine", "kernel", NULL);
	check_option("engine", "inside", "engine=inside is not implemented: programs run in the kernel (engine=kernel)");
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
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
