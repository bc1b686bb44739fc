/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Example scripts: one question each, as templates. `@{provider:::marker}` is a probe at that marker, and behind it in
 * the same clause `@{.arg}` is that marker's argument; so names and numbers are the catalogue's, and a script cannot
 * grow stale. They ask only for what stamped copies have too.
 */
#include <errno.h>
#include <string.h>

#include "ceph/catalogue_scripts.h"
#include "ceph/stamp.h"

static const struct cat_question questions[] = {
	{"markers", "How often does each marker fire?", "usdt:$1:* { @[probe] = count(); }\n",
	 "global fired\n"
	 "probe ceph.*.* { fired[name] <<< 1 }\n"
	 "probe end { foreach (marker in fired-) printf(\"%-20s %d\\n\", marker, @count(fired[marker])) }\n"},
	{"op-queue", "How long do ops wait in an OSD's queue?",
	 "@{ceph_osd:::op-enqueue} { @queued[pid, @{.op}] = nsecs; }\n"
	 "@{ceph_osd:::op-dequeue-start} /@queued[pid, @{.op}]/ {\n"
	 "\t@wait_us = hist((nsecs - @queued[pid, @{.op}]) / 1000);\n"
	 "\tdelete(@queued[pid, @{.op}]);\n"
	 "}\n"
	 "END { clear(@queued); }\n",
	 "global queued%, wait\n"
	 "probe @{ceph_osd:::op-enqueue} { queued[pid(), @{.op}] = gettimeofday_ns() }\n"
	 "probe @{ceph_osd:::op-dequeue-start} {\n"
	 "\tif ([pid(), @{.op}] in queued) wait <<< (gettimeofday_ns() - queued[pid(), @{.op}]) / 1000\n"
	 "\tdelete queued[pid(), @{.op}]\n"
	 "}\n"
	 "probe end { println(\"us in the queue\"); print(@hist_log(wait)) }\n"},
	{"op-latency", "How long do client ops take, from the start of their execution to their end, by pool?",
	 "@{ceph_osd:::op-start} { @began[pid, @{.op}] = nsecs; @pool[pid, @{.op}] = @{.pool}; }\n"
	 "@{ceph_osd:::op-done} /@began[pid, @{.op}]/ {\n"
	 "\t@us[@pool[pid, @{.op}]] = hist((nsecs - @began[pid, @{.op}]) / 1000);\n"
	 "\tdelete(@began[pid, @{.op}]);\n"
	 "\tdelete(@pool[pid, @{.op}]);\n"
	 "}\n"
	 "END { clear(@began); clear(@pool); }\n",
	 "global began%, us\n"
	 "probe @{ceph_osd:::op-start} { began[pid(), @{.op}] = gettimeofday_ns() }\n"
	 "probe @{ceph_osd:::op-done} {\n"
	 "\tif ([pid(), @{.op}] in began) us[@{.pool}] <<< (gettimeofday_ns() - began[pid(), @{.op}]) / 1000\n"
	 "\tdelete began[pid(), @{.op}]\n"
	 "}\n"
	 "probe end { foreach (p in us) { printf(\"pool %d, us\\n\", p); print(@hist_log(us[p])) } }\n"},
	{"replication", "How long until a write is durable on all its replicas?",
	 "@{ceph_repl:::repop-issue} { @sent[pid, @{.rep_tid}] = nsecs; }\n"
	 "@{ceph_repl:::repop-committed} /@sent[pid, @{.rep_tid}]/ {\n"
	 "\t@us = hist((nsecs - @sent[pid, @{.rep_tid}]) / 1000);\n"
	 "\tdelete(@sent[pid, @{.rep_tid}]);\n"
	 "}\n"
	 "END { clear(@sent); }\n",
	 "global sent%, us\n"
	 "probe @{ceph_repl:::repop-issue} { sent[pid(), @{.rep_tid}] = gettimeofday_ns() }\n"
	 "probe @{ceph_repl:::repop-committed} {\n"
	 "\tif ([pid(), @{.rep_tid}] in sent) us <<< (gettimeofday_ns() - sent[pid(), @{.rep_tid}]) / 1000\n"
	 "\tdelete sent[pid(), @{.rep_tid}]\n"
	 "}\n"
	 "probe end { println(\"us\"); print(@hist_log(us)) }\n"},
	{"fan-out", "How many writes do the primaries send on to which OSDs, for which clients?",
	 "@{ceph_repl:::subop-send} { @[pid, @{.client}, @{.peer}] = count(); }\n",
	 "global sent\n"
	 "probe @{ceph_repl:::subop-send} { sent[pid(), @{.client}, @{.peer}] <<< 1 }\n"
	 "probe end {\n"
	 "\tforeach ([p, c, o] in sent-)\n"
	 "\t\tprintf(\"process %d client %d to osd.%d: %d\\n\", p, c, o, @count(sent[p, c, o]))\n"
	 "}\n"},
	{"commit", "How long does BlueStore take to make a transaction durable, and how much data is in it?",
	 "@{ceph_store:::txn-committed} {\n"
	 "\t@us = hist((nsecs - @{.start}) / 1000);\n"
	 "\t@bytes = hist(@{.bytes});\n"
	 "}\n",
	 "global us, size\n"
	 "probe @{ceph_store:::txn-committed} {\n"
	 "\tus <<< (ktime_get_ns() - @{.start}) / 1000\n"
	 "\tsize <<< @{.bytes}\n"
	 "}\n"
	 "probe end { println(\"us\"); print(@hist_log(us)); println(\"bytes\"); print(@hist_log(size)) }\n"},
	{"write-sizes", "How large are the writes to objects, on each OSD?",
	 "@{ceph_store:::txn-write} { @bytes[pid] = hist(@{.len}); }\n",
	 "global size\n"
	 "probe @{ceph_store:::txn-write} { size[pid()] <<< @{.len} }\n"
	 "probe end { foreach (p in size) { printf(\"process %d, bytes\\n\", p); print(@hist_log(size[p])) } }\n"},
	{"hot-objects", "Which objects are read most?",
	 "@{ceph_store:::read-start} { @[str(@{.oid})] = count(); }\n"
	 "END { print(@, 20); clear(@); }\n",
	 "global reads%\n"
	 "probe @{ceph_store:::read-start} { reads[@{.oid}] <<< 1 }\n"
	 "probe end { foreach (o in reads- limit 20) printf(\"%8d %s\\n\", @count(reads[o]), o) }\n"},
	{"device-io", "How long does each device read or write take, and how large is it?",
	 "@{ceph_bdev:::aio-start} { @began[@{.ioc}, @{.off}] = nsecs; }\n"
	 "@{ceph_bdev:::aio-done} /@began[@{.ioc}, @{.off}]/ {\n"
	 "\t@us = hist((nsecs - @began[@{.ioc}, @{.off}]) / 1000);\n"
	 "\t@bytes = hist(@{.len});\n"
	 "\tdelete(@began[@{.ioc}, @{.off}]);\n"
	 "}\n"
	 "END { clear(@began); }\n",
	 "global began%, us, size\n"
	 "probe @{ceph_bdev:::aio-start} { began[pid(), @{.ioc}, @{.off}] = gettimeofday_ns() }\n"
	 "probe @{ceph_bdev:::aio-done} {\n"
	 "\tif ([pid(), @{.ioc}, @{.off}] in began) {\n"
	 "\t\tus <<< (gettimeofday_ns() - began[pid(), @{.ioc}, @{.off}]) / 1000\n"
	 "\t\tsize <<< @{.len}\n"
	 "\t}\n"
	 "\tdelete began[pid(), @{.ioc}, @{.off}]\n"
	 "}\n"
	 "probe end { println(\"us\"); print(@hist_log(us)); println(\"bytes\"); print(@hist_log(size)) }\n"},
};

enum { QUESTIONS = sizeof(questions) / sizeof(*questions) };

const struct cat_question *cat_question_at(unsigned i)
{
	return i < QUESTIONS ? &questions[i] : NULL;
}

/* A template while it is filled in. */
struct filling {
	const struct catalogue *cat;
	enum cat_tracer tracer;
	const struct cat_marker *marker; /* of the clause that it is in; NULL before the first */
	struct buf *out;
	const char *why;
};

static int fail(struct filling *f, const char *what, const char *name)
{
	f->why = arena_printf(f->cat->arena, "the catalogue has no %s `%s`", what, name);
	return -ENOENT;
}

static int put_marker(struct filling *f, const char *name)
{
	const char *colons = strstr(name, ":::");

	f->marker = !colons ? NULL
			    : catalogue_find(f->cat, arena_strndup(f->cat->arena, name, (size_t)(colons - name)),
					     colons + 3);
	if (!f->marker)
		return fail(f, "marker", name);
	if (f->tracer == CAT_SYSTEMTAP)
		buf_puts(f->out, cat_tapset_name(f->cat->arena, f->marker));
	else
		buf_printf(f->out, "usdt:$1:%s:%s", f->marker->provider,
			   cat_undash(f->cat->arena, f->marker->name, "__"));
	return 0;
}

static int put_arg(struct filling *f, const char *name)
{
	unsigned i;

	for (i = 0; f->marker && i < f->marker->args_len; i++) {
		const struct cat_arg *arg = &f->marker->args[i];

		if (strcmp(arg->name, name) != 0)
			continue;
		if (f->tracer == CAT_SYSTEMTAP)
			buf_puts(f->out, name);
		else if (arg->type->is_signed && arg->type->size < 8) /* bpftrace 0.17 does not extend the sign */
			buf_printf(f->out, "(int%u)arg%u", arg->type->size * 8u, i);
		else
			buf_printf(f->out, "arg%u", i);
		return 0;
	}
	return fail(f, "argument", name);
}

static int fill(struct filling *f, const char *template)
{
	const char *open, *close;
	char *name;
	int err = 0;

	while (!err && (open = strstr(template, "@{"))) {
		close = strchr(open, '}');
		buf_add(f->out, template, (size_t)(open - template));
		name = arena_strndup(f->cat->arena, open + 2, (size_t)(close - open - 2));
		err = *name == '.' ? put_arg(f, name + 1) : put_marker(f, name);
		template = close + 1;
	}
	buf_puts(f->out, template);
	return err;
}

int catalogue_script(const struct catalogue *cat, const struct cat_question *question, enum cat_tracer tracer,
		     struct buf *out, const char **why)
{
	struct filling f = {.cat = cat, .tracer = tracer, .out = out};
	bool is_stap = tracer == CAT_SYSTEMTAP;
	int err;

	buf_printf(out,
		   "%s\n/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
		   "/*\n * %s\n *\n"
		   " * Made by `cephtap catalogue --%s=%s`. Until ^C:\n"
		   " *   %s%s\n */\n",
		   is_stap ? "#!/usr/bin/stap" : "#!/usr/bin/bpftrace", question->question,
		   is_stap ? "systemtap" : "bpftrace", question->name,
		   is_stap ? "stap -I tools/systemtap/tapset tools/systemtap/" : "bpftrace tools/bpftrace/",
		   arena_printf(cat->arena, "%s%s", question->name, is_stap ? ".stp" : ".bt CEPH-OSD-WITH-MARKERS"));
	err = fill(&f, is_stap ? question->systemtap : question->bpftrace);
	*why = f.why;
	return err;
}
