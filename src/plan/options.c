/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options: one table says name, kind, range and default of each; setting, listing and defaults come from it. */
#include "plan/options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/diag.h"
#include "plan/engines.h"

enum option_kind { OPTION_BOOL, OPTION_INT, OPTION_SIZE, OPTION_TIME, OPTION_ENGINE };

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MS  1000000ull
#define SEC (1000 * MS)

static const char *const engine_names[] = {
#define ROW(name) #name,
	ENGINES(ROW)
#undef ROW
};
enum { ENGINES_LEN = sizeof(engine_names) / sizeof(*engine_names) };

static const struct option {
	const char *name;
	enum option_kind kind;
	size_t offset;
	uint64_t min, max, normal;
	const char *doc;
} options[] = {
#define FIELD(name) offsetof(struct options, name)
	{"aggrate", OPTION_TIME, FIELD(aggrate_ns), 0, 3600 * SEC, 0,
	 "how old a snapshot of aggregations may be when printed"},
	{"aggsize", OPTION_SIZE, FIELD(aggsize), 4 * KIB, 4 * GIB, 1 * MIB,
	 "memory for each aggregation on each processor"},
	{"aggsortkey", OPTION_BOOL, FIELD(aggsortkey), 0, 1, 0, "sort aggregations by key, not by value"},
	{"aggsortkeypos", OPTION_INT, FIELD(aggsortkeypos), 0, 255, 0, "which key sorts first, from 0"},
	{"aggsortpos", OPTION_INT, FIELD(aggsortpos), 0, 255, 0, "which of several aggregations sorts, from 0"},
	{"aggsortrev", OPTION_BOOL, FIELD(aggsortrev), 0, 1, 0, "sort from the largest to the smallest"},
	{"argref", OPTION_BOOL, FIELD(argref), 0, 1, 0,
	 "arguments of the command that the script does not use are no mistake"},
	{"asdtrace", OPTION_BOOL, FIELD(asdtrace), 0, 1, 0,
	 "say errors and drops, and end the report, as the command dtrace does"},
	{"bufsize", OPTION_SIZE, FIELD(bufsize), 0, GIB, 4 * MIB,
	 "memory for records that wait to be read, at least 64k"},
	{"defaultargs", OPTION_BOOL, FIELD(defaultargs), 0, 1, 0, "a missing $1 is 0, a missing $$1 is \"\""},
	{"destructive", OPTION_BOOL, FIELD(destructive), 0, 1, 0, "allow actions that change the traced system, as -w"},
	{"dynvarsize", OPTION_SIZE, FIELD(dynvarsize), 0, 4 * GIB, MIB,
	 "memory for each thread-local variable or associative array"},
	{"empty", OPTION_BOOL, FIELD(empty), 0, 1, 0,
	 "a script without a clause is no mistake: there is nothing to trace"},
	{"engine", OPTION_ENGINE, FIELD(engine), 0, ENGINES_LEN - 1, 0, "what runs the programs"},
	{"errtags", OPTION_BOOL, FIELD(errtags), 0, 1, 0, "print DTrace's tag with each error"},
	{"flowindent", OPTION_BOOL, FIELD(flowindent), 0, 1, 0,
	 "indent what functions print by how deep they are called, as -F"},
	{"inlines", OPTION_BOOL, FIELD(inlines), 0, 1, 0,
	 "stacks show functions that were inlined, where there is debug information"},
	{"jstackframes", OPTION_INT, FIELD(jstackframes), 1, 127, 50, "frames of jstack() without a number"},
	{"maxcost", OPTION_INT, FIELD(maxcost), 0, 90, 0,
	 "percent of a process's processor time that probes may take before the costliest are taken away, as "
	 "--max-cost; 0: a warning at 10"},
	{"quiet", OPTION_BOOL, FIELD(quiet), 0, 1, 0, "print only what the script prints, as -q"},
	{"rawbytes", OPTION_BOOL, FIELD(rawbytes), 0, 1, 0, "trace() prints the bytes of values, in hexadecimal"},
	{"scratchsize", OPTION_SIZE, FIELD(scratchsize), 0, 8 * KIB, 256,
	 "memory that a clause may take with alloca()"},
	{"shortnames", OPTION_BOOL, FIELD(shortnames), 0, 1, 0,
	 "C++ names without template arguments: std::map<...>::find"},
	{"nspec", OPTION_INT, FIELD(nspec), 1, 255, 1, "how many speculations there may be at a time"},
	{"specrate", OPTION_TIME, FIELD(specrate_ns), MS, 3600 * SEC, SEC,
	 "DTrace's; speculations need no cleaning here"},
	{"specsize", OPTION_SIZE, FIELD(specsize), 0, 4 * GIB, 4 * MIB, "memory for what waits in one speculation"},
	{"stackframes", OPTION_INT, FIELD(stackframes), 1, 127, 20, "frames of stack() without a number"},
	{"stackindent", OPTION_INT, FIELD(stackindent), 0, 64, 14, "how far frames are indented when printed"},
	{"strsize", OPTION_SIZE, FIELD(strsize), 1, 64 * KIB, 256,
	 "room of a string with its final NUL, rounded up to a multiple of 8"},
	{"switchrate", OPTION_TIME, FIELD(switchrate_ns), MS, 3600 * SEC, 100 * MS, "how often records are read"},
	{"ustackframes", OPTION_INT, FIELD(ustackframes), 1, 127, 100, "frames of ustack() without a number"},
	{"zdefs", OPTION_BOOL, FIELD(zdefs), 0, 1, 0, "allow descriptions that match no probe, as -Z"},
#undef FIELD
};

enum { OPTIONS_LEN = sizeof(options) / sizeof(options[0]) };

/* aggsortkey and aggsortrev are ints although they are given as booleans: DTrace's options of that name. */
static bool is_int_field(const struct option *option)
{
	return option->kind == OPTION_INT || !strncmp(option->name, "aggsort", 7);
}

static void store(struct options *into, const struct option *option, uint64_t value)
{
	char *field = (char *)into + option->offset;

	if (is_int_field(option))
		*(int *)field = (int)value;
	else if (option->kind == OPTION_BOOL)
		*(bool *)field = value;
	else if (option->kind == OPTION_ENGINE)
		*(const char **)field = engine_names[value];
	else
		*(uint64_t *)field = value;
}

void options_default(struct options *into)
{
	unsigned i;

	memset(into, 0, sizeof(*into));
	for (i = 0; i < OPTIONS_LEN; i++)
		store(into, &options[i], options[i].normal);
}

/* --- Values as text --- */

struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{"", 1},    {"b", 1},	 {"k", KIB},	    {"kb", KIB},	{"m", MIB}, {"mb", MIB},
	{"g", GIB}, {"gb", GIB}, {"t", 1024 * GIB}, {"tb", 1024 * GIB}, {NULL, 0},
};

static const struct unit times[] = {
	{"ns", 1},	   {"nsec", 1},		 {"us", 1000},	     {"usec", 1000},	   {"ms", MS},
	{"msec", MS},	   {"s", SEC},		 {"sec", SEC},	     {"m", 60 * SEC},	   {"min", 60 * SEC},
	{"h", 3600 * SEC}, {"hour", 3600 * SEC}, {"d", 86400 * SEC}, {"day", 86400 * SEC}, {NULL, 0},
};

/* A decimal, octal or hexadecimal number as in C; *rest is what follows. */
static bool parse_number(const char *text, uint64_t *value, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	*rest = end;
	return !errno;
}

static bool scale(const struct unit *units, const char *suffix, uint64_t *value)
{
	for (; units->suffix; units++)
		if (!strcasecmp(units->suffix, suffix))
			return !__builtin_mul_overflow(*value, units->factor, value);
	return false;
}

static bool parse_time(const char *text, uint64_t *value)
{
	const char *suffix;

	if (!parse_number(text, value, &suffix))
		return false;
	/* A bare number is a rate, as in DTrace; 0 means "always". */
	if (!*suffix || !strcasecmp(suffix, "hz")) {
		*value = *value ? SEC / *value : 0;
		return true;
	}
	return scale(times, suffix, value);
}

static bool parse_bool(const char *text, uint64_t *value)
{
	static const char *const words[] = {"0",    "1",       "no",	 "yes",	     "off",	"on",	 "false",
					    "true", "disable", "enable", "disabled", "enabled", "unset", "set"};
	unsigned i;

	*value = 1;
	if (!text)
		return true;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]))
			continue;
		*value = i % 2;
		return true;
	}
	return false;
}

static bool parse_engine(const char *text, uint64_t *value)
{
	for (*value = 0; *value < ENGINES_LEN; ++*value)
		if (!strcmp(engine_names[*value], text))
			return true;
	return false;
}

static bool parse_value(const struct option *option, const char *text, uint64_t *value)
{
	const char *rest;

	switch (option->kind) {
	case OPTION_BOOL:
		return parse_bool(text, value);
	case OPTION_INT:
		return parse_number(text, value, &rest) && !*rest;
	case OPTION_ENGINE:
		return parse_engine(text, value);
	case OPTION_SIZE:
		return parse_number(text, value, &rest) && scale(sizes, rest, value);
	default:
		return parse_time(text, value);
	}
}

static void print_size(struct buf *out, uint64_t size)
{
	static const struct unit steps[] = {{"g", GIB}, {"m", MIB}, {"k", KIB}};
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (size < steps[i].factor || size % steps[i].factor)
			continue;
		buf_printf(out, "%" PRIu64 "%s", size / steps[i].factor, steps[i].suffix);
		return;
	}
	buf_printf(out, "%" PRIu64, size);
}

static void print_time(struct buf *out, uint64_t ns)
{
	static const struct unit steps[] = {{"h", 3600 * SEC}, {"s", SEC}, {"ms", MS}, {"us", 1000}, {"ns", 1}};
	unsigned i = 0;

	while (ns && (ns < steps[i].factor || ns % steps[i].factor))
		i++;
	buf_printf(out, "%" PRIu64 "%s", ns ? ns / steps[i].factor : 0, ns ? steps[i].suffix : "");
}

static void print_value(struct buf *out, const struct option *option, uint64_t value)
{
	switch (option->kind) {
	case OPTION_BOOL:
		buf_puts(out, value ? "on" : "off");
		break;
	case OPTION_SIZE:
		print_size(out, value);
		break;
	case OPTION_ENGINE:
		buf_puts(out, engine_names[value]);
		break;
	case OPTION_TIME:
		print_time(out, value);
		break;
	default:
		buf_printf(out, "%" PRIu64, value);
		break;
	}
}

/* --- Setting --- */

/*
 * Options of DTrace's that ask for nothing here: how it compiles, where it finds its own parts, memory that we do not
 * have. They are checked as there. "": without a value; "?": with or without; "=": any text; "0" and "1": a number from
 * there on; "k", "t", "b": a size, a time, yes or no; words.
 */
static const struct silent {
	const char *name, *takes;
} silent[] = {
	{"amin", "Internal/Internal/Unknown|Private/Private/Unknown"}, /* what everything meets: we do not rate names */
	{"bpflog", "b"},
	{"bpflogsize", "k"},
	{"bufpolicy", "fill|ring|switch"},
	{"bufresize", "auto|manual"},
	{"cleanrate", "t"},
	{"core", ""},
	{"cpppath", "="},
	{"ctfpath", "="},
	{"debug", ""},
	{"debugassert", "mutexes"},
	{"disasm", "0"},
	{"droptags", "?"},
	{"evaltime", "exec|preinit|postinit|main"},
	{"iregs", "8"},
	{"jstackstrsize", "k"},
	{"kdefs", ""},
	{"knodefs", ""},
	{"late", "dynamic|static"},
	{"lazyload", "?"},
	{"ldpath", "="},
	{"linkmode", "kernel|dynamic|static"},
	{"linknommap", "?"},
	{"linktype", "elf|dof"},
	{"lockmem", "k|unlimited"},
	{"modpath", "="},
	{"nolibs", ""},
	{"pcapsize", "k"},
	{"pgmax", "0"},
	{"preallocate", "k"},
	{"printsize", "k"},
	{"procfspath", "="},
	{"pspec", ""},
	{"quietresize", "b"},
	{"statusrate", "t"},
	{"strip", ""},
	{"syslibdir", "="},
	{"sysslice", "="},
	{"temporal", "b"},
	{"tree", "1"},
	{"tregs", "1"},
	{"udefs", ""},
	{"unodefs", ""},
	{"useruid", "0"},
	{"verbose", ""},
	{"version", "v"},
};

static bool is_among(const char *name, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}
#define IS_AMONG(name, list) is_among(name, list, sizeof(list) / sizeof(*(list)))

/* Options of DTrace's that would be taken in silence without doing anything. */
static bool is_missing(const char *name)
{
	static const char *const missing[] = {"aggpercpu", "agghist", "aggpack",  "aggzoom",   "aggquantiles", "cpu",
					      "ctypes",	   "dtypes",  "grabanon", "maxframes", "noresolve"};

	return IS_AMONG(name, missing);
}

/* For the preprocessor, and where libraries are: what the command takes before it reads a script. */
static bool is_of_command(const char *name)
{
	static const char *const list[] = {"cpp", "cppargs", "cpphdrs", "define", "incdir", "libdir", "stdc", "undef"};

	return IS_AMONG(name, list);
}

static bool is_word_of(const char *words, const char *value)
{
	size_t size = strlen(value);

	for (; *words; words += strcspn(words, "|"), words += *words == '|')
		if (size && strcspn(words, "|") == size && !strncmp(words, value, size))
			return true;
	return false;
}

/* 1.6, 2.0.1: as far as DTrace's versions have come. */
static bool is_version(const char *value)
{
	unsigned major, minor = 0, micro = 0;
	int size = 0;

	if (sscanf(value, "%u.%u%n.%u%n", &major, &minor, &size, &micro, &size) < 2 || value[size])
		return false;
	return major >= 1 && major <= 2 && minor < 256 && micro < 256;
}

static bool silent_takes(const char *takes, const char *value)
{
	const char *rest;
	uint64_t number;

	if (!value)
		return !*takes || strchr("?bkt", *takes);
	switch (*takes) {
	case '\0':
		return false;
	case '?':
	case '=':
		return true;
	case '0':
	case '1':
	case '8':
		return parse_number(value, &number, &rest) && !*rest && number >= (uint64_t)(*takes - '0') &&
		       (*takes != '8' || number == 8);
	case 'b':
		return parse_bool(value, &number);
	case 'k':
		if (!takes[1] || takes[1] == '|')
			return (parse_number(value, &number, &rest) && scale(sizes, rest, &number)) ||
			       is_word_of(takes, value);
		break;
	case 't':
		return parse_time(value, &number);
	case 'v':
		return is_version(value);
	default:
		break;
	}
	return is_word_of(takes, value);
}

static const struct silent *silent_find(const char *name)
{
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		if (!strcmp(silent[i].name, name))
			return &silent[i];
	return NULL;
}

/* Names that stand for engines to come. */
static bool is_later_engine(const char *name)
{
	return !strcmp(name, "inside") || !strcmp(name, "auto");
}

static const char *unknown_option(const char *name, struct buf *why)
{
	if (is_missing(name)) {
		buf_printf(why, "option `%s` is DTrace's, but cephtap does not have it yet", name);
		return why->data;
	}
	if (is_of_command(name)) {
		buf_printf(why, "option `%s` is for the command line alone: `cephtap dtrace -x %s...`", name, name);
		return why->data;
	}
	const char *names[OPTIONS_LEN], *near;
	unsigned i;

	for (i = 0; i < OPTIONS_LEN; i++)
		names[i] = options[i].name;
	near = nearest_name(name, names, OPTIONS_LEN);
	buf_printf(why, "unknown option `%s`", name);
	if (near)
		buf_printf(why, "; did you mean `%s`?", near);
	return why->data;
}

/* Are there values between its least and its greatest one? */
static bool has_range(const struct option *option)
{
	return option->kind != OPTION_BOOL && option->kind != OPTION_ENGINE;
}

static const char *bad_value(const struct option *option, struct buf *why)
{
	static const char *const examples[] = {
		[OPTION_BOOL] = "yes or no",
		[OPTION_INT] = "a number",
		[OPTION_SIZE] = "bytes, or with k, m or g",
		[OPTION_ENGINE] = "kernel",
		[OPTION_TIME] = "a time with ns, us, ms, s, m, h or d, or a rate with hz",
	};

	buf_printf(why, "%s must be %s", option->name, examples[option->kind]);
	if (!has_range(option))
		return why->data;
	buf_puts(why, ", from ");
	print_value(why, option, option->min);
	buf_puts(why, " to ");
	print_value(why, option, option->max);
	return why->data;
}

const char *options_set(struct options *into, const char *name, const char *value, struct buf *why)
{
	const struct option *option = options;
	const struct silent *other = silent_find(name);
	uint64_t number;

	while (option < options + OPTIONS_LEN && strcmp(option->name, name))
		option++;
	if (other && silent_takes(other->takes, value))
		return NULL;
	if (other) {
		buf_printf(why, "option `%s` cannot be %s", name, value ? value : "without a value");
		if (strlen(other->takes) > 1 && other->takes[1] != '|')
			buf_printf(why, "; it takes %s", other->takes);
		return why->data;
	}
	if (option == options + OPTIONS_LEN)
		return unknown_option(name, why);
	if (!value && option->kind != OPTION_BOOL) {
		buf_printf(why, "option `%s` needs a value: `%s=...`", name, name);
		return why->data;
	}
	if (option->kind == OPTION_ENGINE && is_later_engine(value)) {
		buf_printf(why, "engine=%s is not implemented: programs run in the kernel (engine=kernel)", value);
		return why->data;
	}
	if (!parse_value(option, value, &number) || number < option->min || number > option->max)
		return bad_value(option, why);
	store(into, option, number);
	return NULL;
}

void options_list(struct buf *out)
{
	const struct option *option;

	for (option = options; option < options + OPTIONS_LEN; option++) {
		buf_printf(out, "%-14s %s", option->name, option->doc);
		if (has_range(option)) {
			buf_puts(out, "; ");
			print_value(out, option, option->min);
			buf_puts(out, " to ");
			print_value(out, option, option->max);
		}
		buf_puts(out, " (");
		print_value(out, option, option->normal);
		buf_puts(out, ")\n");
	}
}
