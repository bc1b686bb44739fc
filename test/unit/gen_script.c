/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gen_script.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { WORDS_MAX = 8, AGG_KEYS = 8, AGG_FUNCS = 10 };

/* A probe, and what is there in its clauses alone. */
struct probe_words {
	const char *text;
	bool of_kernel; /* of this host's kernel: left out where it does not describe its types */
	const char *ints[WORDS_MAX], *strs[WORDS_MAX];
};

struct script_gen {
	uint64_t random;
	struct buf *out;
	struct gen_limits limits;
	const struct probe_words *probe;
	unsigned budget;		   /* operators that one statement may still have */
	bool has_agg[AGG_KEYS][AGG_FUNCS]; /* in what is written so far */
};

/* ---- the probes: every provider, and every kind of site ---- */

static const struct probe_words probes[] = {
	{"test:::ints",
	 false,
	 {"args[0]", "args[1]", "args[2]", "args[3]", "args[4]", "args[5]", "args[6]", "args[7]"},
	 {0}},
	{"test:::strs", false, {0}, {"args[0]", "args[1]"}},
	{"test:::long", false, {"args[0]"}, {0}},	  /* a return: what the entry saved */
	{"test:::ptr", false, {"(int64_t)args[0]"}, {0}}, /* memory that may be absent */
	{"test:::ints2",
	 false,
	 {"args[0]", "args[1]"},
	 {0}}, /* conditions, every step of an argument, a file of the tracer's own */
	{"test:::none", false, {0}, {0}},
	{"test:::ints, test:::none", false, {0}, {0}},
	{"test:::*s, BEGIN", false, {0}, {0}},
	{"BEGIN", false, {0}, {0}},
	{"END", false, {0}, {0}},
	{"ERROR", false, {"arg1", "arg2", "arg3", "arg4", "arg5"}, {0}},
	{"BEGIN, END, ERROR", false, {0}, {0}},
	{"tick-1s", false, {0}, {0}},
	{"profile-97", false, {0}, {0}},
	{"ERROR, tick-1s", false, {0}, {0}},
	{"syscall:::entry", true, {"args[0]"}, {0}},
	{"syscall:::return", true, {"args[0]", "errno"}, {0}},
	{"syscall::read:entry", true, {"args[0]", "args[2]"}, {"copyinstr(arg1)"}},
	{"syscall::write:return", true, {"args[0]", "args[1]", "errno"}, {0}},
	{"syscall::openat:entry, syscall::openat:return", true, {0}, {"copyinstr(arg1)"}},
	{"syscall::read:entry, ERROR, test:::ints", true, {0}, {0}},
	{"sched:::on-cpu", true, {0}, {0}},
	{"sched:::off-cpu",
	 true,
	 {"args[0]->pr_pri", "args[1]->pr_pid", "args[0]->pr_state"},
	 {"args[1]->pr_fname", "args[0]->pr_clname"}},
	{"sched:::enqueue",
	 true,
	 {"args[0]->pr_lwpid", "args[2]->cpu_id", "args[1]->pr_start"},
	 {"args[1]->pr_psargs"}},
	{"sched:::wakeup, sched:::sleep", true, {0}, {0}},
	{"proc:::create", true, {"args[0]->pr_pid"}, {"args[0]->pr_fname", "args[0]->pr_psargs"}},
	{"proc:::start", true, {0}, {0}},
	{"proc:::lwp-start, proc:::start", true, {0}, {0}},
	{"proc:::exit", true, {"args[0]"}, {0}},
	{"proc:::exec", true, {0}, {"args[0]"}},
	{"proc:::signal-send", true, {"args[2]", "args[0]->pr_lwpid"}, {"args[1]->pr_fname"}},
	{"io:::start",
	 true,
	 {"args[0]->b_bcount", "args[0]->b_edev", "args[1]->dev_major"},
	 {"args[1]->dev_statname", "args[2]->fi_name", "args[2]->fi_fs"}},
	{"io:::done, io:::start", true, {0}, {0}},
	{"rawtp:::sched_switch", true, {"args[0]", "args[1]->pid", "args[2]->tgid"}, {"stringof(args[1]->comm)"}},
	{"rawtp:::sys_enter", true, {"args[1]"}, {0}},
	{"rawtp:::sched_process_exit, syscall::write:entry, profile-97", true, {0}, {0}},
	{"syscall::read:", true, {0}, {0}},
	{"sched:::*cpu, proc:::lwp*, io:::", true, {0}, {0}},
	{"BEGIN, syscall:::, sched:::enqueue, profile-97, tick-1s, test:::ints, test:::long, END, ERROR",
	 true,
	 {0},
	 {0}},
	{"pid#:test_verifier:gen_random:entry", true, {0}, {0}},
	{"pid#:test_verifier:gen_random:return", true, {0}, {0}},
};

enum { PROBES_LEN = sizeof(probes) / sizeof(probes[0]) };

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

static const char *const int_scalars[] = {"gc",	      "guc",	 "gs",	     "gus",	"gi",	   "gu",      "gl",
					  "gul",      "this->c", "this->us", "this->i", "this->l", "self->c", "self->i",
					  "self->ul", "g1",	 "g2",	     "this->n", "self->n"};
static const char *const str_scalars[] = {"st", "su", "this->st", "this->su", "self->st"};
static const char *const int_types[] = {"char", "unsigned char", "short", "unsigned short",
					"int",	"unsigned",	 "long",  "uint64_t"};

static void gen_const(struct script_gen *g)
{
	static const char *const consts[] = {"0",
					     "1",
					     "2",
					     "3",
					     "7",
					     "63",
					     "64",
					     "255",
					     "-1",
					     "-128",
					     "32767",
					     "65536",
					     "2147483647",
					     "(-2147483647 - 1)",
					     "4294967295",
					     "0x7fffffffffffffff",
					     "0x8000000000000000",
					     "'x'",
					     "sizeof (long)",
					     "10UL"};

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

/* Puts one of the words that the probe has for this; false: it has none, or another kind of word is wanted this time.
 */
static bool put_own_word(struct script_gen *g, const char *const words[WORDS_MAX])
{
	unsigned n = 0;

	while (n < WORDS_MAX && words[n])
		n++;
	if (!n || pick(g, 2))
		return false;
	put(g, words[pick(g, n)]);
	return true;
}

static void gen_probe_int(struct script_gen *g)
{
	static const char *const builtin[] = {"pid",	   "tid",	    "ppid", "uid", "gid", "cpu",
					      "timestamp", "walltimestamp", "epid", "id",  "usp", "arg0",
					      "arg1",	   "arg2",	    "arg5", "arg9"};
	static const char *const of_kernel[] = {"curthread->pid",	 "curpsinfo->pr_pid", "curpsinfo->pr_start",
						"curlwpsinfo->pr_state", "curcpu->cpu_id",    "(int64_t)curthread->mm"};

	if (put_own_word(g, g->probe->ints))
		return;
	if (g->limits.pid && !pick(g, 6))
		PICK(g, of_kernel);
	else
		PICK(g, builtin);
}

static void gen_memory_int(struct script_gen *g, unsigned depth)
{
	static const char *const forms[] = {"*(int *)copyin(", "*(char *)copyin(", "((long *)copyin(",
					    "((struct rec *)copyin("};
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
	static const char *const ops[] = {" + ",  " - ",  " * ", " / ",	 " % ", " << ", " >> ", " & ",	" | ",	" ^ ",
					  " == ", " != ", " < ", " <= ", " > ", " >= ", " && ", " || ", " ^^ ", ", "};

	gen_two(g, depth, ops[pick(g, sizeof(ops) / sizeof(ops[0]))]);
}

static void gen_assign(struct script_gen *g, unsigned depth)
{
	static const char *const ops[] = {
		" = ", " += ", " -= ", " *= ", " /= ", " %= ", " <<= ", " >>= ", " &= ", " |= ", " ^= "};

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
	static const char *const consts[] = {
		"\"\"",		  "\"a\"",     "\"abcdefgh\"", "\"a text that is longer than sixteen bytes\"",
		"\"\\377\\001\"", "probename", "probefunc",    "probemod",
		"probeprov",	  "execname",  "daemon"};
	static const char *const of_kernel[] = {"curpsinfo->pr_fname", "curpsinfo->pr_psargs", "curlwpsinfo->pr_clname",
						"stringof(curthread->comm)"};

	if (g->limits.pid && !pick(g, 6))
		PICK(g, of_kernel);
	else
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
		if (!put_own_word(g, g->probe->strs))
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

static void gen_stack(struct script_gen *g)
{
	static const char *const stacks[] = {"stack()",	       "stack(3)", "ustack()", "ustack(5)",
					     "ustack(127, 0)", "jstack()", "jstack(7)"};

	PICK(g, stacks);
}

static void gen_symbol(struct script_gen *g, unsigned depth)
{
	static const char *const names[] = {"usym(", "ufunc(", "umod(", "uaddr(", "sym(", "func(", "mod("};

	PICK(g, names);
	gen_int(g, depth);
	put(g, ")");
}

/* The values of a printf, as its format says. */
enum value_kind { VALUE_INT, VALUE_CHAR, VALUE_LONG, VALUE_STR, VALUE_STACK, VALUE_SYMBOL, VALUE_TIME, VALUE_STAR };

static void gen_value(struct script_gen *g, enum value_kind kind, unsigned depth)
{
	switch (kind) {
	case VALUE_INT:
		gen_int(g, depth);
		break;
	case VALUE_CHAR: /* formats with a size take values of that size only */
	case VALUE_LONG:
		put(g, kind == VALUE_CHAR ? "(char)(" : "(uint64_t)(");
		gen_int(g, depth);
		put(g, ")");
		break;
	case VALUE_STR:
		gen_str(g, depth);
		break;
	case VALUE_STACK:
		gen_stack(g);
		break;
	case VALUE_SYMBOL:
		gen_symbol(g, depth);
		break;
	case VALUE_TIME:
		put(g, pick(g, 2) ? "walltimestamp" : "gl");
		break;
	case VALUE_STAR:
		put(g, "(int)");
		gen_int(g, 0);
		put(g, ", ");
		gen_int(g, depth);
		break;
	}
}

static void gen_printf(struct script_gen *g, unsigned depth)
{
	static const struct {
		const char *text;
		enum value_kind kind;
	} convs[] = {
		{"%d ", VALUE_INT},	{"%s ", VALUE_STR},	{"%d ", VALUE_INT},	{"%s ", VALUE_STR},
		{"%-8.3x ", VALUE_INT}, {"%#hho ", VALUE_CHAR}, {"%'llu ", VALUE_LONG}, {"%c ", VALUE_CHAR},
		{"%p ", VALUE_INT},	{"%a ", VALUE_INT},	{"%10.4s ", VALUE_STR}, {"%S ", VALUE_STR},
		{"%k ", VALUE_STACK},	{"%A ", VALUE_SYMBOL},	{"%s ", VALUE_SYMBOL},	{"%Y ", VALUE_TIME},
		{"%*d ", VALUE_STAR},	{"%%%i ", VALUE_INT},
	};
	enum { CONVS = sizeof(convs) / sizeof(convs[0]), MOST = 40 };
	unsigned n = pick(g, 8) ? pick(g, 5) : pick(g, MOST), of[MOST];

	put(g, "printf(\"");
	for (unsigned i = 0; i < n; i++) {
		of[i] = pick(g, pick(g, 2) ? 4 : CONVS);
		put(g, convs[of[i]].text);
	}
	put(g, "\\n\"");
	for (unsigned i = 0; i < n; i++) {
		put(g, ", ");
		gen_value(g, convs[of[i]].kind, depth);
	}
	put(g, ")");
}

static void gen_key(struct script_gen *g, unsigned keys, unsigned depth)
{
	static const char *const before[] = {
		"", "", "", "", "ustack(), ", "stack(2), execname", "usym(arg0), ", "daemon, pid, "};

	put(g, "[");
	put(g, before[keys]);
	if (keys == 1 || keys == 3 || keys >= 6)
		gen_int(g, depth);
	if (keys == 3)
		put(g, ", ");
	if (keys >= 2 && keys <= 4)
		gen_str(g, depth);
	put(g, "]");
}

/* The number names both the keys and the function: @a13 always has keys 1 and function 3. */
static void gen_aggregation(struct script_gen *g, unsigned depth)
{
	static const char *const funcs[] = {"count(",  "sum(",	    "min(",	  "max(",	"avg(",
					    "stddev(", "quantize(", "lquantize(", "lquantize(", "llquantize("};
	static const char *const rest[] = {
		"", "", "", "", "", "", "", ", 0, 1000, 10", ", -50, 50, 7", ", 10, 0, 6, 20"};
	unsigned keys = pick(g, pick(g, 2) ? 4 : AGG_KEYS), func = pick(g, AGG_FUNCS);
	bool is_quantize = func >= 6;

	g->has_agg[keys][func] = true;
	buf_printf(g->out, "@a%u%u", keys, func);
	if (keys)
		gen_key(g, keys, depth);
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

/* An action on an aggregation that the script has; without one, another statement. */
static void gen_agg_action(struct script_gen *g, unsigned depth)
{
	static const char *const before[] = {"printa(",	   "printa(\"%@d\\n\", ", "clear(", "trunc(", "trunc(",
					     "normalize(", "denormalize(",	  "share(", "top(",   "printa("};
	static const char *const after[] = {")", ")", ")", ")", ", 5)", ", 1000)", ")", ", 100)", ", 3)", ")"};
	unsigned action = pick(g, sizeof(before) / sizeof(before[0]));

	for (unsigned i = 0, at = pick(g, AGG_KEYS * AGG_FUNCS); i < AGG_KEYS * AGG_FUNCS; i++) {
		unsigned keys = (at + i) % AGG_KEYS, func = (at + i) / AGG_KEYS % AGG_FUNCS;

		if (!g->has_agg[keys][func] || (action == 7 && func > 1))
			continue;
		buf_printf(g->out, "%s@a%u%u%s", before[action], keys, func, after[action]);
		return;
	}
	gen_printf(g, depth);
}

static void gen_copyin_kept(struct script_gen *g, unsigned depth)
{
	gen_call(g, depth, "this->p = (struct rec *)copyin(",
		 ", sizeof (struct rec)); gl += this->p->a + this->p[0].in.b[2]");
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
	switch (pick(g, nest ? 19 : 16)) {
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
	case 13:
	case 14:
		gen_agg_action(g, depth);
		break;
	case 15:
		pick(g, 2) ? gen_stack(g) : gen_symbol(g, depth);
		break;
	default:
		gen_if(g, depth, nest);
		return;
	}
	put(g, ";\n");
}

/* The name of a probe, # in it standing for the number of our own process. */
static void put_probe(struct script_gen *g, const char *text)
{
	for (; *text; text++)
		if (*text == '#')
			buf_printf(g->out, "%d", g->limits.pid);
		else
			buf_putc(g->out, *text);
}

static const struct probe_words *pick_probe(struct script_gen *g)
{
	const struct probe_words *probe;

	do
		probe = &probes[pick(g, PROBES_LEN)];
	while (probe->of_kernel && !g->limits.pid);
	return probe;
}

static void gen_clause_text(struct script_gen *g, const struct probe_words *probe)
{
	unsigned n = 1 + pick(g, g->limits.statements);

	g->probe = probe;
	put_probe(g, probe->text);
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

static void gen_options(struct script_gen *g, unsigned strsize)
{
	static const char *const flags[] = {"quiet",	  "inlines",	 "shortnames", "errtags",    "aggsortkey",
					    "aggsortrev", "destructive", "zdefs",      "defaultargs"};
	static const char *const others[] = {"stackframes=3",  "ustackframes=127", "jstackframes=1", "stackindent=0",
					     "switchrate=1ms", "aggrate=2s",	   "aggsortpos=1",   "aggsortkeypos=1"};

	buf_printf(g->out,
		   "#pragma D option strsize=%u\n#pragma D option bufsize=64k\n#pragma D option dynvarsize=4k\n"
		   "#pragma D option aggsize=4k\n",
		   strsize);
	if (!pick(g, 4))
		buf_printf(g->out, "#pragma D option %s\n", flags[pick(g, sizeof(flags) / sizeof(flags[0]))]);
	if (!pick(g, 4))
		buf_printf(g->out, "#pragma D option %s\n", others[pick(g, sizeof(others) / sizeof(others[0]))]);
}

static const char declarations[] =
	"struct part { short a; int b[4]; };\n"
	"struct rec { int a; struct rec *next; struct part in; char text[10]; unsigned bits : 5, more : 11; };\n"
	"char gc; unsigned char guc; short gs; unsigned short gus; int gi; unsigned gu; int64_t gl; uint64_t gul;\n"
	"string st, su; int64_t ai[int64_t]; short as[string]; int ais[int, string, uint64_t]; string ss[int64_t];\n"
	"this char c; this unsigned short us; this int i; this int64_t l; this string st, su;\n"
	"self char c; self int i; self uint64_t ul; self string st; self int64_t ai[int64_t]; self string "
	"ss[int64_t];\n"
	"this struct rec *p; int64_t g1, g2; this int64_t n; self int64_t n;\n\n";

void gen_script(uint64_t seed, const struct gen_limits *limits, struct buf *out)
{
	static const unsigned sizes[] = {8, 16, 64, 256, 256, 256, 500, 512, 600, 1000, 2048};
	struct script_gen g = {.random = seed, .out = out, .limits = *limits};
	unsigned clauses,
		strsize = limits->strsize ? limits->strsize : sizes[pick(&g, sizeof(sizes) / sizeof(sizes[0]))];

	gen_options(&g, strsize);
	put(&g, declarations);
	for (clauses = 1 + pick(&g, limits->clauses); clauses; clauses--)
		gen_clause_text(&g, pick_probe(&g));
}

/* --- Each construct in a clause of each probe --- */

/* One statement each. Most can fault, so that ERROR clauses are called from there. */
static const char *const constructs[] = {
	"@ = sum(1 / arg0);",
	"@k[1 % arg1] = count();",
	"@[execname, arg0] = quantize(arg0);",
	"@[pid] = lquantize(arg0, 0, 100, 10, 2);",
	"@ = llquantize(arg0, 10, 0, 6, 20);",
	"@[probename] = min(arg0);",
	"@ = max(arg1 / arg0);",
	"@[cpu] = avg(timestamp);",
	"@[daemon] = stddev(arg0 / arg1);",
	"@[ustack()] = count();",
	"@[stack(5), uid] = sum(arg0);",
	"@[usym(arg0)] = count();",
	"@[mod(arg0), umod(arg1)] = count();",
	"@[jstack(3)] = count();",
	"ustack();",
	"stack();",
	"jstack(5);",
	"uaddr(arg0);",
	"sym(arg0);",
	"printf(\"%d %s\", 1 / arg0, copyinstr(arg1));",
	"printf(\"%k %A %Y\", ustack(), ufunc(arg0), walltimestamp);",
	"trace(execname);",
	"trace(copyinstr(arg0, 10));",
	"trace(strjoin(copyinstr(arg0), probefunc));",
	"trace(substr(copyinstr(arg0), arg1, 2));",
	"trace(strlen(copyinstr(arg0)));",
	"trace(*(int *)copyin(arg0, 4));",
	"trace(*(char *)copyin(arg0, arg1));",
	"trace(((userland struct rec *)arg0)->next->in.b[arg1 & 3]);",
	"trace(((userland struct rec *)arg0)->more);",
	"trace(stringof(((userland struct rec *)arg0)->text));",
	"this->p = (struct rec *)copyin(arg0, sizeof (struct rec)); trace(this->p->a);",
	"exit(1 / arg0);",
	"g1 = 1 / arg0; g2 += g1++;",
	"st = copyinstr(arg0); su = strjoin(st, su);",
	"this->n = arg0 / arg1; this->n <<= 3;",
	"this->st = copyinstr(arg0); trace(this->st);",
	"self->n = arg0 / arg1; self->n++;",
	"self->st = copyinstr(arg0); trace(self->st == st);",
	"ai[arg0] = arg0 / arg1; ai[arg0]++;",
	"ais[1, copyinstr(arg0), arg1] = 7 / arg0;",
	"ss[arg0] = copyinstr(arg1); ss[1] = 0;",
	"self->ai[arg0 / arg1] += 3;",
	"self->ss[arg0] = strjoin(execname, copyinstr(arg0));",
	"as[copyinstr(arg0)] = 0;",
	"if (1 / arg0) { trace(1); } else { @ = count(); }",
	"trace(arg0 ? 1 / arg1 : arg0 % arg1);",
	"trace(1 / arg0 && 1 / arg1 || arg0);",
	"trace(pid); trace(tid); trace(ppid); trace(uid); trace(gid); trace(cpu); trace(epid); trace(id); trace(usp);",
	"printf(\"%s%s%s%s%s\", probeprov, probemod, probefunc, probename, daemon);",
	"trace(arg9); trace(arg2); trace(arg5);",
	"@x = count(); printa(@x); clear(@x); trunc(@x, 1 / 1); normalize(@x, 3); denormalize(@x); top(@x, 2);",
	"@y[execname] = sum(arg0); printa(\"%s %@d\", @y); share(@y, 100); trunc(@y);",
};

/* The same where the kernel describes its types. */
static const char *const kernel_constructs[] = {
	"trace(curpsinfo->pr_psargs);",
	"trace(curpsinfo->pr_ppid); trace(curlwpsinfo->pr_state); trace(curlwpsinfo->pr_clname);",
	"trace(curcpu->cpu_id);",
	"trace(stringof(curthread->comm)); trace(curthread->mm->total_vm / arg0);",
	"@[curpsinfo->pr_fname] = sum(curthread->prio / arg0);",
	"trace(((struct task_struct *)arg0)->real_parent->tgid);",
};

static const char *const error_clauses[] = {
	"",
	"ERROR { n++; }",
	"ERROR /arg4 != 2/ { printf(\"%d %d %x %s\", arg4, arg2, arg5, probename); }",
	("ERROR { @e[execname, ustack(), arg1] = count(); self->e = strjoin(execname, probefunc); } "
	 "ERROR { trace(1 / self->n); exit(1 / arg5); }"),
	"ERROR { trace(copyinstr(arg5)); this->st = probename; ss[pid] = this->st; stack(); }",
};

enum {
	CONSTRUCTS = sizeof(constructs) / sizeof(constructs[0]),
	KERNEL_CONSTRUCTS = sizeof(kernel_constructs) / sizeof(kernel_constructs[0]),
	ERRORS = sizeof(error_clauses) / sizeof(error_clauses[0]),
};

bool gen_matrix(unsigned long index, const struct gen_limits *limits, struct buf *out)
{
	struct script_gen g = {.out = out, .limits = *limits};
	unsigned long per_probe = ERRORS * (CONSTRUCTS + KERNEL_CONSTRUCTS);
	const struct probe_words *probe;
	unsigned construct = (unsigned)(index / ERRORS % (CONSTRUCTS + KERNEL_CONSTRUCTS));

	if (index / per_probe >= PROBES_LEN)
		return false;
	probe = &probes[index / per_probe];
	if (!limits->pid && (probe->of_kernel || construct >= CONSTRUCTS))
		return true;
	gen_options(&g, 64);
	put(&g, declarations);
	buf_printf(out, "%s\n", error_clauses[index % ERRORS]);
	put_probe(&g, probe->text);
	buf_printf(out, "\n{ %s }\n",
		   construct < CONSTRUCTS ? constructs[construct] : kernel_constructs[construct - CONSTRUCTS]);
	for (unsigned i = 0; i < WORDS_MAX && (probe->ints[i] || probe->strs[i]); i++) {
		put_probe(&g, probe->text);
		buf_printf(out, "\n{ trace(%s); trace(1 / arg0); }\n",
			   probe->ints[i] ? probe->ints[i] : probe->strs[i]);
	}
	return true;
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
	{"conditions", "test:::ints { this->n = 0;", "if (args[0] > #) this->n += args[1]; else this->n = #;", "",
	 "trace(this->n); }"},
	{"flags", "test:::ints { this->n = 0;", "if (arg1 & 1 << (# & 31)) this->n = #;", "",
	 "trace(this->n); if (this->n == 3) trace(1); }"},
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
	{"pointers", "struct r { struct r *next; int a; }; test:::ptr { trace(((userland struct r *)arg0)", "->next",
	 "", "->a); }"},
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
		buf_puts(out, *repeated == 'i'			       ? " }"
			      : *repeated == 'a'		       ? "]"
			      : *repeated == 's' && repeated[1] == 'u' ? ", 1)"
								       : ")");
}

const char *gen_shape(unsigned index, unsigned n, unsigned strsize, bool has_error, struct buf *out)
{
	const struct shape *shape = &shapes[index];
	bool is_closed;

	if (index >= SHAPES_LEN)
		return NULL;
	is_closed = strchr(shape->tail, '}') || !*shape->head;
	buf_printf(out,
		   "#pragma D option strsize=%u\n#pragma D option bufsize=64k\n#pragma D option dynvarsize=4k\n"
		   "#pragma D option aggsize=4k\nint64_t n;\n",
		   strsize);
	if (has_error)
		buf_puts(out, "ERROR { this->s = strjoin(probename, execname); @e[arg4, this->s] = quantize(arg5); "
			      "printf(\"%d\", arg1); }\n");
	buf_puts(out, shape->head);
	repeat(out, n, shape->repeated, shape->between);
	buf_puts(out, shape->tail);
	if (!is_closed || shape->repeated[strlen(shape->repeated) - 1] == '[')
		close_brackets(out, shape->repeated, n);
	if (!is_closed)
		buf_puts(out, strchr(shape->head, '(') ? "); }" : " }");
	return shape->name;
}
