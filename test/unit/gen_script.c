/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gen_script.h"

#include <stdbool.h>
#include <stddef.h>

enum probe_of { OF_INTS, OF_STRS, OF_PTR, OF_LONG, OF_DIRECT, OF_TIMER, OF_ERROR };

struct script_gen {
	uint64_t random;
	struct buf *out;
	struct gen_limits limits;
	enum probe_of probe;
	unsigned budget; /* operators that one statement may still have */
};

uint64_t gen_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned pick(struct script_gen *g, unsigned n)
{
	return (unsigned)(gen_random(&g->random) % n);
}

static void put(struct script_gen *g, const char *text)
{
	buf_puts(g->out, text);
}

#define PICK(g, list) put(g, (list)[pick(g, sizeof(list) / sizeof((list)[0]))])

static void gen_int(struct script_gen *g, unsigned depth);
static void gen_str(struct script_gen *g, unsigned depth);

static const char *const int_scalars[] = {"gc", "guc", "gs", "gus", "gi", "gu", "gl", "gul", "this->c", "this->us", "this->i",
					  "this->l", "self->c", "self->i", "self->ul", "g1", "g2", "this->n", "self->n"};
static const char *const str_scalars[] = {"st", "su", "this->st", "this->su", "self->st"};
static const char *const int_types[] = {"char", "unsigned char", "short", "unsigned short", "int", "unsigned", "long",
					"uint64_t"};

static void gen_const(struct script_gen *g)
{
	static const char *const consts[] = {"0", "1", "2", "3", "7", "63", "64", "255", "-1", "-128", "32767", "65536", "2147483647",
					     "(-2147483647 - 1)", "4294967295", "0x7fffffffffffffff", "0x8000000000000000",
					     "'x'", "sizeof (long)", "10UL"};

	PICK(g, consts);
}

/* An element of an array: each name has one signature. */
static void gen_int_element(struct script_gen *g, unsigned depth)
{
	switch (pick(g, 4)) {
	case 0:
		put(g, "ai[");
		gen_int(g, depth);
		break;
	case 1:
		put(g, "as[");
		gen_str(g, depth);
		break;
	case 2:
		put(g, "ais[");
		gen_int(g, depth);
		put(g, ", ");
		gen_str(g, depth);
		put(g, ", ");
		gen_int(g, depth);
		break;
	default:
		put(g, "self->ai[");
		gen_int(g, depth);
		break;
	}
	put(g, "]");
}

static void gen_str_element(struct script_gen *g, unsigned depth)
{
	put(g, pick(g, 2) ? "ss[" : "self->ss[");
	gen_int(g, depth);
	put(g, "]");
}

static void gen_int_var(struct script_gen *g, unsigned depth)
{
	if (depth && !pick(g, 3))
		gen_int_element(g, depth - 1);
	else
		PICK(g, int_scalars);
}

static void gen_probe_int(struct script_gen *g)
{
	static const char *const builtin[] = {"pid", "tid", "ppid", "uid", "gid", "cpu", "timestamp", "walltimestamp", "epid", "id",
					      "arg0", "arg1", "arg2", "arg5", "arg9"};

	if (g->probe == OF_INTS && pick(g, 2))
		buf_printf(g->out, "args[%u]", pick(g, 8));
	else if (g->probe == OF_LONG && pick(g, 2))
		put(g, "args[0]");
	else
		PICK(g, builtin);
}

static void gen_memory_int(struct script_gen *g, unsigned depth)
{
	static const char *const forms[] = {"*(int *)copyin(", "*(char *)copyin(", "((long *)copyin(", "((struct rec *)copyin("};
	unsigned form = pick(g, 4);

	put(g, forms[form]);
	if (pick(g, 2))
		put(g, "arg0");
	else
		gen_int(g, depth);
	if (form == 2)
		put(g, ", 64))[2]");
	else if (form == 3)
		put(g, pick(g, 2) ? ", sizeof (struct rec)))->in.b[1]" : ", sizeof (struct rec)))->bits");
	else if (pick(g, 4))
		put(g, ", 8)");
	else
		put(g, ", arg1)");
}

static void gen_userland_int(struct script_gen *g, unsigned depth)
{
	put(g, "((userland struct rec *)(");
	gen_int(g, depth);
	put(g, pick(g, 2) ? "))->next->a" : "))->in.b[gi & 3]");
}

static void gen_two(struct script_gen *g, unsigned depth, const char *op)
{
	put(g, "(");
	gen_int(g, depth);
	put(g, op);
	gen_int(g, depth);
	put(g, ")");
}

static void gen_operator(struct script_gen *g, unsigned depth)
{
	static const char *const ops[] = {" + ", " - ", " * ", " / ", " % ", " << ", " >> ", " & ", " | ", " ^ ", " == ", " != ", " < ",
					  " <= ", " > ", " >= ", " && ", " || ", " ^^ ", ", "};

	gen_two(g, depth, ops[pick(g, sizeof(ops) / sizeof(ops[0]))]);
}

static void gen_assign(struct script_gen *g, unsigned depth)
{
	static const char *const ops[] = {" = ", " += ", " -= ", " *= ", " /= ", " %= ", " <<= ", " >>= ", " &= ", " |= ", " ^= "};

	put(g, "(");
	gen_int_var(g, depth);
	PICK(g, ops);
	gen_int(g, depth);
	put(g, ")");
}

static void gen_step(struct script_gen *g, unsigned depth)
{
	bool pre = pick(g, 2), plus = pick(g, 2);

	put(g, "(");
	if (pre)
		put(g, plus ? "++" : "--");
	gen_int_var(g, depth);
	if (!pre)
		put(g, plus ? "++" : "--");
	put(g, ")");
}

static void gen_str_compare(struct script_gen *g, unsigned depth)
{
	static const char *const ops[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};

	put(g, "(");
	gen_str(g, depth);
	PICK(g, ops);
	gen_str(g, depth);
	put(g, ")");
}

static void gen_call(struct script_gen *g, unsigned depth, const char *before, const char *after)
{
	put(g, before);
	gen_int(g, depth);
	put(g, after);
}

static void gen_int(struct script_gen *g, unsigned depth)
{
	if (!depth || !g->budget) {
		if (pick(g, 2))
			gen_const(g);
		else
			pick(g, 2) ? PICK(g, int_scalars) : gen_probe_int(g);
		return;
	}
	g->budget--;
	depth--;
	switch (pick(g, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		gen_operator(g, depth);
		break;
	case 4:
		gen_call(g, depth, "(-", ")");
		break;
	case 5:
		gen_call(g, depth, pick(g, 2) ? "(~" : "(!", ")");
		break;
	case 6:
		put(g, "((");
		PICK(g, int_types);
		gen_call(g, depth, ")", ")");
		break;
	case 7:
		gen_call(g, depth, "(", " ? ");
		gen_int(g, depth);
		gen_call(g, depth, " : ", ")");
		break;
	case 8:
		gen_str_compare(g, depth);
		break;
	case 9:
		put(g, "strlen(");
		gen_str(g, depth);
		put(g, ")");
		break;
	case 10:
		gen_assign(g, depth);
		break;
	case 11:
		gen_step(g, depth);
		break;
	case 12:
		gen_memory_int(g, depth);
		break;
	case 13:
		gen_userland_int(g, depth);
		break;
	default:
		gen_int_var(g, depth);
		break;
	}
}

static void gen_str_const(struct script_gen *g)
{
	static const char *const consts[] = {"\"\"", "\"a\"", "\"abcdefgh\"", "\"a text that is longer than sixteen bytes\"",
					     "\"\\377\\001\"", "probename", "probefunc", "probemod", "probeprov", "execname", "daemon"};

	PICK(g, consts);
}

static void gen_substr(struct script_gen *g, unsigned depth)
{
	put(g, "substr(");
	gen_str(g, depth);
	put(g, ", ");
	gen_int(g, depth);
	if (pick(g, 2)) {
		put(g, ", ");
		gen_int(g, depth);
	}
	put(g, ")");
}

static void gen_read(struct script_gen *g, unsigned depth)
{
	switch (pick(g, 5)) {
	case 0:
		gen_call(g, depth, "copyinstr(", ")");
		break;
	case 1:
		gen_call(g, depth, "copyinstr(", ", ");
		gen_call(g, depth, "", ")");
		break;
	case 2:
		gen_call(g, depth, "stringof((userland char *)", ")");
		break;
	case 3:
		gen_call(g, depth, "stringof((char *)copyin(", ", 10))");
		break;
	default:
		gen_call(g, depth, "stringof(((userland struct rec *)", ")->text)");
		break;
	}
}

static void gen_str(struct script_gen *g, unsigned depth)
{
	if (!depth || !g->budget) {
		if (g->probe == OF_STRS && pick(g, 2))
			put(g, pick(g, 2) ? "args[0]" : "args[1]");
		else
			pick(g, 2) ? PICK(g, str_scalars) : gen_str_const(g);
		return;
	}
	g->budget--;
	depth--;
	switch (pick(g, 8)) {
	case 0:
	case 1:
		put(g, "strjoin(");
		gen_str(g, depth);
		put(g, ", ");
		gen_str(g, depth);
		put(g, ")");
		break;
	case 2:
		gen_substr(g, depth);
		break;
	case 3:
		gen_read(g, depth);
		break;
	case 4:
		gen_call(g, depth, "(", " ? ");
		gen_str(g, depth);
		put(g, " : ");
		gen_str(g, depth);
		put(g, ")");
		break;
	case 5:
		put(g, "(");
		PICK(g, str_scalars);
		put(g, " = ");
		gen_str(g, depth);
		put(g, ")");
		break;
	case 6:
		gen_str_element(g, depth);
		break;
	default:
		PICK(g, str_scalars);
		break;
	}
}

/* --- Statements --- */

static void gen_printf(struct script_gen *g, unsigned depth)
{
	unsigned n = pick(g, 8) ? pick(g, 5) : pick(g, 40), strings = (unsigned)gen_random(&g->random);

	put(g, "printf(\"");
	for (unsigned i = 0; i < n; i++)
		put(g, strings >> i % 32 & 1 ? "%s " : "%d ");
	put(g, "\\n\"");
	for (unsigned i = 0; i < n; i++) {
		put(g, ", ");
		if (strings >> i % 32 & 1)
			gen_str(g, depth);
		else
			gen_int(g, depth);
	}
	put(g, ")");
}

enum { AGG_KEYS = 4, AGG_FUNCS = 10 };

/* The number names both the keys and the function: @a13 always has keys 1 and function 3. */
static void gen_aggregation(struct script_gen *g, unsigned depth)
{
	static const char *const funcs[] = {"count(", "sum(", "min(", "max(", "avg(", "stddev(", "quantize(", "lquantize(", "lquantize(",
					    "llquantize("};
	static const char *const rest[] = {"", "", "", "", "", "", "", ", 0, 1000, 10", ", -50, 50, 7", ", 10, 0, 6, 20"};
	unsigned keys = pick(g, AGG_KEYS), func = pick(g, AGG_FUNCS);
	bool is_quantize = func >= 6;

	buf_printf(g->out, "@a%u%u", keys, func);
	if (keys) {
		put(g, "[");
		if (keys & 1)
			gen_int(g, depth);
		if (keys == 3)
			put(g, ", ");
		if (keys & 2)
			gen_str(g, depth);
		put(g, "]");
	}
	put(g, " = ");
	put(g, funcs[func]);
	if (func) {
		gen_int(g, depth);
		put(g, rest[func]);
		if (is_quantize && pick(g, 2)) {
			put(g, ", ");
			gen_int(g, depth);
		}
	}
	put(g, ")");
}

static void gen_copyin_kept(struct script_gen *g, unsigned depth)
{
	gen_call(g, depth, "this->p = (struct rec *)copyin(", ", sizeof (struct rec)); gl += this->p->a + this->p[0].in.b[2]");
}

static void gen_statement(struct script_gen *g, unsigned depth, unsigned nest);

static void gen_if(struct script_gen *g, unsigned depth, unsigned nest)
{
	put(g, "if (");
	gen_int(g, depth);
	put(g, ") {\n");
	for (unsigned n = pick(g, 3); n; n--)
		gen_statement(g, depth, nest - 1);
	put(g, "}");
	if (pick(g, 2)) {
		put(g, " else {\n");
		gen_statement(g, depth, nest - 1);
		put(g, "}");
	}
	put(g, "\n");
}

static void gen_statement(struct script_gen *g, unsigned depth, unsigned nest)
{
	g->budget = 60;
	put(g, "\t");
	switch (pick(g, nest ? 16 : 13)) {
	case 0:
	case 1:
	case 2:
		gen_printf(g, depth);
		break;
	case 3:
		put(g, "trace(");
		pick(g, 2) ? gen_int(g, depth) : gen_str(g, depth);
		put(g, ")");
		break;
	case 4:
	case 5:
	case 6:
		gen_aggregation(g, depth);
		break;
	case 7:
		PICK(g, str_scalars);
		put(g, " = ");
		gen_str(g, depth);
		break;
	case 8:
		gen_str_element(g, depth);
		put(g, " = ");
		pick(g, 5) ? gen_str(g, depth) : put(g, "0");
		break;
	case 9:
		gen_copyin_kept(g, depth);
		break;
	case 10:
		gen_int_element(g, depth);
		put(g, " = ");
		gen_int(g, depth);
		break;
	case 11:
		pick(g, 4) ? gen_int(g, depth) : put(g, "exit(0)");
		break;
	case 12:
		gen_assign(g, depth);
		break;
	default:
		gen_if(g, depth, nest);
		return;
	}
	put(g, ";\n");
}

static void gen_clause_text(struct script_gen *g)
{
	static const struct {
		const char *text;
		enum probe_of of;
	} probes[] = {
		{"test:::ints", OF_INTS}, {"test:::ints", OF_INTS}, {"test:::strs", OF_STRS}, {"test:::ptr", OF_PTR},
		{"test:::long", OF_LONG}, {"BEGIN", OF_DIRECT},	    {"END", OF_DIRECT},	      {"tick-1s", OF_TIMER},
		{"profile-97", OF_TIMER}, {"ERROR", OF_ERROR},	    {"test:::*s, BEGIN", OF_DIRECT},
	};
	unsigned i = pick(g, sizeof(probes) / sizeof(probes[0])), n = 1 + pick(g, g->limits.statements);

	g->probe = probes[i].of;
	put(g, probes[i].text);
	if (!pick(g, 3)) {
		g->budget = 40;
		put(g, "\n/ ");
		gen_int(g, 1 + pick(g, g->limits.depth));
		put(g, " /");
	}
	put(g, "\n{\n");
	while (n--)
		gen_statement(g, 1 + pick(g, g->limits.depth), 3);
	put(g, "}\n\n");
}

void gen_script(uint64_t seed, const struct gen_limits *limits, struct buf *out)
{
	static const unsigned sizes[] = {8, 16, 64, 256, 256, 256, 500, 512, 600, 1000, 2048};
	struct script_gen g = {.random = seed, .out = out, .limits = *limits};
	unsigned clauses, strsize = limits->strsize ? limits->strsize : sizes[pick(&g, sizeof(sizes) / sizeof(sizes[0]))];

	buf_printf(out, "#pragma D option strsize=%u\n#pragma D option bufsize=64k\n#pragma D option dynvarsize=4k\n"
			"#pragma D option aggsize=4k\n", strsize);
	put(&g, "struct part { short a; int b[4]; };\n"
		"struct rec { int a; struct rec *next; struct part in; char text[10]; unsigned bits : 5, more : 11; };\n"
		"char gc; unsigned char guc; short gs; unsigned short gus; int gi; unsigned gu; int64_t gl; uint64_t gul;\n"
		"string st, su; int64_t ai[int64_t]; short as[string]; int ais[int, string, uint64_t]; string ss[int64_t];\n"
		"this char c; this unsigned short us; this int i; this int64_t l; this string st, su;\n"
		"self char c; self int i; self uint64_t ul; self string st; self int64_t ai[int64_t]; self string ss[int64_t];\n"
		"this struct rec *p; int64_t g1, g2; this int64_t n; self int64_t n;\n\n");
	for (clauses = 1 + pick(&g, limits->clauses); clauses; clauses--)
		gen_clause_text(&g);
}
