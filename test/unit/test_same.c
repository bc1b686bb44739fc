/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a live report prints, its recording prints again, byte by byte: every kind of value, as a value, in a format and
 * as a key, and every aggregating function, in every format of reports; and every view that makes tables, stacks or
 * pictures of its own. What is added to one of these and not here makes a test fail.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agg/agg.h"
#include "lib/file.h"
#include "recording_fixture.h"
#include "views/calls.h"
#include "report/ctf.h"
#include "report/formats.h"
#include "views/sched.h"
#include "views/view.h"

enum { STEPS = 40, SEEDS = 4 };

/* ---- files beside the report ---- */

/* A folder for each of the two. */
struct folders {
	char live[64], again[64];
};

static void folders_make(struct folders *folders)
{
	strcpy(folders->live, "/tmp/same-live-XXXXXX");
	strcpy(folders->again, "/tmp/same-again-XXXXXX");
	assert_non_null(mkdtemp(folders->live));
	assert_non_null(mkdtemp(folders->again));
}

static void file_same(const struct folders *folders, const char *name, struct arena *arena)
{
	const char *paths[] = {arena_printf(arena, "%s/%s", folders->live, name),
			       arena_printf(arena, "%s/%s", folders->again, name)};
	char *data[2];
	size_t sizes[2];
	struct buf why = {0};

	for (unsigned i = 0; i < 2; i++)
		if (file_read(arena, paths[i], 1 << 24, &data[i], &sizes[i], &why))
			fail_msg("%s", why.data);
	assert_true(sizes[0] > 40);
	assert_int_equal(sizes[0], sizes[1]);
	assert_memory_equal(data[0], data[1], sizes[0]);
}

static void remove_folder(const char *name, struct arena *arena)
{
	DIR *dir = opendir(name);
	struct dirent *entry;

	while ((entry = readdir(dir)))
		unlink(arena_printf(arena, "%s/%s", name, entry->d_name));
	closedir(dir);
	rmdir(name);
}

/* Compares all files, and takes the folders away. How many there were. */
static unsigned folders_same(const struct folders *folders)
{
	struct arena *arena = arena_new();
	DIR *dir = opendir(folders->live);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			file_same(folders, entry->d_name, arena);
			n++;
		}
	closedir(dir);
	remove_folder(folders->live, arena);
	remove_folder(folders->again, arena);
	arena_free(arena);
	return n;
}

/* ---- scripts ---- */

/* As `--every` prints. */
static int print_tables(struct report *report, bool is_last, void *data)
{
	(void)data;
	return is_last ? 0 : report_tables(report);
}

static struct ctf *ctf_of(const char *folder, const struct report_ops *ops)
{
	struct buf why = {0};
	struct ctf *ctf = ctf_new(folder, ops, &why);

	if (!ctf)
		fail_msg("%s", why.data);
	return ctf;
}

static void compare(const struct live *live, const struct again *again, const char *what, const char *script)
{
	if (!again->is_read || again->error || again->said.size)
		fail_msg("%s: %s, error %d, of %s", what, again->said.size ? again->said.data : "no complaint",
			 again->error, script);
	if (live->out_size != again->out_size || memcmp(live->out, again->out, live->out_size))
		fail_msg("%s of %s: live\n%s\nand again\n%s", what, script, live->out, again->out);
	if (strcmp(live->err, again->err))
		fail_msg("%s of %s: live\n%s\nand again\n%s", what, script, live->err, again->err);
}

/* The size of what it printed. */
static size_t check_form(const struct schema *schema, const char *script, const struct report_ops *ops, bool with_ctf,
			 uint64_t seed)
{
	struct live live = {0};
	struct again again;
	struct folders folders;
	struct ctf *live_ctf = NULL, *again_ctf = NULL;
	char *bytes;
	size_t size;

	folders_make(&folders);
	if (with_ctf) {
		live_ctf = ctf_of(folders.live, ops);
		again_ctf = ctf_of(folders.again, ops);
	}
	live_start(
		&live, schema,
		&(struct live_config){
			.ops = live_ctf ? ctf_ops(live_ctf) : ops, .seed = seed, .ctf = live_ctf, .report_name = ""});
	for (unsigned i = 0; i < STEPS; i++)
		live_step(&live, print_tables);
	live_interval(&live, true, print_tables, NULL);
	live_date(&live);
	live_finish(&live);
	bytes = live_bytes(&live, &size);
	again_bytes(&again, bytes, size,
		    (struct replay_config){
			    .ops = again_ctf ? ctf_ops(again_ctf) : ops, .ctf = again_ctf, .interval = print_tables});
	ctf_free(live_ctf);
	ctf_free(again_ctf);
	compare(&live, &again, with_ctf ? "ctf" : ops->name, script);
	assert_int_equal(folders_same(&folders), with_ctf ? 2 : 0);
	size = live.out_size;
	again_free(&again);
	free(bytes);
	live_free(&live);
	return size;
}

static void check_forms(struct setup *setup, const char *script)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		setup->schema->options.quiet = seed & 1;
		for (unsigned form = 0; form < FORMS; form++)
			assert_true(check_form(setup->schema, script, report_formats[form].ops, false, seed) > 100);
		check_form(setup->schema, script, &report_text, true, seed);
	}
}

/* ---- kinds of values ---- */

static const struct value_case {
	const char *value;
	const char *formats; /* blanks between */
	bool is_bytes;	     /* its string is made bytes, which no script has as yet */
} values[] = {
	{"args[0]", "%d %u %x %o %c %C %a %A %p %5d %-8d|", false},
	{"args[1]", "%d %u %x %o %c %C %a", false},
	{"args[2]", "%d %u %x %a", false},
	{"args[3]", "%d %u %x %a", false},
	{"args[4]", "%d %u %x %a %'d", false},
	{"args[5]", "%d %u %x %a", false},
	{"args[6]", "%d %u %x %a %A %p %Y %30a| %-30a| %?x", false},
	{"args[7]", "%d %u %x %a %A %p %Y %.5a", false},
	{"execname", "%s %S %10s| %-10s| %.2s", false},
	{"execname", "%s %S", true},
	{"stack()", "%k", false},
	{"ustack()", "%k", false},
	{"func(args[6])", "%a %A %s %20A| %.3s", false},
	{"mod(args[6])", "%a %A %s", false},
	{"sym(args[6])", "%A", false},
	{"usym(args[6])", "%a %A %s", false},
	{"umod(args[6])", "%A %s", false},
	{"uaddr(args[6])", "%A %s", false},
};

static void add_prints(const struct value_case *of, const char *call, const char *rest, struct buf *script)
{
	char *formats = strdup(of->formats), *next = formats, *format;

	assert_non_null(formats);
	while ((format = strsep(&next, " ")))
		buf_printf(script, "%s(\"%s%s\\n\", %s); ", call, format, rest, *rest ? "@k" : of->value);
	free(formats);
}

static void make_script(const struct value_case *of, struct buf *script)
{
	buf_printf(script, "test:lib.so:f:ints { trace(%s); ", of->value);
	add_prints(of, "printf", "", script);
	buf_printf(script,
		   "@k[%s] = count(); @two[%s, args[1]] = quantize(args[4]); @sums[%s, args[1]] = sum(args[6]); }\n",
		   of->value, of->value, of->value);
	buf_printf(script, "test:lib.so:f:ints2, test:lib.so:g:long { trace(%s); }\n",
		   strstr(of->value, "args[") ? "arg0" : of->value);
	buf_puts(script, "tick-1s { printa(@k); printa(@two); printa(@two, @sums); ");
	add_prints(of, "printa", " %@d", script);
	buf_puts(script, "clear(@k); trunc(@two, 2); }\nEND { trunc(@k); }\n");
}

static void make_bytes(struct schema *schema)
{
	for (unsigned i = 0; i < schema->clauses_len; i++)
		for (unsigned j = 0; j < schema->clauses[i].actions_len; j++)
			for (unsigned k = 0; k < schema->clauses[i].actions[j].fields_len; k++)
				if (schema->clauses[i].actions[j].fields[k].kind == FIELD_STRING)
					schema->clauses[i].actions[j].fields[k].kind = FIELD_BYTES;
	for (unsigned i = 0; i < schema->aggs_len; i++)
		for (unsigned k = 0; k < schema->aggs[i].keys_len; k++)
			if (schema->aggs[i].keys[k].kind == FIELD_STRING)
				schema->aggs[i].keys[k].kind = FIELD_BYTES;
}

static void see_kinds(const struct schema *schema, bool kinds[FIELD_KINDS], bool forms[SYMBOL_FORMS])
{
	for (unsigned k = 0; k < schema->aggs[0].keys_len; k++) {
		const struct field *key = &schema->aggs[0].keys[k];

		kinds[key->kind] = true;
		if (key->kind == FIELD_SYMBOL)
			forms[key->form] = true;
	}
}

static void test_values(void **state)
{
	bool kinds[FIELD_KINDS] = {false}, forms[SYMBOL_FORMS] = {false};

	(void)state;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct buf script = {0};
		struct setup setup;

		make_script(&values[i], &script);
		setup_init(&setup, script.data);
		if (values[i].is_bytes)
			make_bytes(setup.schema);
		see_kinds(setup.schema, kinds, forms);
		check_forms(&setup, script.data);
		setup_free(&setup);
		buf_free(&script);
	}
	for (unsigned i = 0; i < FIELD_KINDS; i++)
		assert_true(kinds[i]);
	for (unsigned i = 0; i < SYMBOL_FORMS; i++)
		assert_true(forms[i]);
}

/* ---- aggregating functions ---- */

static const char *const calls[] = {
	"count()",
	"sum(X)",
	"avg(X)",
	"min(X)",
	"max(X)",
	"stddev(X)",
	"quantize(X)",
	"lquantize(X, 0, 100, 10)",
	"llquantize(X, 10, 0, 4, 20)",
	"tquantize(X)",
};

static const char *call_of(const struct agg *agg)
{
	size_t size = strlen(agg->name);

	for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strncmp(calls[i], agg->name, size) && calls[i][size] == '(')
			return calls[i];
	fail_msg("%s() is missing here", agg->name);
	return NULL;
}

static void put_call(const char *call, const char *value, struct buf *script)
{
	for (; *call; call++)
		if (*call == 'X')
			buf_puts(script, value);
		else
			buf_putc(script, *call);
}

static void test_aggregations(void **state)
{
	(void)state;
	for (unsigned i = 0; agg_at(i); i++) {
		const char *call = call_of(agg_at(i));
		struct buf script = {0};
		struct setup setup;

		buf_puts(&script, "test:lib.so:f:ints { @signed[args[4], \"x\"] = ");
		put_call(call, "args[6]", &script);
		buf_puts(&script, "; @unsigned = ");
		put_call(call, "args[7]", &script);
		buf_puts(&script, "; }\ntest:lib.so:f:ints { trace(1); }\n"
				  "tick-1s { printa(@signed); printa(\"%d %s %@d\\n\", @signed); printa(@unsigned); "
				  "normalize(@signed, 3); }\n"
				  "tick-1s { printa(@signed, @signed); clear(@signed); trunc(@unsigned); }\n"
				  "tick-1s { top(@signed, 2); share(@signed, 100); printa(\"%d %s %@d\\n\", @signed); "
				  "denormalize(@signed); }\n");
		setup_init(&setup, script.data);
		check_forms(&setup, script.data);
		setup_free(&setup);
		buf_free(&script);
	}
}

/* ---- views ---- */

enum view_file { NO_FILE, WITH_PPROF = 1, WITH_HTML = 2, WITH_CHROME = 4 };

static const char profile_script[] = "test:lib.so:g:long { @samples[execname, \"thread\", args[0] % 7, stack(), "
				     "ustack()] = count(); trace(args[0]); }";
static const char sched_script[] =
	"test:lib.so:g:long { @cpu[execname, \"t\"] = sum(args[0]); @wait[execname, \"t\"] = sum(args[0]); "
	"@blocked[execname, \"t\"] = sum(args[0]); "
	"@switches[execname, \"t\"] = count(); @worst[execname, \"t\"] = max(args[0]); @latency[execname, \"t\"] = "
	"tquantize(args[0]); "
	"@wakes[execname, \"a\", \"b\", \"c\"] = count(); @wakens[execname, \"a\", \"b\", \"c\"] = sum(args[0]); "
	"@sleeps[execname, \"t\", stack()] = count(); @blockedon[execname, \"t\", stack()] = sum(args[0]); @queue = "
	"avg(args[0]); "
	"@queuemax = max(args[0]); trace(1); }";
static const char offcpu_script[] = "test:lib.so:g:long { @blocked[execname, \"t\", stack(), ustack()] = sum(args[0]); "
				    "@sleeps[execname, \"t\", stack(), ustack()] = count(); "
				    "@longest[execname, \"t\", stack(), ustack()] = max(args[0]); trace(1); }";
static const char stages_script[] =
	"test:lib.so:g:long { @latency[\"osd.1\", \"write\", execname] = tquantize(args[0]); "
	"@total[\"osd.1\", \"write\", execname] = sum(args[0]); @worst[\"osd.1\", \"write\", execname] = max(args[0]); "
	"@waited[execname, execname, args[0]] = count(); @waitedns[execname, execname, args[0]] = sum(args[0]); "
	"@pg[execname, args[0], args[0]] = sum(args[0]); "
	"@ended[execname, args[0], -args[0], args[0], \"error\"] = count(); trace(1); }";

static const struct view_case {
	const char *name, *script;
	enum report_form form;
	enum view_file files;
	const char *option, *value; /* one of the view's own; NULL: none */
} view_cases[] = {
	{"profile", profile_script, FORM_TEXT, NO_FILE, NULL, NULL},
	{"profile", profile_script, FORM_TEXT, NO_FILE, "by", "stage"},
	{"profile", profile_script, FORM_JSON, NO_FILE, "by", "stage"},
	{"profile", profile_script, FORM_CSV, NO_FILE, "by", "stage"},
	{"profile", profile_script, FORM_TEXT, WITH_PPROF | WITH_HTML, "folded", NULL},
	{"sched", sched_script, FORM_TEXT, NO_FILE, NULL, NULL},
	{"sched", sched_script, FORM_JSON, NO_FILE, NULL, NULL},
	{"sched", sched_script, FORM_CSV, NO_FILE, NULL, NULL},
	{"offcpu", offcpu_script, FORM_TEXT, NO_FILE, NULL, NULL},
	{"offcpu", offcpu_script, FORM_JSON, NO_FILE, NULL, NULL},
	{"osd", stages_script, FORM_TEXT, WITH_HTML, NULL, NULL},
	{"osd", stages_script, FORM_JSON, NO_FILE, NULL, NULL},
	{"osd", stages_script, FORM_CSV, NO_FILE, NULL, NULL},
	{"osd", stages_script, FORM_OPENMETRICS, NO_FILE, NULL, NULL},
};

static const struct view_case *the_case;

static void give(struct view *view, const char *name, const char *value)
{
	struct buf why = {0};

	if (view_take(view, name, name, value, &why) < 0)
		fail_msg("%s", why.data);
}

static struct view *view_of(const char *name, struct arena *arena, enum report_form form, enum view_file files,
			    const char *folder)
{
	struct view *view = view_new(view_find(name), arena);

	view->form = form;
	view->processors = 2;
	if (files & WITH_HTML)
		view->picture = fopen(arena_printf(arena, "%s/html", folder), "w");
	if (files & WITH_PPROF)
		give(view, "pprof", arena_printf(arena, "%s/pprof", folder));
	if (files & WITH_CHROME)
		give(view, "chrome", arena_printf(arena, "%s/chrome", folder));
	return view;
}

static void view_close(struct view *view)
{
	if (view->picture)
		fclose(view->picture);
	view_free(view);
}

static void on_start(const struct report *report, void *data)
{
	struct view *view = data;

	if (view->ops->begin)
		view->ops->begin(view, report);
}

static int print_view(struct report *report, bool is_last, void *data)
{
	struct view *view = data;

	if (is_last)
		return view->ops->end(view, report);
	return view->ops->interval ? view->ops->interval(view, report) : 0;
}

static struct view *view_of_case(const struct view_case *of, struct arena *arena, const char *folder)
{
	struct view *view = view_of(of->name, arena, of->form, of->files, folder);

	view->interval = view->ops->interval ? 5 : 0;
	give(view, "verbose", "");
	if (of->option)
		give(view, of->option, of->value);
	return view;
}

/* Facts as a host has them. */
static void observe(struct live *live, struct fact facts[4], uint64_t round)
{
	static const char *const names[] = {SCHED_ALL, SCHED_BUSY, SCHED_STOLEN, SCHED_PRESSED};

	for (unsigned i = 0; i < 4; i++)
		facts[i] = (struct fact){names[i], 1000 * (round + 1) * (i ? i : 7), ""};
	live->report.facts = (struct facts){facts, 4};
}

static void live_view(struct live *live, struct view *view, const struct schema *schema, uint64_t seed)
{
	struct fact facts[4];

	live_start(live, schema,
		   &(struct live_config){
			   .ops = &view->records, .data = view, .seed = seed, .report_name = the_case->name});
	on_start(&live->report, view);
	for (unsigned i = 0; i < STEPS; i++) {
		live_step(live, NULL);
		if (i % 10)
			continue;
		observe(live, facts, i);
		assert_int_equal(print_view(&live->report, false, view), 0);
		assert_int_equal(recorder_interval(live->recorder, false), 0);
	}
	live_date(live);
	observe(live, facts, STEPS);
	assert_int_equal(print_view(&live->report, true, view), 0);
	assert_int_equal(recorder_interval(live->recorder, true), 0);
	live_finish(live);
}

static void check_view(uint64_t seed)
{
	struct live live = {0};
	struct folders folders;
	struct view *views_of[2];
	struct setup setup;
	struct again again;
	char *bytes;
	size_t size;

	folders_make(&folders);
	setup_init(&setup, the_case->script);
	for (unsigned i = 0; i < 2; i++)
		views_of[i] = view_of_case(the_case, setup.arena, i ? folders.again : folders.live);
	live_view(&live, views_of[0], setup.schema, seed);
	bytes = live_bytes(&live, &size);
	again_bytes(&again, bytes, size,
		    (struct replay_config){.ops = &views_of[1]->records,
					   .report_data = views_of[1],
					   .on_start = on_start,
					   .interval = print_view,
					   .data = views_of[1]});
	for (unsigned i = 0; i < 2; i++)
		view_close(views_of[i]);
	compare(&live, &again, report_formats[the_case->form].name, the_case->script);
	assert_true(live.out_size > 200);
	folders_same(&folders);
	again_free(&again);
	free(bytes);
	live_free(&live);
	setup_free(&setup);
}

static void test_views(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(view_cases) / sizeof(view_cases[0]); i++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			the_case = &view_cases[i];
			check_view(seed);
		}
}

/* ---- views that read records ---- */

/* A record of one action, by its values: numbers, or texts where the field is one. */
static void send_values(struct live *live, unsigned probe, const uint64_t *numbers, const char *const *texts)
{
	static _Alignas(8) unsigned char record[RECORD_MAX];
	const struct record_layout *layout = &live->report.schema->clauses[0];

	memset(record, 0, layout->size);
	memcpy(record, &(struct record_head){.probe = probe}, sizeof(struct record_head));
	for (unsigned i = 0, n = 0; i < layout->actions_len; i++) {
		record[layout->actions[i].present] = 1;
		for (unsigned j = 0; j < layout->actions[i].fields_len; j++, n++) {
			const struct field *field = &layout->actions[i].fields[j];

			if (field->kind == FIELD_STRING)
				strncpy((char *)record + field->offset, texts[n], field->size - 1);
			else
				memcpy(record + field->offset, &numbers[n], field->size);
		}
	}
	live_send(live, record, layout->size);
}

static void send_step(struct live *live, uint64_t ns, const char *daemon, const char *step)
{
	const uint64_t numbers[] = {1000000000 + ns, 4123, 7, 77, 78, 0, 0, 3, ns, 0, 0};
	const char *const texts[] = {"", "", "", "", "", daemon, "tp_osd_tp", "", "", "rbd_data.1", step};

	live_date(live);
	send_values(live, 0, numbers, texts);
}

static void send_op(struct live *live)
{
	send_step(live, 10, "osd.1", "op-recv");
	send_step(live, 20, "osd.1", "op-start");
	send_step(live, 30, "osd.1", "subop-send");
	send_step(live, 50, "osd.3", "subop-recv");
	send_step(live, 60, "osd.3", "subop-commit");
	send_step(live, 80, "osd.1", "subop-reply");
	send_step(live, 900, "osd.1", "op-done");
}

static void check_op(enum report_form form, enum view_file files)
{
	static const char script[] =
		"test:lib.so:f:ints { printf(\"%d %d %d %d %d %s %s %d %d %s %s\\n\", args[6], args[6], args[7], "
		"args[4], args[4], execname, execname, args[6], args[6], execname, execname); }";
	struct folders folders;
	struct live live = {0};
	struct setup setup;
	struct again again;
	struct view *views_of[2];
	char *bytes;
	size_t size;

	folders_make(&folders);
	setup_init(&setup, script);
	for (unsigned i = 0; i < 2; i++) {
		views_of[i] = view_of("op", setup.arena, form, files, i ? folders.again : folders.live);
		give(views_of[i], "slowest", "2");
	}
	live_start(&live, setup.schema,
		   &(struct live_config){
			   .ops = &views_of[0]->records, .seed = 1, .data = views_of[0], .report_name = "op"});
	on_start(&live.report, views_of[0]);
	send_op(&live);
	live_date(&live);
	live_finish(&live);
	bytes = live_bytes(&live, &size);
	again_bytes(&again, bytes, size,
		    (struct replay_config){.ops = &views_of[1]->records,
					   .report_data = views_of[1],
					   .on_start = on_start,
					   .data = views_of[1]});
	for (unsigned i = 0; i < 2; i++)
		view_close(views_of[i]);
	compare(&live, &again, report_formats[form].name, script);
	assert_non_null(strstr(live.out, "osd.3"));
	assert_int_equal(folders_same(&folders), (files ? 2 : 0));
	again_free(&again);
	free(bytes);
	live_free(&live);
	setup_free(&setup);
}

static void test_op(void **state)
{
	(void)state;
	check_op(FORM_TEXT, NO_FILE);
	check_op(FORM_JSON, WITH_HTML | WITH_CHROME);
}

/* Probe 0 is the trigger's entry, 1 its return, 2 and 3 those of what it calls, 4 one that was refused. */
static struct schema calls_schema(struct setup *setup)
{
	static const char *const names[][2] = {
		{"t(int)", "entry"}, {"t(int)", "return"}, {"a()", "entry"}, {"a()", "return"}, {"b()", "entry"}};
	static uint32_t trigger = 0;
	struct schema schema = *setup->schema;

	schema.probes = arena_new_array(setup->arena, struct schema_probe, 5);
	schema.probes_len = 5;
	for (unsigned i = 0; i < 5; i++)
		schema.probes[i] = (struct schema_probe){.id = i + 1,
							 .prov = "pid7",
							 .mod = "m",
							 .func = names[i][0],
							 .name = names[i][1],
							 .pid = 7,
							 .is_refused = i == 4};
	schema.clauses[0].probes = &trigger;
	schema.clauses[0].probes_len = 1;
	return schema;
}

static void check_calls(enum report_form form, const char *option, const char *value)
{
	static const char script[] =
		"test:lib.so:f:ints { trace(args[6]); trace(args[6]); trace(args[7]); trace(args[6]); trace(args[6]); "
		"trace(args[6]); }";
	static const uint64_t steps[][7] = {{0, 9, 1000, 100, 1, 1, 0},
					    {2, 9, 1100, 80, 1, 2, 0},
					    {3, 9, 1400, 80, 1, 3, 0},
					    {1, 9, 2500, 100, 1, 4, 0}};
	struct view *calls_of[2];
	struct fact trigger = {CALLS_TRIGGER, 0, "t"};
	struct live live = {0};
	struct setup setup;
	struct schema schema;
	struct again again;
	char *bytes;
	size_t size;

	setup_init(&setup, script);
	schema = calls_schema(&setup);
	for (unsigned i = 0; i < 2; i++) {
		calls_of[i] = view_of("calls", setup.arena, form, NO_FILE, NULL);
		give(calls_of[i], "trigger", "t");
		if (option)
			give(calls_of[i], option, value);
	}
	live_start(&live, &schema,
		   &(struct live_config){.ops = &calls_of[0]->records,
					 .seed = 1,
					 .data = calls_of[0],
					 .report_name = "calls",
					 .facts = {&trigger, 1}});
	on_start(&live.report, calls_of[0]);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		live_date(&live);
		send_values(&live, (unsigned)steps[i][0], &steps[i][1], NULL);
	}
	live_drop(&live);
	live_date(&live);
	live_finish(&live);
	bytes = live_bytes(&live, &size);
	again_bytes(&again, bytes, size,
		    (struct replay_config){.ops = &calls_of[1]->records,
					   .report_data = calls_of[1],
					   .on_start = on_start,
					   .data = calls_of[1]});
	compare(&live, &again, "calls", script);
	assert_non_null(strstr(live.out, option && !value ? "t;a 300" : "a"));
	if (form == FORM_JSON)
		assert_non_null(strstr(live.out, "\"not_followed\":[\"b\"]"));
	again_free(&again);
	free(bytes);
	live_free(&live);
	for (unsigned i = 0; i < 2; i++)
		view_free(calls_of[i]);
	setup_free(&setup);
}

static void test_calls(void **state)
{
	(void)state;
	check_calls(FORM_TEXT, NULL, NULL);
	check_calls(FORM_TEXT, "slowest", "2");
	check_calls(FORM_JSON, NULL, NULL);
	check_calls(FORM_TEXT, "folded", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_aggregations), cmocka_unit_test(test_views),
		cmocka_unit_test(test_op),     cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
