/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tree: its files in memory, what an earlier weaving changed taken back, and the new ones written all or none. */
#include "ceph/weave.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/path.h"
#include "lib/write.h"

enum { FILE_SIZE_MAX = 64 << 20 };
static const char cmake_lists[] = "CMakeLists.txt", include_line[] = "#include \"" WEAVE_HEADER "\"\n";

static const char *path_of(const struct weave *w, const char *path)
{
	return arena_printf(w->arena, "%s/%s", w->root, path);
}

/* The tree's file, read at the first call. One that is not there has no `disk`. */
struct weave_file *weave_file(struct weave *w, const char *path)
{
	struct weave_file *file;
	struct buf why = {0};
	char *text;
	unsigned i;

	for (i = 0; i < w->files_len; i++)
		if (!strcmp(w->files[i]->path, path))
			return w->files[i];
	file = arena_new_one(w->arena, struct weave_file);
	*arena_push(w->arena, w->files, w->files_len) = file;
	file->path = arena_strdup(w->arena, path);
	if (!file_read(w->arena, path_of(w, path), FILE_SIZE_MAX, &text, &file->disk_size, &why)) {
		file->disk = file->base = text;
		file->base_size = file->disk_size;
	}
	buf_free(&why);
	return file;
}

/* ---- opening ---- */

/* VERSION in `project(ceph VERSION 18.2.7 ...)`. */
static int read_release(struct weave *w, struct buf *why)
{
	const struct weave_file *lists = weave_file(w, cmake_lists);
	const char *project = lists->disk ? strstr(lists->disk, "project(ceph") : NULL, *version;

	version = project ? strstr(project, "VERSION") : NULL;
	if (!version || version > strchr(project, ')')) {
		buf_printf(why, "%s is not a source tree of Ceph: %s/%s %s", w->root, w->root, cmake_lists,
			   lists->disk ? "does not say `project(ceph VERSION ...)`" : "cannot be read");
		return -EINVAL;
	}
	version += strlen("VERSION");
	version += strspn(version, " \t\n");
	w->release = arena_strndup(w->arena, version, strspn(version, "0123456789."));
	return 0;
}

/* What the tree's patch changed, taken back in memory. */
static int take_back(struct weave *w, const struct patch_file *patch, struct buf *why)
{
	struct weave_file *file = weave_file(w, patch->path);
	struct buf out = {0};
	unsigned line = 0;

	if (!file->disk && patch->is_new)
		return 0;
	if (!file->disk || patch_reverse(patch, file->disk, file->disk_size, &out, &line)) {
		buf_free(&out);
		buf_printf(why,
			   "%s/%s has been changed near line %u, where markers were put: nothing was written; `patch "
			   "-R -p1 <%s` "
			   "takes back the rest",
			   w->root, patch->path, line, WEAVE_PATCH);
		return -EEXIST;
	}
	file->base = patch->is_new ? NULL : arena_memdup(w->arena, out.size ? out.data : "", out.size + 1);
	file->base_size = out.size;
	buf_free(&out);
	return 0;
}

static int read_patch(struct weave *w, struct buf *why)
{
	struct weave_file *file = weave_file(w, WEAVE_PATCH);
	struct patch_file *files;
	struct buf bad = {0};
	unsigned n, i;
	int err;

	if (!file->disk)
		return 0;
	w->was_woven = true;
	file->base = NULL;
	err = patch_parse(w->arena, file->disk, file->disk_size, &files, &n, &bad);
	if (err)
		buf_printf(why, "%s/%s is damaged: %s; nothing was written", w->root, WEAVE_PATCH, bad.data);
	buf_free(&bad);
	for (i = 0; !err && i < n; i++)
		err = take_back(w, &files[i], why);
	return err;
}

int weave_open(struct weave *w, struct arena *arena, const char *root, struct buf *why)
{
	size_t n = strlen(root);
	int err;

	while (n > 1 && root[n - 1] == '/')
		n--;
	*w = (struct weave){.arena = arena, .root = arena_strndup(arena, root, n)};
	err = read_release(w, why);
	return err ? err : read_patch(w, why);
}

/* ---- the plan ---- */

/* Its first line of one of the options that Ceph has had since long. */
static int add_option(struct weave *w, struct buf *why)
{
	static const char *const before[] = {"option(WITH_LTTNG", "option(WITH_TESTS"};
	struct weave_file *lists = weave_file(w, cmake_lists);
	const char *at = NULL;
	unsigned i;

	for (i = 0; i < 2 && !at; i++)
		at = strstr(lists->base, before[i]);
	if (!at || (at > lists->base && at[-1] != '\n') || strstr(lists->base, "option(" WEAVE_OPTION)) {
		buf_printf(why,
			   at ? "%s/%s has an option " WEAVE_OPTION " of its own, but no " WEAVE_PATCH
				" tells where it is from"
			      : "%s/%s has no option beside which " WEAVE_OPTION " could stand",
			   w->root, cmake_lists);
		return -EINVAL;
	}
	edits_add(w->arena, &lists->edits, (size_t)(at - lists->base), 0, weave_option);
	return 0;
}

bool weave_includes(struct weave *w, const struct weave_file *file, const char *header)
{
	const char *line = arena_printf(w->arena, "#include %s\n", header), *at;

	for (at = file->base; (at = strstr(at, line)); at++)
		if (at == file->base || at[-1] == '\n')
			return true;
	return false;
}

/* Headers of a file's places that it does not include by itself, each once. */
static const char *more_includes(struct weave *w, const struct weave_file *file)
{
	const char *lines = "";
	unsigned i, j;

	for (i = 0; i < w->places_len; i++) {
		const struct weave_place *place = &w->places[i];

		for (j = 0; !place->why && place->file == file && j < place->source->includes_len; j++) {
			const char *line = arena_printf(w->arena, "#include %s\n", place->source->includes[j]);

			if (!weave_includes(w, file, place->source->includes[j]) && !strstr(lines, line))
				lines = arena_printf(w->arena, "%s%s", lines, line);
		}
	}
	return *lines ? arena_printf(w->arena, "#if CEPH_MARKERS\n%s#endif\n", lines) : "";
}

static void add_includes(struct weave *w)
{
	unsigned i;

	for (i = 0; i < w->files_len; i++) {
		struct weave_file *file = w->files[i];

		if (file->edits.len && file->is_parsed)
			edits_add(w->arena, &file->edits, file->cxx.include_at, 0,
				  arena_printf(w->arena, "%s%s", include_line, more_includes(w, file)));
	}
}

static void make_file(struct weave *w, const char *path, const char *text)
{
	struct weave_file *file = weave_file(w, path);

	file->woven = text;
	file->woven_size = strlen(text);
}

static void make_files(struct weave *w)
{
	struct buf header = {0}, patch = {0};

	weave_header(w, &header);
	make_file(w, "src/" WEAVE_HEADER, arena_strdup(w->arena, header.data));
	make_file(w, "src/common/ceph_markers_config.h.in", weave_config);
	make_file(w, "src/" WEAVE_MARKER, weave_marker_h);
	weave_diff(w, &patch);
	make_file(w, WEAVE_PATCH, arena_strdup(w->arena, patch.data));
	buf_free(&patch);
	buf_free(&header);
}

static int apply(struct weave *w, struct weave_file *file, struct buf *why)
{
	struct buf out = {0};

	if (!edits_apply(&file->edits, file->base, file->base_size, &out)) {
		buf_free(&out);
		buf_printf(why, "two markers want the same statement of %s/%s", w->root, file->path);
		return -EINVAL;
	}
	file->woven = arena_memdup(w->arena, out.data, out.size + 1);
	file->woven_size = out.size;
	buf_free(&out);
	return 0;
}

int weave_plan(struct weave *w, const struct catalogue *cat, struct buf *why)
{
	unsigned i;
	int err;

	if (weave_file(w, "src/" WEAVE_HEADER)->base) {
		buf_printf(why, "%s has markers, but no " WEAVE_PATCH " tells which: take them out by what put them in",
			   w->root);
		return -EEXIST;
	}
	weave_find_places(w, cat);
	err = add_option(w, why);
	if (err)
		return err;
	add_includes(w);
	for (i = 0; i < w->files_len && !err; i++)
		if (w->files[i]->base)
			err = apply(w, w->files[i], why);
	if (!err)
		make_files(w);
	return err;
}

void weave_diff(const struct weave *w, struct buf *out)
{
	unsigned i;

	for (i = 0; i < w->files_len; i++) {
		const struct weave_file *file = w->files[i];

		if (!file->woven || !strcmp(file->path, WEAVE_PATCH))
			continue;
		if (file->base)
			edits_diff(&file->edits, file->path, file->base, file->base_size, out);
		else
			patch_new_file(file->path, file->woven, out);
	}
}

/* ---- writing ---- */

static bool is_changed(const struct weave_file *file, bool undo)
{
	const char *now = undo ? file->base : file->woven;
	size_t size = undo ? file->base_size : file->woven_size;

	if (!now || !file->disk)
		return now != file->disk;
	return size != file->disk_size || memcmp(now, file->disk, size) != 0;
}

static const char *text_of(const struct weave_file *file, bool undo, size_t *size)
{
	*size = undo ? file->base_size : file->woven_size;
	return undo ? file->base : file->woven;
}

/* One file's new text, on the disk beside the old one; NULL: `why` is a sentence. */
static struct write_file *write_new(struct weave *w, const struct weave_file *file, bool undo, struct buf *why)
{
	const char *path = path_of(w, file->path), *text;
	struct write_file *out;
	struct path folder;
	size_t size;
	int err = path_find_folder(arena_strndup(w->arena, path, (size_t)(strrchr(path, '/') - path)), true, &folder,
				   why);

	path_close(&folder);
	out = err ? NULL : write_open(path, WRITE_RESULT, why);
	if (!out)
		return NULL;
	text = text_of(file, undo, &size);
	if (!write_data(out, text, size, why))
		return out;
	write_abandon(out);
	return NULL;
}

/* A folder that weaving made goes with its last file. */
static int remove_file(struct weave *w, const struct weave_file *file, struct buf *why)
{
	const char *path = path_of(w, file->path);
	struct buf nothing = {0};
	int err = write_remove(path, false, why);

	if (!err && !strcmp(file->path, "src/" WEAVE_MARKER))
		write_remove(arena_strndup(w->arena, path, (size_t)(strrchr(path, '/') - path)), true, &nothing);
	buf_free(&nothing);
	return err;
}

static int put_in_place(struct weave *w, struct write_file **out, bool undo, struct buf *why)
{
	int err = 0;

	for (unsigned i = 0; i < w->files_len; i++) {
		struct buf this_why = {0};
		int this_err = 0;

		if (out[i])
			this_err = write_commit(out[i], &this_why);
		else if (is_changed(w->files[i], undo))
			this_err = remove_file(w, w->files[i], &this_why);
		if (this_err && !err)
			buf_add(why, this_why.data, this_why.size);
		err = err ? err : this_err;
		buf_free(&this_why);
	}
	return err;
}

/* All new texts are on the disk before the first file is replaced: what is full or read-only shows itself here. */
static int write_files(struct weave *w, bool undo, struct buf *why)
{
	struct write_file **out = arena_new_array(w->arena, struct write_file *, w->files_len + 1);
	bool is_good = true;
	size_t size;

	for (unsigned i = 0; i < w->files_len && is_good; i++)
		if (is_changed(w->files[i], undo) && text_of(w->files[i], undo, &size)) {
			out[i] = write_new(w, w->files[i], undo, why);
			is_good = out[i];
		}
	if (is_good)
		return put_in_place(w, out, undo, why);
	for (unsigned i = 0; i < w->files_len; i++)
		write_abandon(out[i]);
	buf_puts(why, "; nothing was changed");
	return -EIO;
}

int weave_write(struct weave *w, struct buf *why)
{
	return write_files(w, false, why);
}

int weave_undo(struct weave *w, struct buf *why)
{
	return write_files(w, true, why);
}
