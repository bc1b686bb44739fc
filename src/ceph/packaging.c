/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ceph/packaging.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/learn.h"
#include "lib/held.h"
#include "lib/proc.h"

enum { OS_RELEASE_SIZE = 16 * 1024, STATUS_SIZE = 64 * 1024 * 1024, VALUE_SIZE = 120 };

/* A text file inside a root; false: it is not there, or is larger than such a file is. */
static bool read_inside(const char *root, const char *path, size_t max, struct buf *out)
{
	struct held *held = NULL;
	struct buf why = {0};
	char chunk[64 * 1024];
	ssize_t n = -1;

	if (!held_open_inside(root, path, &held, &why) && held_size(held) <= max)
		while ((n = held_read(held, chunk, sizeof(chunk), out->size)) > 0 && out->size <= max)
			buf_add(out, chunk, (size_t)n);
	held_close(held);
	buf_free(&why);
	return n == 0 && out->size;
}

/* The value of a line `NAME=value`, without its quotes. */
static const char *value_of(struct arena *arena, const char *text, const char *name)
{
	size_t size = strlen(name), n;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, size) || line[size] != '=')
			continue;
		line += size + 1;
		line += *line == '"';
		n = strcspn(line, "\"\n");
		return arena_strndup(arena, line, n < VALUE_SIZE ? n : VALUE_SIZE);
	}
	return NULL;
}

static bool is_like_el(const char *id, const char *like)
{
	static const char *const names[] = {"rhel", "centos", "fedora"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((id && !strcmp(id, names[i])) || (like && strstr(like, names[i])))
			return true;
	return false;
}

static void find_system(struct arena *arena, const char *root, struct packaging *out)
{
	const char *id, *like, *version;
	struct buf text = {0};

	if (read_inside(root, "/etc/os-release", OS_RELEASE_SIZE, &text) ||
	    read_inside(root, "/usr/lib/os-release", OS_RELEASE_SIZE, &text)) {
		out->system = value_of(arena, text.data, "PRETTY_NAME");
		id = value_of(arena, text.data, "ID");
		like = value_of(arena, text.data, "ID_LIKE");
		version = value_of(arena, text.data, "VERSION_ID");
		if (id && (!strcmp(id, "debian") || !strcmp(id, "ubuntu")))
			out->distribution = id;
		else if (is_like_el(id, like) && version && (*version == '8' || *version == '9') &&
			 !isdigit((unsigned char)version[1]))
			out->distribution = *version == '8' ? "el8" : "el9";
	}
	buf_free(&text);
}

/* The version of an installed package, by the stanzas of dpkg's list. */
static const char *dpkg_version(struct arena *arena, const char *status, const char *package)
{
	const char *stanza, *end, *version;
	char *head = arena_printf(arena, "Package: %s\n", package);

	for (stanza = status; (stanza = strstr(stanza, head)); stanza++) {
		if (stanza > status && stanza[-1] != '\n')
			continue;
		end = strstr(stanza, "\n\n");
		version = strstr(stanza, "\nVersion: ");
		if (!version || (end && version > end))
			return NULL;
		version += strlen("\nVersion: ");
		return arena_strndup(arena, version, strcspn(version, "\n"));
	}
	return NULL;
}

/* Without Debian's epoch, does the package's version begin with the program's release? */
static bool is_of_release(const char *version, const char *release)
{
	const char *colon = strchr(version, ':');
	size_t n = strlen(release);

	version = colon ? colon + 1 : version;
	return !strncmp(version, release, n) && !isdigit((unsigned char)version[n]);
}

/* The list may be of another system than the program is from, which was put in its place: the release must be the same.
 */
static void find_package(struct arena *arena, const char *root, const char *program, const char *release,
			 struct packaging *out)
{
	const char *base = strrchr(program, '/') ? strrchr(program, '/') + 1 : program, *version = NULL;
	const char *debug = learn_debug_package(base);
	char *package = debug ? arena_strdup(arena, debug) : NULL;
	struct buf text = {0};

	if (!package || !release || strncmp(program, "/usr/", 5))
		return;
	package[strlen(package) - strlen("-dbg")] = '\0';
	if (read_inside(root, "/var/lib/dpkg/status", STATUS_SIZE, &text))
		version = dpkg_version(arena, text.data, package);
	if (version && is_of_release(version, release))
		out->package = arena_printf(arena, "%s %s", package, version);
	buf_free(&text);
}

void packaging_find(struct arena *arena, pid_t pid, const char *program, const char *release, struct packaging *out)
{
	char root[PROC_ROOT_SIZE];

	*out = (struct packaging){0};
	proc_root(pid, root);
	out->is_contained = *root;
	find_system(arena, root, out);
	find_package(arena, root, program, release, out);
	if (out->is_contained)
		out->image = proc_env(arena, pid, "CONTAINER_IMAGE");
}

const char *packaging_debug_package(struct arena *arena, const char *binary_name, const char *distribution)
{
	const char *debian = learn_debug_package(binary_name);

	if (!debian || !distribution || strncmp(distribution, "el", 2))
		return debian;
	return arena_printf(arena, "%.*s-debuginfo", (int)(strlen(debian) - strlen("-dbg")), debian);
}
