/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions: the script's, and those that are not written in the language. */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "front/stap/builtins.h"
#include "lib/proc.h"
#include "stap/run.h"

/* ---- the script's ---- */

static void free_slots(struct stap_value *slots, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		free((char *)slots[i].text);
	free(slots);
}

/* Runs one overload. True: it said `next`, and the following one is to be tried. */
static bool call_one(struct stap_run *run, const struct stap_function *function, const struct stap_value *args,
		     struct stap_value *result)
{
	struct stap_frame frame = {0}, *outer = run->frame;
	bool is_next;

	frame.slots = calloc(function->scope.locals_len + 1, sizeof(*frame.slots));
	if (!frame.slots)
		abort();
	for (unsigned i = 0; i < function->params_len; i++)
		stap_store(&frame.slots[i], args[i]);
	run->frame = &frame;
	stap_exec(run, function->body);
	run->frame = outer;
	is_next = run->leave == LEAVE_NEXT;
	if (run->leave == LEAVE_RETURN || is_next)
		run->leave = LEAVE_NOT;
	*result = frame.result;
	if (function->type == STAP_STRING) {
		const char *text = frame.result.text ? frame.result.text : "";

		*result = stap_text(run, text, strlen(text));
	}
	free((char *)frame.result.text);
	free_slots(frame.slots, function->scope.locals_len);
	return is_next;
}

struct stap_value stap_call_function(struct stap_run *run, const struct stap_node *node, struct stap_value *args)
{
	struct stap_value result = {0, node->type == STAP_STRING ? "" : NULL};

	if (run->depth >= run->limits.nesting) {
		stap_fail(run, node, "MAXNESTING exceeded");
		return result;
	}
	run->depth++;
	for (const struct stap_function *f = node->function; f; f = f->next_overload)
		if (!call_one(run, f, args, &result))
			break;
	run->depth--;
	return result;
}

/* ---- ours ---- */

#define FN(name)                                                                                                       \
	static struct stap_value fn_##name(struct stap_run *run __attribute__((unused)),                               \
					   const struct stap_node *node __attribute__((unused)),                       \
					   const struct stap_value *args __attribute__((unused)))
#define FN_NUMBER(name, value)                                                                                         \
	FN(name)                                                                                                       \
	{                                                                                                              \
		return number(value);                                                                                  \
	}
#define FN_TEXT(name, value)                                                                                           \
	FN(name)                                                                                                       \
	{                                                                                                              \
		return text(run, value);                                                                               \
	}

static struct stap_value number(int64_t value)
{
	return (struct stap_value){value, NULL};
}

static struct stap_value text(struct stap_run *run, const char *value)
{
	return stap_text(run, value ? value : "", value ? strlen(value) : 0);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t cycles(void)
{
	return (int64_t)__builtin_ia32_rdtsc();
}

FN_NUMBER(pid, getpid())
FN_NUMBER(tid, gettid())
FN_NUMBER(ppid, getppid())
FN_NUMBER(uid, getuid())
FN_NUMBER(euid, geteuid())
FN_NUMBER(gid, getgid())
FN_NUMBER(egid, getegid())
FN_NUMBER(pgrp, getpgrp())
FN_NUMBER(sid, getsid(0))
FN_NUMBER(target, run->target)
FN_NUMBER(cpu, sched_getcpu())
FN_NUMBER(gettimeofday_ns, clock_ns(CLOCK_REALTIME))
FN_NUMBER(ktime_get_ns, clock_ns(CLOCK_MONOTONIC))
FN_NUMBER(jiffies, clock_ns(CLOCK_MONOTONIC) / 4000000)
FN_NUMBER(get_cycles, cycles())
FN_NUMBER(strlen, (int64_t)strlen(args[0].text))
FN_NUMBER(isinstr, strstr(args[0].text, args[1].text) != NULL)
FN_NUMBER(isdigit, isdigit((unsigned char)args[0].text[0]) != 0)
FN_NUMBER(ngroups, run->matches)
FN_TEXT(execname, program_invocation_short_name)
FN_TEXT(pp, run->site ? run->site->name : "")
FN_TEXT(pn, run->site ? run->site->probe->points->parts->name : "")
FN_TEXT(env_var, getenv(args[0].text))
FN_TEXT(errno_str,
	args[0].number < 0 && strerrorname_np((int)-args[0].number) ? strerrorname_np((int)-args[0].number) : "")

FN(cmdline_str)
{
	return text(run, program_invocation_name);
}

FN(exit)
{
	run->is_exiting = true;
	return number(0);
}

FN(abort)
{
	run->is_exiting = run->has_aborted = true;
	run->leave = LEAVE_NEXT;
	return number(0);
}

FN(error)
{
	stap_fail(run, node, "%s", args[0].text);
	return number(0);
}

FN(warn)
{
	buf_printf(&run->warnings, "WARNING: %s\n", args[0].text);
	return number(0);
}

FN(log)
{
	buf_printf(&run->out, "%s\n", args[0].text);
	return number(0);
}

/* splitmix64: what it is for is not secret. */
FN(randint)
{
	uint64_t x = run->seed += 0x9e3779b97f4a7c15ull;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return number(args[0].number > 0 ? (int64_t)((x ^ (x >> 31)) % (uint64_t)args[0].number) : 0);
}

FN(strpos)
{
	const char *at = strstr(args[0].text, args[1].text);

	return number(at ? at - args[0].text : -1);
}

FN(stringat)
{
	int64_t at = args[1].number;

	if (at < 0 || (uint64_t)at >= strlen(args[0].text)) {
		stap_fail(run, node, "Position out of bounds");
		return number(0);
	}
	return number((signed char)args[0].text[at]);
}

FN(substr)
{
	int64_t start = args[1].number, length = args[2].number, size = (int64_t)strlen(args[0].text);

	if (start < 0 || start >= size || length <= 0)
		return text(run, "");
	return stap_text(run, args[0].text + start, (size_t)(length < size - start ? length : size - start));
}

FN(strtol)
{
	const char *from = args[0].text;
	int64_t base = args[1].number;

	if (isspace((unsigned char)*from) || *from == '+' || base < 0 || base == 1 || base > 36)
		return number(0);
	return number(*from == '-' ? (int64_t)(0 - strtoull(from + 1, NULL, (int)base))
				   : (int64_t)strtoull(from, NULL, (int)base));
}

static struct stap_value escaped(struct stap_run *run, const char *from, size_t most, bool is_quoted)
{
	struct buf to = {0};
	struct stap_value value;

	stap_escape(from, most, is_quoted, &to);
	value = text(run, to.data);
	buf_free(&to);
	return value;
}

FN(text_str)
{
	return escaped(run, args[0].text, 0, false);
}

FN(text_strn)
{
	int64_t most = args[1].number;

	return escaped(run, args[0].text, most > 0 && most < 511 ? (size_t)most : 0, args[2].number != 0);
}

FN(string_quoted)
{
	return escaped(run, args[0].text, 0, true);
}

FN(str_replace)
{
	const char *at = args[0].text, *found, *what = args[1].text;
	struct buf to = {0};
	struct stap_value value;

	if (!*what)
		return args[0];
	for (; (found = strstr(at, what)); at = found + strlen(what)) {
		buf_add(&to, at, (size_t)(found - at));
		buf_puts(&to, args[2].text);
	}
	buf_puts(&to, at);
	value = text(run, to.data);
	buf_free(&to);
	return value;
}

/* With one argument, or an empty text, goes on in the text of the call before. */
FN(tokenize)
{
	const char *input = node->args_len == 1 ? "" : args[0].text, *delimiters = args[node->args_len - 1].text;
	char *token;

	if (*input) {
		free(run->tokens);
		run->tokens = run->tokens_at = strdup(input);
	}
	do {
		token = run->tokens_at ? strsep(&run->tokens_at, delimiters) : NULL;
	} while (token && !*token);
	return text(run, token);
}

FN(matched)
{
	int64_t n = args[0].number;

	if (n < 0 || n >= run->matches) {
		stap_fail(run, node, "No subexpression group %lld", (long long)n);
		return text(run, "");
	}
	return text(run, run->match[n]);
}

static struct stap_value moment(struct stap_run *run, int64_t seconds, bool is_local)
{
	time_t when = seconds;
	struct tm parts;
	char shown[64];

	if (!(is_local ? localtime_r(&when, &parts) : gmtime_r(&when, &parts)) || parts.tm_year < -1900 ||
	    parts.tm_year > 8099)
		return text(run, "far far in the future");
	strftime(shown, sizeof(shown), is_local ? "%a %b %e %H:%M:%S %Y %Z" : "%a %b %e %H:%M:%S %Y", &parts);
	return text(run, shown);
}

FN(ctime)
{
	return moment(run, node->args_len ? args[0].number : clock_ns(CLOCK_REALTIME) / 1000000000, false);
}

FN(tz_ctime)
{
	return moment(run, args[0].number, true);
}

FN(tz_gmtoff)
{
	time_t now = time(NULL);
	struct tm parts;

	return number(localtime_r(&now, &parts) ? -parts.tm_gmtoff : 0);
}

FN(tz_name)
{
	time_t now = time(NULL);
	struct tm parts;

	return text(run, localtime_r(&now, &parts) ? parts.tm_zone : "");
}

struct stap_value stap_call_builtin(struct stap_run *run, const struct stap_node *node, const struct stap_value *args)
{
#define STAP_ROW(name, proto) [STAP_FN_##name] = fn_##name,
	static struct stap_value (*const functions[STAP_FNS])(struct stap_run *, const struct stap_node *,
							      const struct stap_value *) = {STAP_BUILTINS(STAP_ROW)};

	return functions[node->builtin->id](run, node, args);
}
