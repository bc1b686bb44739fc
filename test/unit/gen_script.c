/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gen_script.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

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

/* --- One construct, many times --- */

static void repeat(struct buf *out, unsigned n, const char *format, const char *between)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_puts(out, between);
		for (const char *at = format; *at; at++) /* # stands for the number */
			if (*at == '#')
				buf_printf(out, "%u", i);
			else
				buf_add(out, at, 1);
	}
}

static const struct shape {
	const char *name, *head, *repeated, *between, *tail;
} shapes[] = {
	{"statements", "test:::ints {", "printf(\"%d\", args[1] + #);", "", "}"},
	{"sums", "test:::ints { this->n = ", "arg1 + #", " + ", "; }"},
	{"values", "test:::ints {", "trace(arg0 + #);", "", "}"},
	{"texts in a record", "test:::strs {", "trace(args[0]);", "", "}"},
	{"joined texts", "test:::strs { this->s = args[0];", "this->s = strjoin(this->s, args[1]);", "", "}"},
	{"nested joins", "test:::strs { trace(", "strjoin(args[0], ", "", "\"\""},
	{"conditions", "test:::ints { this->n = 0;", "if (args[0] > #) this->n += args[1]; else this->n = #;", "", "trace(this->n); }"},
	{"flags", "test:::ints { this->n = 0;", "if (arg1 & 1 << (# & 31)) this->n = #;", "", "trace(this->n); if (this->n == 3) trace(1); }"},
	{"globals behind conditions", "int g; test:::ints {", "if (g == #) { g = args[0]; h# = g; }", "", "}"},
	{"nested conditions", "test:::ints {", "if (args[0] > #) { g# = args[1];", "", ""},
	{"aggregations of one", "test:::ints {", "@[#] = count();", "", "}"},
	{"histograms", "test:::ints {", "@ = quantize(args[4] + #);", "", "}"},
	{"histograms of few steps", "test:::ints {", "@ = llquantize(args[6], 10, 0, 6, 20);", "", "}"},
	{"deviations", "test:::ints {", "@ = stddev(args[6]);", "", "}"},
	{"text keys", "test:::strs {", "@[args[0], probename] = sum(#);", "", "}"},
	{"keys", "test:::ints { @[", "args[0] + #", ", ", "] = count(); }"},
	{"keys of an array", "test:::ints { a[", "args[0] + #", ", ", "] = 1; }"},
	{"text keys of an array", "test:::strs { a[", "args[0]", ", ", "] = 1; }"},
	{"maps", "test:::ints {", "@a# = count();", "", "}"},
	{"maps of clauses", "", "test:::ints { @a# = count(); a#[1] = 2; }", "", ""},
	{"what an entry saved", "test:::long {", "trace(args[0] + # + *(int *)copyin(arg0, 4));", "", "}"},
	{"maps of arrays", "test:::ints {", "a#[args[0]] = arg1;", "", "}"},
	{"self", "test:::ints {", "self->a# = arg1;", "", "}"},
	{"this", "test:::ints {", "this->a# = arg1;", "", "trace(this->a0); }"},
	{"this texts", "test:::strs {", "this->s# = args[0];", "", "trace(this->s0); }"},
	{"globals", "test:::ints {", "g# = arg1;", "", "}"},
	{"global texts", "test:::strs {", "s# = args[0];", "", "trace(s0); }"},
	{"clauses", "", "test:::ints { @[#] = sum(args[1]); n++; }", "\n", ""},
	{"clauses that record", "", "test:::strs /n == #/ { n = 1; printf(\"%s #\", args[0]); }", "\n", ""},
	{"comparisons of texts", "test:::strs / 0 ", "|| args[0] == \"text #\"", "", "/ { @ = count(); }"},
	{"texts that differ", "test:::strs {", "if (args[0] < \"text #\") n++;", "", "}"},
	{"divisions", "test:::ints { this->n = args[6];", "this->n /= args[0] - #;", "", "trace(this->n); }"},
	{"remainders", "test:::ints { this->n = args[6]", "% (args[0] + #)", "", "; }"},
	{"reads", "test:::ptr {", "this->n# = *(int *)copyin(arg0 + #, 4);", "", "}"},
	{"copies", "test:::ptr {", "trace(copyinstr(arg0 + #));", "", "}"},
	{"copies of computed size", "test:::ptr {", "this->p = copyin(arg0, arg0 & #);", "", "}"},
	{"pointers", "struct r { struct r *next; int a; }; test:::ptr { trace(((userland struct r *)arg0)", "->next", "", "->a); }"},
	{"brackets", "test:::ints { trace(", "(arg0 + ", "", "1"},
	{"right sides", "test:::ints { trace(", "(args[0] * (args[1] - ", "", "1"},
	{"negations", "test:::ints { trace(", "-(~(", "", "arg0"},
	{"ternaries", "test:::ints { trace(", "(arg0 == # ? # : ", "", "1"},
	{"truths", "test:::ints { trace(", "(arg0 == # || (arg1 > # && ", "", "1"},
	{"and, or", "test:::ints / 0", "|| args[0] > # && args[1] < # ^^ args[2]", "", "/ { n++; }"},
	{"ternaries of texts", "test:::strs { trace(", "(args[0] == \"#\" ? args[1] : ", "", "\"\""},
	{"parts", "test:::strs { this->s = args[0];", "this->s = substr(this->s, n, #);", "", "}"},
	{"nested parts", "test:::strs { trace(", "substr(", "", "args[0]"},
	{"lengths", "test:::strs {", "n += strlen(args[0]) + #;", "", "}"},
	{"names", "test:::strs, BEGIN {", "trace(strjoin(probename, probefunc));", "", "}"},
	{"assignments in a row", "test:::ints {", "g# = ", "", "arg0; }"},
	{"elements of elements", "int64_t a[int64_t]; test:::ints { trace(", "a[", "", "arg0"},
	{"steps", "int64_t a[int64_t]; test:::ints {", "a[n++] += a[#]++;", "", "}"},
	{"times", "test:::ints {", "@[timestamp, walltimestamp, pid, ppid] = count();", "", "}"},
	{"timers", "", "profile-97, tick-1s { @[cpu, arg0, #] = count(); }", "\n", ""},
};

enum { SHAPES_LEN = sizeof(shapes) / sizeof(shapes[0]) };

static void close_brackets(struct buf *out, const char *repeated, unsigned n)
{
	int open = 0;

	for (const char *at = repeated; *at; at++)
		open += (*at == '(' || *at == '[' || *at == '{') - (*at == ')' || *at == ']' || *at == '}');
	for (unsigned i = 0; i < n * (unsigned)(open > 0 ? open : 0); i++)
		buf_puts(out, *repeated == 'i' ? " }" : *repeated == 'a' ? "]" : *repeated == 's' && repeated[1] == 'u' ? ", 1)" : ")");
}

const char *gen_shape(unsigned index, unsigned n, unsigned strsize, bool has_error, struct buf *out)
{
	const struct shape *shape = &shapes[index];
	bool is_closed;

	if (index >= SHAPES_LEN)
		return NULL;
	is_closed = strchr(shape->tail, '}') || !*shape->head;
	buf_printf(out, "#pragma D option strsize=%u\n#pragma D option bufsize=64k\n#pragma D option dynvarsize=4k\n"
			"#pragma D option aggsize=4k\nint64_t n;\n", strsize);
	if (has_error)
		buf_puts(out, "ERROR { this->s = strjoin(probename, execname); @e[arg4, this->s] = quantize(arg5); printf(\"%d\", arg1); }\n");
	buf_puts(out, shape->head);
	repeat(out, n, shape->repeated, shape->between);
	buf_puts(out, shape->tail);
	if (!is_closed || shape->repeated[strlen(shape->repeated) - 1] == '[')
		close_brackets(out, shape->repeated, n);
	if (!is_closed)
		buf_puts(out, strchr(shape->head, '(') ? "); }" : " }");
	return shape->name;
}
