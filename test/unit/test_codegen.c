/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What generated code computes, against C: scripts are compiled and run in the interpreter with random operands.
 * Integer expressions are compared with the same text compiled as C, string functions and aggregations with plain
 * functions. `test_codegen golden` compares the programs of test/ebpf/NAME.d with NAME.ebpf; UPDATE=1 writes them.
 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../interp/interp.h"
#include "agg/agg.h"
#include "agg/buckets.h"
#include "agg/common.h"
#include "code/disasm.h"
#include "code/insn.h"
#include "code/code.h"
#include "front/d/lower.h"
#include "fake_probes.h"
#include "gen_script.h"
#include "lib/kernel_functions.h"
#include "run/pipeline.h"

enum { ARGS = 8 };

/* Where the markers of fake_probes.h find argument i: so that a test can set each. */
static const uint8_t arg_regs[ARGS] = {ARGREG_RDI, ARGREG_RSI, ARGREG_RDX, ARGREG_RCX,
				       ARGREG_R8,  ARGREG_R9,  ARGREG_R10, ARGREG_R11};
static const uint8_t arg_words[ARGS] = {14, 13, 12, 11, 9, 8, 7, 6}; /* of struct pt_regs */

struct setup {
	struct arena *arena;
	struct source source;
	struct script script;
	struct diags diags;
	struct macros macros;
	struct options options;
	struct image *image;
	struct interp *interp;
};

/* Of the scripts that are compiled from here on. */
static bool sites_are_ours;
static struct argcheck *site_check; /* NULL: none */

static int no_offset(const char *type, const char *member)
{
	(void)type;
	(void)member;
	return -1;
}

static struct probe_list find(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct probe_source *fake = source->data;
	struct probe_list list = fake->find(fake, desc, why_not);

	for (unsigned i = 0; i < list.len; i++) {
		if (!list.probes[i]->sites_len)
			continue;
		list.probes[i]->sites->is_ours = sites_are_ours;
		list.probes[i]->sites->checks = site_check;
		list.probes[i]->sites->checks_len = site_check != NULL;
	}
	for (unsigned i = 0; i < list.len; i++)
		for (unsigned a = 0; a < list.probes[i]->args_len && list.probes[i]->sites_len; a++)
			list.probes[i]->sites->args[a].loc =
				(struct argloc){.n = 1, .steps = {{.op = STEP_REG, .reg = arg_regs[a]}}};
	return list;
}

static void assert_sound(const struct plan *plan, const char *text)
{
	struct loc where = {0};
	const char *why = plan_why_not(plan, &where);

	if (why)
		fail_msg("%s: not so at `%.*s` of %s", why, (int)where.size,
			 where.source ? where.source->text + where.offset : "", text);
}

static void compile_for(struct setup *setup, const char *name, const char *text, const struct code_rules *rules,
			struct probe_list (*find_probes)(struct probe_source *, const struct probe_desc *,
							 const char **))
{
	struct probe_source fake, probes = {.data = &fake, .find = find_probes};
	struct checked *checked = NULL;
	const struct plan *plan;
	struct buf why = {0};

	*setup = (struct setup){.arena = arena_new()};
	setup->source = (struct source){.name = name, .text = text, .size = strlen(text)};
	fake = fake_probes(setup->arena);
	diags_init(&setup->diags, setup->arena);
	options_default(&setup->options);
	if (ast_parse(setup->arena, &setup->source, &setup->macros, &setup->diags, &setup->script) &&
	    check_pragmas(&setup->script, &setup->options, &setup->diags))
		checked = check_script(setup->arena, &setup->script, &probes, &setup->options, &setup->diags);
	if (checked) {
		plan = lower_script(setup->arena, checked);
		assert_sound(plan, text);
		setup->image = code_compile(setup->arena, plan, &setup->options, rules, &setup->diags);
	}
	if (setup->image && !schema_is_sound(setup->image->schema, &why))
		fail_msg("%s of %s", why.data, text);
}

static const struct code_rules usual_rules = {
	.subject = "the kernel", .offset = no_offset, .limits = CODE_LIMITS_KERNEL, .has_loops = true};

static void compile(struct setup *setup, const char *name, const char *text)
{
	compile_for(setup, name, text, &usual_rules, find);
}

static void start(struct setup *setup, const char *text)
{
	struct buf out = {0};

	compile(setup, "test.d", text);
	if (!setup->image) {
		diags_print(&setup->diags, false, &out);
		fail_msg("%s", out.data);
	}
	setup->interp = interp_new(setup->image, 2);
	interp_state(setup->interp)->run = RUN_ON;
}

static void stop(struct setup *setup)
{
	interp_free(setup->interp);
	arena_free(setup->arena);
}

/* Fires the only marker. */
static void fire(struct setup *setup, const uint64_t args[ARGS])
{
	struct interp_env env = {.cookie = setup->image->attaches[0].cookie, .comm = "test"};
	uint64_t ctx[21] = {0};
	const char *why;

	for (unsigned i = 0; i < ARGS; i++)
		ctx[arg_words[i]] = args[i];
	interp_records_clear(setup->interp);
	why = interp_run(setup->interp, setup->image->attaches[0].program, ctx, sizeof(ctx), &env, NULL);
	if (why)
		fail_msg("%s", why);
}

static const char *record_field(struct setup *setup, unsigned action)
{
	size_t size;
	const char *record;

	assert_int_equal(interp_records_len(setup->interp), 1);
	record = interp_record(setup->interp, 0, &size);
	return record + setup->image->schema->clauses[setup->script.clauses_len - 1].actions[action].fields[0].offset;
}

/* Numbers at the edges of each width, and anything else. */
static uint64_t operand(uint64_t *state)
{
	static const uint64_t edges[] = {0,	     1,		 2,	     7,		8,	    31,
					 32,	     63,	 64,	     127,	128,	    255,
					 256,	     32767,	 32768,	     65535,	65536,	    INT32_MAX,
					 1ull << 31, UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX};
	uint64_t random = gen_random(state), edge = edges[random % (sizeof(edges) / sizeof(edges[0]))];

	switch (random >> 32 & 3) {
	case 0:
		return edge;
	case 1:
		return 0 - edge;
	case 2:
		return gen_random(state) >> (random >> 40 & 63);
	default:
		return edge + (random >> 40 & 3) - 1;
	}
}

/* --- Integers: the same text in D and in C --- */

struct cell {
	const char *text;
	int64_t value;
};
enum { CELLS = 64 };

/* Left operands a to h, right operands i to p: char, unsigned char, ... uint64_t. */
struct operands {
	int8_t a;
	uint8_t b;
	int16_t c;
	uint16_t d;
	int32_t e;
	uint32_t f;
	int64_t g;
	uint64_t h;
	int8_t i;
	uint8_t j;
	int16_t k;
	uint16_t l;
	int32_t m;
	uint32_t n;
	int64_t o;
	uint64_t p;
};

#define NAMES                                                                                                          \
	int8_t a = v->a;                                                                                               \
	uint8_t b = v->b;                                                                                              \
	int16_t c = v->c;                                                                                              \
	uint16_t d = v->d;                                                                                             \
	int32_t e = v->e;                                                                                              \
	uint32_t f = v->f;                                                                                             \
	int64_t g = v->g;                                                                                              \
	uint64_t h = v->h;                                                                                             \
	int8_t i = v->i;                                                                                               \
	uint8_t j = v->j;                                                                                              \
	int16_t k = v->k;                                                                                              \
	uint16_t l = v->l;                                                                                             \
	int32_t m = v->m;                                                                                              \
	uint32_t n = v->n;                                                                                             \
	int64_t o = v->o;                                                                                              \
	uint64_t p = v->p;                                                                                             \
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h, (void)i, (void)j, (void)k, (void)l,    \
		(void)m, (void)n;                                                                                      \
	(void)o, (void)p
#define ROW(CELL, x) CELL(x, i) CELL(x, j) CELL(x, k) CELL(x, l) CELL(x, m) CELL(x, n) CELL(x, o) CELL(x, p)
#define ALL(CELL)                                                                                                      \
	ROW(CELL, a) ROW(CELL, b) ROW(CELL, c) ROW(CELL, d) ROW(CELL, e) ROW(CELL, f) ROW(CELL, g) ROW(CELL, h)
#define PUT(expr, x, y) *cell++ = (struct cell){"(int64_t)(" #expr ")", (int64_t)(expr)};

/* -1 as a divisor overflows for one dividend, which traps in C. In D it wraps. */
#define DIVISION(x, y, op, of_minus_one)                                                                               \
	*cell++ = (struct cell){"(int64_t)(" #y " == 0 ? 0 : " #x " " #op " " #y ")",                                  \
				y == 0 ? 0                                                                             \
				: (__typeof__(x + y))y == (__typeof__(x + y))-1 && (__typeof__(x + y))-1 < 0           \
					? (int64_t)(__typeof__(x + y))(of_minus_one)                                   \
					: (int64_t)(x op y)};

#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wbool-operation"
#pragma GCC diagnostic ignored "-Wparentheses"
#define WRAPS __attribute__((no_sanitize("undefined")))

#define GRID(name, CELL)                                                                                               \
	WRAPS static void grid_##name(const struct operands *v, struct cell *cell)                                     \
	{                                                                                                              \
		NAMES;                                                                                                 \
		ALL(CELL)                                                                                              \
	}

#define ADD(x, y)      PUT(x + y, x, y)
#define SUB(x, y)      PUT(x - y, x, y)
#define MUL(x, y)      PUT(x *y, x, y)
#define AND(x, y)      PUT(x &y, x, y)
#define OR(x, y)       PUT(x | y, x, y)
#define XOR(x, y)      PUT(x ^ y, x, y)
#define SHL(x, y)      PUT(x << (y & 7), x, y)
#define SHR(x, y)      PUT(x >> (y & 31), x, y)
#define LT(x, y)       PUT(x < y, x, y)
#define LE(x, y)       PUT(x <= y, x, y)
#define GT(x, y)       PUT(x > y, x, y)
#define GE(x, y)       PUT(x >= y, x, y)
#define EQ(x, y)       PUT(x == y, x, y)
#define NE(x, y)       PUT(x != y, x, y)
#define LOGIC(x, y)    PUT(x && !y || x > 5 && y < 100, x, y)
#define DIV(x, y)      DIVISION(x, y, /, 0 - (uint64_t)x)
#define MOD(x, y)      DIVISION(x, y, %, 0)
#define COND(x, y)     PUT(x > y ? x : y, x, y)
#define UNARY(x, y)    PUT(-x + ~y, x, y)
#define CONST(x, y)    PUT((x * 3 - 7) ^ (y + 4294967295U) - 0x123456789abcdefLL, x, y)
#define MIXED(x, y)    PUT(((x + 1) * (y - 2) & 0xff00ff) + (x >> 1 | y << 2), x, y)
#define ASSIGN(x, y)   PUT(x = y, x, y)
#define ADD_TO(x, y)   PUT(x += y, x, y)
#define SUB_FROM(x, y) PUT(x -= y, x, y)
#define MUL_BY(x, y)   PUT(x *= y, x, y)
#define AND_WITH(x, y) PUT(x &= y, x, y)
#define OR_WITH(x, y)  PUT(x |= y, x, y)
#define XOR_WITH(x, y) PUT(x ^= y, x, y)
#define SHL_BY(x, y)   PUT(x <<= (y & 7), x, y)
#define SHR_BY(x, y)   PUT(x >>= (y & 7), x, y)
#define STEPS(x, y)    PUT(x++ - --y, x, y)

/* clang-format off */
#define GRIDS(X) \
	X(add, ADD) X(sub, SUB) X(mul, MUL) X(and, AND) X(or, OR) X(xor, XOR) X(shl, SHL) X(shr, SHR) \
	X(lt, LT) X(le, LE) X(gt, GT) X(ge, GE) X(eq, EQ) X(ne, NE) X(logic, LOGIC) X(div, DIV) \
	X(mod, MOD) X(cond, COND) X(unary, UNARY) X(const, CONST) X(mixed, MIXED) X(assign, ASSIGN) X(add_to, ADD_TO) X(sub_from, SUB_FROM) \
	X(mul_by, MUL_BY) X(and_with, AND_WITH) X(or_with, OR_WITH) X(xor_with, XOR_WITH) X(shl_by, SHL_BY) X(shr_by, SHR_BY) X(steps, STEPS)
/* clang-format on */

GRIDS(GRID)

#define GRID_NAME(name, CELL) {#name, grid_##name},
static const struct grid {
	const char *name;
	void (*cells)(const struct operands *v, struct cell *cell);
} grids[] = {GRIDS(GRID_NAME)};

static const char *const scopes[] = {"", "this->", "self->"};

/* Every name of a variable gets its scope: they are single letters, which nothing else in a cell is. */
static void put_scoped(struct buf *out, const char *text, const char *scope)
{
	for (const char *at = text; *at; at++) {
		bool word = (at > text &&
			     (at[-1] == '_' || (at[-1] >= '0' && at[-1] <= 'z' && at[-1] != '=' && at[-1] != '<' &&
						at[-1] != '>' && at[-1] != '^' && at[-1] != '?'))) ||
			    at[1] == '_' || (at[1] >= '0' && at[1] <= '9') || (at[1] >= 'a' && at[1] <= 'z') ||
			    (at[1] >= 'A' && at[1] <= 'Z');

		if (*at >= 'a' && *at <= 'p' && !word)
			buf_puts(out, scope);
		buf_add(out, at, 1);
	}
}

static void put_script(struct buf *out, const struct cell *cells, const char *scope)
{
	static const char *const types[] = {"int8_t",  "uint8_t",  "int16_t", "uint16_t",
					    "int32_t", "uint32_t", "int64_t", "uint64_t"};
	const char *word = !*scope ? "" : *scope == 't' ? "this " : "self ";

	for (unsigned i = 0; i < 16; i++)
		buf_printf(out, "%s%s %c; ", word, types[i % 8], 'a' + i);
	buf_puts(out, "\ntest:::ints {\n");
	for (unsigned i = 0; i < 16; i++) /* the right operands: other arguments, cut to their width */
		buf_printf(out, "%s%c = %s%u;\n", scope, 'a' + i, i < 8 ? "arg" : "arg", i < 8 ? i : (i * 5 + 3) % 8);
	for (unsigned i = 0; i < CELLS; i++) {
		buf_puts(out, "trace(");
		put_scoped(out, cells[i].text, scope);
		buf_puts(out, ");\n");
	}
	buf_puts(out, "}\n");
}

static struct operands operands_from(const uint64_t args[ARGS])
{
	uint64_t r[8];

	for (unsigned i = 8; i < 16; i++)
		r[i - 8] = args[(i * 5 + 3) % 8];
	return (struct operands){(int8_t)args[0],  (uint8_t)args[1],  (int16_t)args[2], (uint16_t)args[3],
				 (int32_t)args[4], (uint32_t)args[5], (int64_t)args[6], args[7],
				 (int8_t)r[0],	   (uint8_t)r[1],     (int16_t)r[2],	(uint16_t)r[3],
				 (int32_t)r[4],	   (uint32_t)r[5],    (int64_t)r[6],	r[7]};
}

/* --- Constants: computed by the checker, by generated code from variables of the same values, and by C --- */

enum { CONSTANTS = 300, LEAVES_MAX = 8, CONSTANT_DEPTH = 4 };

static const char *const int_types[] = {"int8_t",  "uint8_t",  "int16_t", "uint16_t",
					"int32_t", "uint32_t", "int64_t", "uint64_t"};

/* The same expression twice: of literals, and of variables that hold them. */
struct twins {
	struct buf literals, variables, assigned;
	uint64_t random;
	unsigned leaves;
	bool is_c; /* only what C defines, signed numbers that overflow aside: gcc is told that they wrap */
};

static void put_both(struct twins *twins, const char *text)
{
	buf_puts(&twins->literals, text);
	buf_puts(&twins->variables, text);
}

static void put_leaf(struct twins *twins)
{
	const char *type = int_types[gen_random(&twins->random) % 8];
	uint64_t value = operand(&twins->random);
	unsigned n = twins->leaves++;

	buf_printf(&twins->literals, "((%s)0x%llxULL)", type, (unsigned long long)value);
	buf_printf(&twins->variables, "((%s)this->v%u)", type, n);
	buf_printf(&twins->assigned, "this->v%u = 0x%llxULL; ", n, (unsigned long long)value);
}

static void put_small(struct twins *twins, unsigned limit)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", 1 + (unsigned)(gen_random(&twins->random) % limit));
	put_both(twins, text);
}

static void put_twins(struct twins *twins, unsigned depth)
{
	static const char *const ops[] = {" + ",  " - ",  " * ",  " & ",  " | ",  " ^ ",  " < ",  " <= ", " > ",
					  " >= ", " == ", " != ", " && ", " || ", " << ", " >> ", " / ",  " % "};
	static const char *const unaries[] = {"-", "~", "!", "+"};
	unsigned kind = (unsigned)(gen_random(&twins->random) % 26);

	if (!depth || twins->leaves + 2 >= LEAVES_MAX || kind == 25) {
		put_leaf(twins);
		return;
	}
	put_both(twins, "(");
	if (kind >= 18 && kind < 22) {
		put_both(twins, unaries[kind - 18]);
		put_twins(twins, depth - 1);
	} else if (kind == 22) {
		put_both(twins, "(");
		put_both(twins, int_types[gen_random(&twins->random) % 8]);
		put_both(twins, ")");
		put_twins(twins, depth - 1);
	} else if (kind > 22) {
		put_twins(twins, depth - 1);
		put_both(twins, " ? ");
		put_twins(twins, depth - 1);
		put_both(twins, " : ");
		put_leaf(twins);
	} else {
		put_twins(twins, depth - 1);
		put_both(twins, ops[kind]);
		if (kind >= 16 ||
		    (twins->is_c && kind >= 14)) /* divisors are above 0, and C has no shift by the width */
			put_small(twins, kind >= 16 ? 1000 : 7);
		else
			put_twins(twins, depth - 1);
	}
	put_both(twins, ")");
}

static void twins_free(struct twins *twins)
{
	buf_free(&twins->literals);
	buf_free(&twins->variables);
	buf_free(&twins->assigned);
}

/* Prints what gcc makes of each expression, one a line. */
static FILE *run_c(const struct buf *lines)
{
	char command[512];
	const char *tmp = getenv("TMP") ? getenv("TMP") : "/tmp";
	FILE *file;

	snprintf(command, sizeof(command), "%s/constants.c", tmp);
	file = fopen(command, "we");
	assert_non_null(file);
	fprintf(file, "#include <stdint.h>\n#include <stdio.h>\nint main(void) {\n%sreturn 0; }\n", lines->data);
	fclose(file);
	snprintf(command, sizeof(command), "cd %s && cc -w -fwrapv -o constants constants.c && ./constants", tmp);
	return popen(command, "r");
}

/* Both twins as the one clause of a script. */
static void compare_twins(const struct twins *twins, int64_t *value)
{
	const uint64_t none[ARGS] = {0};
	struct buf text = {0};
	struct setup setup;
	int64_t computed;

	buf_printf(&text, "test:::ints { %strace((int64_t)(%s)); trace((int64_t)(%s)); }", twins->assigned.data,
		   twins->literals.data, twins->variables.data);
	start(&setup, text.data);
	assert_true(setup.script.clauses->body != NULL);
	fire(&setup, none);
	memcpy(value, record_field(&setup, 0), 8);
	memcpy(&computed, record_field(&setup, 1), 8);
	if (*value != computed)
		fail_msg("%lld as a constant, %lld computed: %s", (long long)*value, (long long)computed, text.data);
	stop(&setup);
	buf_free(&text);
}

static void test_constants(void **state)
{
	int64_t values[CONSTANTS], c;
	struct buf lines = {0};
	unsigned n = 0;
	FILE *out;

	(void)state;
	for (uint64_t seed = 1; seed <= 2 * CONSTANTS; seed++) {
		struct twins twins = {.random = seed * 7919, .is_c = seed <= CONSTANTS};
		int64_t value;

		put_twins(&twins, CONSTANT_DEPTH);
		compare_twins(&twins, &value);
		if (twins.is_c) {
			values[n++] = value;
			buf_printf(&lines, "printf(\"%%lld\\n\", (long long)(%s));\n", twins.literals.data);
		}
		twins_free(&twins);
	}
	out = run_c(&lines);
	assert_non_null(out);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(fscanf(out, "%lld", (long long *)&c), 1);
		assert_int_equal(values[i], c);
	}
	assert_int_equal(pclose(out), 0);
	buf_free(&lines);
}

static void random_args(uint64_t *state, uint64_t args[ARGS])
{
	for (unsigned i = 0; i < ARGS; i++)
		args[i] = operand(state);
}

static void try_grid(const struct grid *grid, const char *scope, unsigned rounds, uint64_t *state)
{
	struct operands zeros = {.i = 1, .j = 1, .k = 1, .l = 1, .m = 1, .n = 1, .o = 1, .p = 1};
	struct cell cells[CELLS];
	struct buf text = {0};
	struct setup setup;

	grid->cells(&zeros, cells);
	put_script(&text, cells, scope);
	start(&setup, text.data);
	while (rounds--) {
		uint64_t args[ARGS];
		struct operands operands;

		random_args(state, args);
		operands = operands_from(args);
		grid->cells(&operands, cells);
		fire(&setup, args);
		for (unsigned i = 0; i < CELLS; i++) {
			int64_t got;

			memcpy(&got, record_field(&setup, i), sizeof(got));
			if (got != cells[i].value)
				fail_msg("%s: %s is %lld, not %lld (left %llx, right %llx)", grid->name, cells[i].text,
					 (long long)got, (long long)cells[i].value, (unsigned long long)args[i / 8],
					 (unsigned long long)args[(i % 8 * 5 + 43) % 8]);
		}
	}
	stop(&setup);
	buf_free(&text);
}

static void test_integers(void **unused)
{
	uint64_t state = 1;

	(void)unused;
	for (unsigned i = 0; i < sizeof(grids) / sizeof(grids[0]); i++)
		for (unsigned scope = 0; scope < 3; scope++)
			try_grid(&grids[i], scopes[scope], 200, &state);
}

/* --- Strings --- */

static void random_text(uint64_t *state, char *text, unsigned room)
{
	unsigned size = (unsigned)(gen_random(state) % room);

	memset(text, 0, room);
	for (unsigned i = 0; i < size; i++)
		text[i] = gen_random(state) % 4 ? "abc"[gen_random(state) % 3] : (char)(1 + gen_random(state) % 255);
}

static void cut(char *to, const char *from, size_t size, size_t strsize)
{
	size_t fits = strnlen(from, size);

	fits = fits < strsize ? fits : strsize - 1;
	memmove(to, from, fits);
	to[fits] = '\0';
}

/* After Perl's: what lies before the start takes away from the length; of a start that lies there no end is counted
 * back. */
static void ref_substr(char *to, const char *text, int64_t index, int64_t length, bool has_length, size_t strsize)
{
	int64_t size = (int64_t)strlen(text), start = index < 0 ? index + size : index;

	if (!has_length)
		length = INT64_MAX / 2;
	if (start < 0) {
		length = length + start < 0 || length < 0 ? 0 : length + start;
		start = 0;
	}
	start = start > size ? size : start;
	if (length < 0)
		length += size - start;
	length = length < 0 ? 0 : length > size - start ? size - start : length;
	cut(to, text + start, (size_t)length, strsize);
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void assert_text(struct setup *setup, unsigned action, const char *wanted, const char *what)
{
	const char *field = record_field(setup, action);
	const struct record_layout *layout = &setup->image->schema->clauses[setup->script.clauses_len - 1];
	size_t size = strlen(wanted), room = layout->actions[action].fields[0].size;

	if (strcmp(field, wanted))
		fail_msg("%s is \"%s\", not \"%s\"", what, field, wanted);
	for (; size < room; size++) /* nothing of what lay in the ring before */
		assert_int_equal(field[size], 0);
}

static void assert_number(struct setup *setup, unsigned action, int64_t wanted, const char *what)
{
	int64_t got;

	memcpy(&got, record_field(setup, action), sizeof(got));
	if (got != wanted)
		fail_msg("%s is %lld, not %lld", what, (long long)got, (long long)wanted);
}

static void try_strings(unsigned strsize, unsigned rounds, uint64_t *state)
{
	static char memory[2][1200];
	char script[1024], one[1200], two[1200], wanted[2400];
	struct setup setup;

	snprintf(script, sizeof(script),
		 "#pragma D option strsize=%u\ntest:::ints { this->s = copyinstr(arg0); this->t = copyinstr(arg1); "
		 "trace(this->s);"
		 "trace((int64_t)strlen(this->s)); trace(strjoin(this->s, this->t)); trace(substr(this->s, arg2));"
		 "trace(substr(this->s, arg2, arg3)); trace((int64_t)((this->s > this->t) - (this->s < this->t)));"
		 "trace((int64_t)(this->s == this->t)); trace((int64_t)(this->s <= this->t)); trace(copyinstr(arg0, "
		 "arg4)); }",
		 strsize);
	start(&setup, script);
	strsize = (strsize + 7) & ~7u; /* as the option's description says */
	interp_allow_user(setup.interp, memory, sizeof(memory));
	while (rounds--) {
		uint64_t args[ARGS] = {(uintptr_t)memory[0], (uintptr_t)memory[1], gen_random(state) % 40 - 20,
				       gen_random(state) % 40 - 20, gen_random(state) % 40};

		random_text(state, memory[0], gen_random(state) % 3 ? 12 : strsize + 20);
		random_text(state, memory[1], gen_random(state) % 3 ? 12 : strsize + 20);
		if (!(gen_random(state) % 5))
			memcpy(memory[1], memory[0], sizeof(memory[0]));
		fire(&setup, args);
		cut(one, memory[0], sizeof(memory[0]), strsize);
		cut(two, memory[1], sizeof(memory[1]), strsize);
		assert_text(&setup, 0, one, "copyinstr");
		assert_number(&setup, 1, (int64_t)strlen(one), "strlen");
		snprintf(wanted, sizeof(wanted), "%s%s", one, two);
		cut(wanted, wanted, sizeof(wanted), strsize);
		assert_text(&setup, 2, wanted, "strjoin");
		ref_substr(wanted, one, (int64_t)args[2], 0, false, strsize);
		assert_text(&setup, 3, wanted, "substr");
		ref_substr(wanted, one, (int64_t)args[2], (int64_t)args[3], true, strsize);
		snprintf(script, sizeof(script), "strsize %u: substr(\"%.40s\", %lld, %lld)", strsize, one,
			 (long long)args[2], (long long)args[3]);
		assert_text(&setup, 4, wanted, script);
		assert_number(&setup, 5, sign(strcmp(one, two)), "comparison");
		assert_number(&setup, 6, !strcmp(one, two), "equality");
		assert_number(&setup, 7, strcmp(one, two) <= 0, "<=");
		cut(wanted, one, args[4], strsize);
		assert_text(&setup, 8, wanted, "copyinstr with a limit");
	}
	stop(&setup);
}

static void test_strings(void **unused)
{
	static const unsigned sizes[] = {8, 16, 20, 64, 256, 511, 512, 1000};
	uint64_t state = 2;

	(void)unused;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		try_strings(sizes[i], 500, &state);
}

/* --- Aggregations --- */

static uint64_t *agg_value(struct setup *setup, unsigned agg)
{
	uint32_t zero = 0;

	return interp_map_value(setup->interp, setup->image->agg_maps[agg], &zero, 0);
}

static void test_numbers(void **unused)
{
	uint64_t state = 3, n = 0, largest_u = 0, smallest_u = UINT64_MAX;
	int64_t largest = INT64_MIN, smallest = INT64_MAX;
	unsigned __int128 squares = 0;
	__int128 sum = 0;
	struct setup setup;

	(void)unused;
	start(&setup, "test:::ints { @c = count(); @s = sum(arg0); @a = avg(arg0); @n = min(arg0); @x = max(arg0); @d "
		      "= stddev(arg0);"
		      "@nu = min((uint64_t)arg0); @xu = max((uint64_t)arg0); @s5 = sum((int8_t)arg0); }");
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t args[ARGS] = {operand(&state)}, size = (int64_t)args[0] < 0 ? 0 - args[0] : args[0];

		fire(&setup, args);
		n++;
		sum += (int64_t)args[0];
		squares += (unsigned __int128)size * size;
		largest = (int64_t)args[0] > largest ? (int64_t)args[0] : largest;
		smallest = (int64_t)args[0] < smallest ? (int64_t)args[0] : smallest;
		largest_u = args[0] > largest_u ? args[0] : largest_u;
		smallest_u = args[0] < smallest_u ? args[0] : smallest_u;
		for (unsigned agg = 0; agg < 8; agg++)
			assert_int_equal(agg_value(&setup, agg)[0], n);
		assert_int_equal(agg_value(&setup, 1)[1], (uint64_t)sum);
		assert_true(agg_wide(agg_value(&setup, 2) + 1) == sum);
		for (unsigned agg = 3; agg < 8; agg++) {
			const struct agg_shape *shape = &setup.image->schema->aggs[agg].shape;
			int64_t number = shape->agg->number(shape, agg_value(&setup, agg), 1);
			int64_t wanted[] = {smallest, largest, 0, (int64_t)smallest_u, (int64_t)largest_u};

			if (agg != 5)
				assert_int_equal(number, wanted[agg - 3]);
		}
		assert_true(agg_wide(agg_value(&setup, 5) + 1) == sum);
		assert_true(agg_wide(agg_value(&setup, 5) + 3) == (__int128)squares);
	}
	stop(&setup);
}

enum { HISTOGRAM_WORDS = 2000 };

static unsigned bucket_of(const struct agg_shape *shape, int64_t value)
{
	if (!strcmp(shape->agg->name, "quantize"))
		return quantize_bucket(value);
	if (!strcmp(shape->agg->name, "tquantize"))
		return tquantize_bucket(value);
	return !strcmp(shape->agg->name, "lquantize") ? lquantize_bucket(shape->params, value)
						      : llquantize_bucket(shape->params, value);
}

static void try_histogram(const char *function, uint64_t *state)
{
	static uint64_t wanted[HISTOGRAM_WORDS];
	char script[200];
	struct setup setup;

	snprintf(script, sizeof(script), "test:::ints { @ = %s; }", function);
	start(&setup, script);
	memset(wanted, 0, sizeof(wanted));
	for (unsigned i = 0; i < 3000; i++) {
		uint64_t args[ARGS] = {operand(state), operand(state)};
		uint64_t increment = strstr(function, "arg1") ? args[1] : 1;
		unsigned scale = strstr(function, "* 1000") ? 1000 : 1;

		if (i & 1)
			args[0] = gen_random(state) % 3000 - 1000;
		fire(&setup, args);
		wanted[0]++;
		wanted[1 + bucket_of(&setup.image->schema->aggs[0].shape, (int64_t)(args[0] * scale))] += increment;
		if (memcmp(agg_value(&setup, 0), wanted, setup.image->schema->aggs[0].value_size))
			fail_msg("%s of %lld: another bucket than %u", function, (long long)args[0],
				 bucket_of(&setup.image->schema->aggs[0].shape, (int64_t)(args[0] * scale)));
	}
	stop(&setup);
}

static void test_histograms(void **unused)
{
	static const char *const functions[] = {
		"quantize(arg0)",
		"quantize(arg0, arg1)",
		"lquantize(arg0, 0, 1000, 10)",
		"lquantize(arg0, -500, 500, 7)",
		"lquantize(arg0, 0, 1000, 10, arg1)",
		"lquantize(arg0, -2147483647, 2147483647, 10000000)",
		"lquantize(arg0, 5, 6)",
		"lquantize(arg0, -9000000000000000000, 9000000000000000000, 100000000000000000)",
		"llquantize(arg0, 10, 0, 6, 20)",
		"llquantize(arg0, 2, 0, 30, 2)",
		"llquantize(arg0, 10, 3, 9, 10, arg1)",
		"llquantize(arg0, 10, 0, 17, 10)",
		"llquantize(arg0, 3, 1, 5, 9)",
		"llquantize(arg0, 10, 0, 18, 10)",
		"llquantize(arg0, 2, 3, 62, 2)",
		"tquantize(arg0)",
		"tquantize(arg0 * 1000)",
		"tquantize(arg0, arg1)",
	};
	uint64_t state = 4;

	(void)unused;
	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		try_histogram(functions[i], &state);
}

/* --- The tracer's own process --- */

static unsigned records_of(struct setup *setup, uint32_t pid)
{
	struct interp_env env = {.cookie = setup->image->attaches[0].cookie, .pid_tgid = (uint64_t)pid << 32 | 7};
	const uint64_t ctx[21] = {0};
	const char *why;

	interp_records_clear(setup->interp);
	why = interp_run(setup->interp, setup->image->attaches[0].program, ctx, sizeof(ctx), &env, NULL);
	if (why)
		fail_msg("%s", why);
	return interp_records_len(setup->interp);
}

static void test_own_process(void **unused)
{
	struct setup setup;

	(void)unused;
	for (int ours = 0; ours < 2; ours++) {
		sites_are_ours = ours;
		start(&setup, "test:::long { trace(pid); }");
		interp_state(setup.interp)->tracer = 1234;
		assert_int_equal(records_of(&setup, 1234), ours ? 0 : 1);
		assert_int_equal(records_of(&setup, 1235), 1);
		stop(&setup);
	}
	sites_are_ours = false;
}

/* --- What data has to be --- */

#define REGISTER(r)                                                                                                    \
	{                                                                                                              \
		.n = 1, .steps = { {.op = STEP_REG, .reg = (r)} }                                                      \
	}

enum { WALL_NS = 1000000000, HOUR_S = 3600 };

/* Fires once with these first arguments; was there a record? */
static bool fires_with(struct setup *setup, uint64_t first, uint64_t second, uint64_t third)
{
	const uint64_t args[ARGS] = {first, second, third};

	fire(setup, args);
	return interp_records_len(setup->interp) == 1;
}

static const struct image_doubt *doubt_of(struct setup *setup)
{
	const uint32_t zero = 0;

	return interp_map_value(setup->interp, setup->image->map_doubts, &zero, 0);
}

/* The first pair of arguments can be, the second cannot: from there on nothing fires. */
static void try_check(struct argcheck *check, const uint64_t good[3], const uint64_t wrong[3])
{
	struct setup setup;

	site_check = check;
	start(&setup, "test:::ints2 { trace(1); }");
	interp_state(setup.interp)->wall_offset_ns = (int64_t)(100 * 24) * HOUR_S * WALL_NS;
	assert_true(fires_with(&setup, good[0], good[1], good[2]));
	assert_int_equal(doubt_of(&setup)->wrong, 0);
	assert_false(fires_with(&setup, wrong[0], wrong[1], wrong[2]));
	assert_int_equal(doubt_of(&setup)->wrong, 1);
	assert_int_equal(doubt_of(&setup)->fired, 2);
	assert_false(fires_with(&setup, good[0], good[1], good[2]));
	assert_int_equal(doubt_of(&setup)->fired, 2);
	stop(&setup);
	site_check = NULL;
}

static void test_checks(void **unused)
{
	const uint64_t day_ns = 24ull * HOUR_S * WALL_NS, now = 100 * day_ns;
	struct argcheck small = {.kind = CHECK_SMALL, .imm = 1 << 20},
			time = {.kind = CHECK_TIME, .imm = 7 * (int64_t)day_ns};
	struct argcheck same = {.kind = CHECK_SAME,
				.other = REGISTER(ARGREG_RSI),
				.conds = {{REGISTER(ARGREG_RDX), COND_EQ, 42}},
				.conds_len = 1};

	(void)unused;
	try_check(&small, (uint64_t[3]){5}, (uint64_t[3]){1 << 20});
	try_check(&small, (uint64_t[3]){-1ull}, (uint64_t[3]){-(1ull << 20) - 1});
	try_check(&small, (uint64_t[3]){INT64_MIN}, (uint64_t[3]){0x7ffd12345678});
	try_check(&time, (uint64_t[3]){now - 6 * day_ns}, (uint64_t[3]){now - 8 * day_ns});
	try_check(&time, (uint64_t[3]){now + day_ns / 48}, (uint64_t[3]){now + day_ns / 12});
	try_check(&time, (uint64_t[3]){0}, (uint64_t[3]){1});
	try_check(&same, (uint64_t[3]){7, 7, 42}, (uint64_t[3]){7, 8, 42});
	try_check(&same, (uint64_t[3]){7, 8, 112}, (uint64_t[3]){7, 8, 42});
}

/* All of the first are asked, later one of 64: a wrong value is met by the 64th at the latest. */
static void test_checks_are_sampled(void **unused)
{
	struct argcheck small = {.kind = CHECK_SMALL, .imm = 1 << 20};
	struct setup setup;
	unsigned n = 0;

	(void)unused;
	site_check = &small;
	start(&setup, "test:::ints2 { trace(1); }");
	for (unsigned i = 0; i < 1000; i++)
		assert_true(fires_with(&setup, i, 0, 0));
	while (n < 100 && fires_with(&setup, -1ull << 40, 0, 0))
		n++;
	assert_true(n > 0 && n < 64);
	stop(&setup);
	site_check = NULL;
	start(&setup, "test:::ints2 { trace(1); }");
	assert_int_equal(setup.image->map_doubts, MAP_NONE);
	stop(&setup);
}

/* --- Golden files --- */

static void read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "r");
	char block[4096];
	size_t size;

	while (file && (size = fread(block, 1, sizeof(block), file)))
		buf_add(out, block, size);
	buf_puts(out, "");
	if (file)
		fclose(file);
}

/* Empty output stands for no file. */
static bool same_as_file(const char *path, const struct buf *out)
{
	const char *update = getenv("UPDATE");
	struct buf wanted = {0};
	FILE *file;
	bool same;

	if (update && *update) {
		remove(path);
		file = out->size ? fopen(path, "w") : NULL;
		same = !out->size || (file && fwrite(out->data, 1, out->size, file) == out->size);
		return (!file || !fclose(file)) && same;
	}
	read_file(path, &wanted);
	same = wanted.size == out->size && !memcmp(wanted.data, out->data ? out->data : "", out->size);
	buf_free(&wanted);
	return same;
}

enum { LABELS_MAX = 1000 }; /* of one program */

/* Does a line of a program say what it does, rather than in which register? Source lines, labels, jumps, calls, maps,
 * memory. */
static bool is_shape(const char *line, size_t size)
{
	static const char *const shapes[] = {"if ", "goto ", "call ", "exit", "lock ", "atomic", "map["};
	const char *colon = memchr(line, ':', size);
	char text[200];

	if (line[0] != ' ' || !colon || line[1] != ' ')
		return true;
	snprintf(text, sizeof(text), "%.*s", (int)(size - (size_t)(colon - line)), colon);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (strstr(text, shapes[i]))
			return true;
	return false;
}

/* Labels by the order in which they are met: an instruction more leaves them as they are. */
static void add_line(struct buf *out, const char *line, size_t size, unsigned *labels, unsigned *labels_len)
{
	for (size_t i = 0; i < size; i++) {
		bool is_label = line[i] == 'L' && i + 1 < size && isdigit((unsigned char)line[i + 1]) &&
				(!i || !strncmp(line + i - 5, "goto ", 5));
		unsigned number, k = 0;

		if (!is_label) {
			buf_add(out, line + i, 1);
			continue;
		}
		number = (unsigned)strtoul(line + i + 1, NULL, 10);
		while (k < *labels_len && labels[k] != number)
			k++;
		if (k == *labels_len && k < LABELS_MAX)
			labels[(*labels_len)++] = number;
		buf_printf(out, "L%u", k + 1);
		while (i + 1 < size && isdigit((unsigned char)line[i + 1]))
			i++;
	}
	buf_puts(out, "\n");
}

/*
 * The programs, without what moves from register to register and without numbers of instructions: so a change is read
 * where it is meant. A script that says "Instruction by instruction." is about just that.
 */
static void dump_shape(const struct image *image, struct buf *out)
{
	struct buf all = {0};
	unsigned labels[LABELS_MAX], labels_len = 0;
	const char *line, *end;

	image_dump_programs(image, &all);
	for (line = all.data; line && (end = strchr(line, '\n')); line = end + 1) {
		size_t size = (size_t)(end - line), skip = 0;

		if (!is_shape(line, size))
			continue;
		if (!strncmp(line, "program ", 8))
			labels_len = 0;
		if (line[0] == ' ')
			skip = strspn(line, " 0123456789");
		if (skip && line[skip] == ':') {
			buf_puts(out, "   ");
			skip++;
		} else {
			skip = 0;
		}
		add_line(out, line + skip, size - skip, labels, &labels_len);
	}
	buf_free(&all);
}

static bool golden(const char *folder, const char *name, const char *suffix, const struct code_rules *rules)
{
	struct buf text = {0}, dump = {0}, errors = {0};
	char path[300], dump_path[300], errors_path[300];
	int base = (int)strlen(name) - 2;
	struct setup setup;
	bool same;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(dump_path, sizeof(dump_path), "%s/%.*s%s.ebpf", folder, base, name, suffix);
	snprintf(errors_path, sizeof(errors_path), "%s/%.*s%s.err", folder, base, name, suffix);
	read_file(path, &text);
	compile_for(&setup, name, text.data, rules, find);
	if (setup.image) {
		image_dump_maps(setup.image, &dump);
		image_dump_layouts(setup.image, &dump);
		if (strstr(text.data, "Instruction by instruction."))
			image_dump_programs(setup.image, &dump);
		else
			dump_shape(setup.image, &dump);
	}
	diags_print(&setup.diags, true, &errors);
	same = same_as_file(dump_path, &dump) & same_as_file(errors_path, &errors);
	printf(same ? "ok %s%s\n" : "not ok %s%s - `make golden` and git diff show the difference\n", name, suffix);
	buf_free(&text);
	buf_free(&dump);
	buf_free(&errors);
	arena_free(setup.arena);
	return same;
}

static int is_script(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 2 && !strcmp(entry->d_name + size - 2, ".d");
}

/* Each script of the folder, for an engine with these rules. */
static bool goldens(const char *folder, const char *suffix, const struct code_rules *rules)
{
	struct dirent **names;
	int n = scandir(folder, &names, is_script, alphasort);
	bool same = n > 0;

	for (int i = 0; i < n; i++) {
		same &= golden(folder, names[i]->d_name, suffix, rules);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return same;
}

/* test/ebpf/rules: the same scripts for a new kernel, an old one, and for an engine inside a process, as one might be.
 */
static bool goldens_of_rules(void)
{
	const struct code_rules new_kernel = {.subject = "the kernel",
					      .offset = no_offset,
					      .can_sleep = true,
					      .has_cookies = true,
					      .has_loops = true,
					      .limits = CODE_LIMITS_KERNEL};
	const struct code_rules old_kernel = {
		.subject = "the kernel", .offset = no_offset, .limits = CODE_LIMITS_KERNEL};
	struct code_rules inside = {
		.subject = "the engine inside the process", .offset = no_offset, .limits = CODE_LIMITS_KERNEL};
	bool same;

	inside.limits.maps = 6;
	code_forbid_helper(&inside, HELPER_KERNEL_STACK);
	code_forbid_helper(&inside, HELPER_COMM);
	same = goldens("test/ebpf/rules", ".new", &new_kernel);
	same &= goldens("test/ebpf/rules", ".old", &old_kernel);
	same &= goldens("test/ebpf/rules", ".inside", &inside);
	return same;
}

/* --- Functions of the kernel: f0, f1, ... with two arguments each; `odd` takes a structure --- */

enum { FUNCTIONS = 100 };

static struct probe *make_function(struct arena *arena, const char *name, bool is_return, bool is_plain, unsigned id)
{
	struct kernel_function *function = arena_new_one(arena, struct kernel_function);
	struct probe *probe = arena_new_one(arena, struct probe);
	unsigned n;

	*function = (struct kernel_function){
		.name = name, .module = "vmlinux", .args_len = 2, .is_plain = is_plain, .btf_id = id};
	*probe = (struct probe){.id = id,
				.prov = "fbt",
				.mod = "vmlinux",
				.func = name,
				.name = is_return ? "return" : "entry",
				.kind = PROBE_TRACEPOINT,
				.ctx = CTX_FUNCTION,
				.args_len = 2,
				.sites_len = 1};
	probe->args = arena_new_array(arena, struct arg, 2);
	for (n = 0; n < 2; n++)
		probe->args[n] = (struct arg){
			.type = ARGTYPE_INT,
			.size = 8,
			.is_signed = true,
			.loc = {.n = 2,
				.steps = {{.op = is_return ? STEP_FUNCTION_RESULT : STEP_FUNCTION_ARG, .imm = n},
					  {.op = STEP_CAST, .size = 4, .is_signed = true}}}};
	probe->sites = arena_new_one(arena, struct site);
	*probe->sites = (struct site){
		.kind = is_return ? SITE_KERNEL_RETURN : SITE_KERNEL_ENTRY, .function = function, .args = probe->args};
	return probe;
}

static struct probe_list find_functions(struct probe_source *source, const struct probe_desc *desc,
					const char **why_not)
{
	struct probe_list list = find(source, desc, why_not);
	bool is_many = !strcmp(desc->func, "f*");

	if (strcmp(desc->prov, "fbt"))
		return list;
	list.len = 0;
	*why_not = NULL;
	for (unsigned i = 0; i < (is_many ? FUNCTIONS : 1); i++)
		*arena_push(list.arena, list.probes, list.len) =
			make_function(list.arena, is_many ? arena_printf(list.arena, "f%u", i) : desc->func,
				      !strcmp(desc->name, "return"), strcmp(desc->func, "odd"), 1000 + i);
	return list;
}

static void test_function_ways(void **state)
{
	static const struct {
		const char *text;
		bool trampolines, multi;
		enum probe_ctx ctx;
		unsigned programs;
	} rows[] = {
		{"fbt::one:entry { n++; }", true, true, CTX_FUNCTION, 1},
		{"fbt::one:entry { n++; }", true, false, CTX_FUNCTION, 1},
		{"fbt::one:entry { n++; }", false, true, CTX_KPROBE, 1},
		{"fbt::odd:entry { n++; }", true, true, CTX_KPROBE, 1},
		{"fbt::f*:entry { n++; }", true, true, CTX_KPROBE, 1},
		{"fbt::f*:entry { n++; }", true, false, CTX_FUNCTION, FUNCTIONS},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct code_rules rules = {.subject = "the kernel",
						 .offset = no_offset,
						 .limits = CODE_LIMITS_KERNEL,
						 .has_trampolines = rows[i].trampolines,
						 .has_multi_kprobes = rows[i].multi};
		struct setup setup;

		compile_for(&setup, "test.d", rows[i].text, &rules, find_functions);
		assert_non_null(setup.image);
		assert_int_equal(setup.image->programs_len, rows[i].programs);
		assert_int_equal(setup.image->programs[0].ctx, rows[i].ctx);
		assert_int_equal(!!setup.image->programs[0].function, rows[i].ctx == CTX_FUNCTION);
		arena_free(setup.arena);
	}
}

/* The same numbers, whichever way: an int's upper half is whatever it is. */
static void test_function_values(void **state)
{
	static const struct {
		const char *text;
		bool trampolines;
		unsigned word; /* of the context */
	} rows[] = {
		{"fbt::one:entry { trace(arg1); }", true, 1},
		{"fbt::one:return { trace(arg1); }", true, 2},
		{"fbt::one:entry { trace(arg1); }", false, 13},
		{"fbt::one:return { trace(arg1); }", false, 10},
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct code_rules rules = {.subject = "the kernel",
						 .offset = no_offset,
						 .limits = CODE_LIMITS_KERNEL,
						 .has_trampolines = rows[i].trampolines};
		struct interp_env env = {.comm = "test"};
		uint64_t ctx[21] = {0};
		struct setup setup;
		int64_t value;

		compile_for(&setup, "test.d", rows[i].text, &rules, find_functions);
		assert_non_null(setup.image);
		setup.interp = interp_new(setup.image, 2);
		interp_state(setup.interp)->run = RUN_ON;
		interp_state(setup.interp)->tracer = 1; /* not who hits the probe */
		ctx[rows[i].word] = 0x12345678fffffffe;
		assert_null(interp_run(setup.interp, 0, ctx, sizeof(ctx), &env, NULL));
		memcpy(&value, record_field(&setup, 0), sizeof(value));
		assert_int_equal(value, -2);
		stop(&setup);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),      cmocka_unit_test(test_constants),
		cmocka_unit_test(test_strings),	      cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_histograms),    cmocka_unit_test(test_own_process),
		cmocka_unit_test(test_function_ways), cmocka_unit_test(test_function_values),
		cmocka_unit_test(test_checks),	      cmocka_unit_test(test_checks_are_sampled),
	};

	if (argc > 1 && !strcmp(argv[1], "golden"))
		return !(goldens("test/ebpf", "", &usual_rules) & goldens_of_rules());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
