/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arbitrary bytes as a script of SystemTap's language: nothing crashes, each refusal has a sentence, and what is
 * accepted can be dumped and run for a few statements. Handlers of timers are not waited for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stap/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *args[] = {"42", "word", "-7", "a b"};
static bool used[4];

static void take(void *data, const char *text, size_t size)
{
	(void)data;
	(void)text;
	(void)size;
}

static void take_message(void *data, const char *sentence)
{
	(void)data;
	(void)sentence;
}

static bool end_at_once(void *data, uint64_t deadline_ns)
{
	(void)data;
	(void)deadline_ns;
	return false;
}

static uint64_t no_time(void *data)
{
	(void)data;
	return 0;
}

static void run(struct stap_script *script)
{
	static const struct stap_output output = {take, take_message, end_at_once, no_time, NULL};
	struct stap_run session = {.script = script};

	stap_run_limits(&session.limits);
	session.limits.actions = 30;
	session.limits.entries = 20;
	stap_session(&session, &output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct stap_call call = {args, 4, used, "6.1.0-1", "x86_64", false, 0};
	struct arena *arena = arena_new();
	struct stap_script script;
	struct source source = {.name = "fuzz.stp", .size = size};
	struct buf out = {0};
	struct diags diags;
	char *text = arena_alloc(arena, size + 1);

	memcpy(text, data, size);
	source.text = text;
	diags_init(&diags, arena);
	stap_begin(&script, arena, &call);
	if (stap_parse(&script, &source, false, &diags) != !diags.errors)
		abort();
	if (!diags.errors) {
		stap_dump(&script, &out);
		if (stap_check(&script, &diags)) {
			stap_dump_checked(&script, &out);
			run(&script);
		}
	}
	stap_print_diags(&diags, &out);
	buf_free(&out);
	arena_free(arena);
	return 0;
}
