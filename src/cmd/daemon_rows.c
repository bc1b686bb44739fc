/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cmd/daemon_rows.h"

#include <stdlib.h>
#include <string.h>

#include "ceph/card.h"
#include "ceph/learn.h"
#include "lib/debug.h"
#include "lib/elf.h"
#include "lib/held.h"
#include "probe/host.h"

enum { CLIENTS_MAX = 20 };

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- its file ---- */

static void read_build(struct arena *arena, struct elf_file *elf, const struct proc_file *program,
		       struct daemon_row *row)
{
	struct card *card = NULL;
	char root[PROC_ROOT_SIZE];
	struct debug debug;
	const char *why;

	row->build_id = *elf_build_id(elf) ? arena_strdup(arena, elf_build_id(elf)) : NULL;
	proc_root(program->pid, root);
	row->has_card = row->build_id && !card_find_of(arena, elf, &card, &why);
	if (row->has_card)
		row->release = card->release;
	else
		row->release = learn_release(arena, elf, root, program->name);
	debug_find(elf, program->name, root, &debug);
	row->has_debug = debug.info && elf_has_section(debug.info, ".debug_info");
	debug_close(&debug);
}

static void read_program(struct arena *arena, const struct proc_file *program, struct daemon_row *row)
{
	struct held *held = NULL;
	struct buf why = {0};
	struct elf_file *elf;

	if (!held_open_mapped(program, &held, &why) && !elf_file_read(held, program->path, &elf)) {
		read_build(arena, elf, program, row);
		elf_file_close(elf);
	}
	held_close(held);
	buf_free(&why);
}

/* ---- its markers ---- */

/* What stands before what the layout is nearest to. */
static void count_evidence(struct arena *arena, const char *text, struct daemon_row *row)
{
	char *kind = arena_strdup(arena, !text			      ? "built into the binary"
					 : strcmp(text, "needs none") ? text
								      : "by name alone: nothing of a layout is read");
	unsigned i;

	for (i = 0; i < row->evidence_len && strcmp(row->evidence[i].text, kind) != 0; i++)
		;
	if (i == row->evidence_len)
		arena_push(arena, row->evidence, row->evidence_len)->text = kind;
	row->evidence[i].markers++;
}

static const char *missing_argument(const struct probe *probe)
{
	for (unsigned i = 0; probe->sites[0].args && i < probe->args_len; i++)
		if (probe->sites[0].args[i].why)
			return probe->sites[0].args[i].why;
	return NULL;
}

static void count_marker(struct arena *arena, const struct probe *probe, struct daemon_row *row)
{
	const char *missing;

	row->markers++;
	if (probe->why_not || !probe->sites_len) {
		row->why =
			row->why ? row->why : arena_strdup(arena, probe->why_not ? probe->why_not : "it has no place");
		return;
	}
	missing = missing_argument(probe);
	row->usable++;
	row->partly += missing != NULL;
	if (missing && !row->partly_why)
		row->partly_why = arena_strdup(arena, missing);
	count_evidence(arena, probe->sites[0].evidence, row);
}

/* Of a library that it may load there are markers too, which do not count. */
static bool is_mapped(const struct proc_file *files, unsigned len, const char *module)
{
	for (unsigned i = 0; i < len; i++)
		if (!strcmp(base_of(files[i].name), module))
			return true;
	return false;
}

static int evidence_compare(const void *a, const void *b)
{
	const struct evidence_row *x = a, *y = b;

	return (x->markers < y->markers) - (x->markers > y->markers);
}

static void count_markers(struct arena *arena, pid_t pid, const struct proc_file *files, unsigned files_len,
			  struct daemon_row *row)
{
	static const struct probe_desc markers = {"ceph_*", "", "", "", 0};
	struct target target = {.pids = &pid, .pids_len = 1, .main_pid = pid, .vouches_for_all = true};
	struct arena *scratch = arena_new();
	struct probe_host *host = probe_host_new(scratch, &target);
	struct probe_source source = probe_host_source(host);
	const char *why = NULL;
	struct probe_list list = source.find(&source, &markers, &why);

	for (unsigned i = 0; i < list.len; i++)
		if (is_mapped(files, files_len, list.probes[i]->mod))
			count_marker(arena, list.probes[i], row);
	probe_host_free(host);
	arena_free(scratch);
	if (row->evidence_len)
		qsort(row->evidence, row->evidence_len, sizeof(*row->evidence), evidence_compare);
}

/* Does it run the same build of the same files? Then what was found of the other is true of it. */
static bool is_alike(const struct daemon_row *row, const struct daemon_row *other)
{
	return row->build_id && other->build_id && !strcmp(row->build_id, other->build_id) &&
	       !strcmp(row->program, other->program) && !row->packaging.is_contained &&
	       !other->packaging.is_contained && row->daemon->is_client == other->daemon->is_client &&
	       !row->daemon->is_client;
}

/* ---- what to do ---- */

static const char *advise(struct arena *arena, const struct daemon_row *row)
{
	const char *package = packaging_debug_package(arena, base_of(row->program), row->packaging.distribution);
	int pid = (int)row->daemon->pid;

	if (!row->markers)
		return "the catalogue has no markers in what it runs";
	if (row->has_card || (row->usable == row->markers && !row->partly))
		return NULL;
	if (!row->build_id)
		return "its file has no build-id, so no layout card can be tied to it";
	if (row->has_debug)
		return arena_printf(arena, "its debug information is here: `cephtap learn -p %d` makes a card of it",
				    pid);
	return arena_printf(arena,
			    "`cephtap learn -p %d` makes a card from debug information: install %s, unpack it into a "
			    "folder (--from DIR), or name a server (--debuginfod=URL)",
			    pid, package ? package : "its package of debug symbols");
}

static void fill_row(struct arena *arena, const struct daemon_rows *rows, struct daemon_row *row)
{
	struct proc_file *files;
	const struct proc_file *program = NULL;
	unsigned len;

	if (proc_files(arena, row->daemon->pid, &files, &len)) {
		row->advice = "run it as root";
		return;
	}
	for (unsigned i = 0; i < len && !program; i++)
		if (row->daemon->is_client ? strstr(files[i].name, "/librados.so.") != NULL : files[i].is_main)
			program = &files[i];
	for (unsigned i = 0; i < len && !program; i++)
		program = files[i].is_main ? &files[i] : NULL;
	if (!program) {
		row->advice = "run it as root";
		return;
	}
	row->program = program->name;
	read_program(arena, program, row);
	packaging_find(arena, row->daemon->pid, row->program, row->release, &row->packaging);
	for (unsigned i = 0; i < rows->len && !row->markers; i++) {
		const struct daemon_row *other = &rows->rows[i];

		if (other == row || !other->program || !other->markers || !is_alike(row, other))
			continue;
		row->markers = other->markers;
		row->usable = other->usable;
		row->partly = other->partly;
		row->why = other->why;
		row->partly_why = other->partly_why;
		row->evidence = other->evidence;
		row->evidence_len = other->evidence_len;
	}
	if (!row->markers)
		count_markers(arena, row->daemon->pid, files, len, row);
	row->advice = advise(arena, row);
}

void daemon_rows_find(struct arena *arena, struct daemon_rows *out)
{
	unsigned clients = 0;

	*out = (struct daemon_rows){0};
	daemons_find(arena, &out->daemons, &out->daemons_len);
	out->rows = arena_new_array(arena, struct daemon_row, out->daemons_len + 1);
	for (unsigned i = 0; i < out->daemons_len; i++) {
		struct daemon *daemon = &out->daemons[i];

		if (daemon->doubt)
			continue;
		clients += daemon->is_client;
		if (daemon->is_client && clients > CLIENTS_MAX) {
			out->more_clients++;
			continue;
		}
		out->rows[out->len].daemon = daemon;
		fill_row(arena, out, &out->rows[out->len++]);
	}
}

const char *daemon_row_count(struct arena *arena, const struct daemon_row *row)
{
	if (!row->partly)
		return arena_printf(arena, "%u of %u markers", row->usable, row->markers);
	return arena_printf(arena, "%u of %u markers, %u of them without some arguments", row->usable, row->markers,
			    row->partly);
}
