/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/writers.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* A user may fill the list of mounts of a namespace of his own: beyond this it is not read. */
enum { MOUNTINFO_LINES_MAX = 20000 };

/* In a list with commas that ends at a blank or newline. */
static bool has_word(const char *list, const char *word)
{
	size_t size = strlen(word), n;

	for (;; list += n + 1) {
		n = strcspn(list, ", \n");
		if (n == size && !strncmp(list, word, size))
			return true;
		if (list[n] != ',')
			return false;
	}
}

/*
 * "36 35 98:0 /root /at rw,nosuid master:1 - fuse.sshfs host: rw,user_id=1000": names of users' own making are escaped, so that
 * the first " - " ends the optional fields. FUSE says who serves it. On a mount without set-user-ID an owner means nothing to the
 * kernel either: that is how users are let mount images and sticks of their own.
 */
static bool is_of_user(const char *line)
{
	const char *type = strstr(line, " - "), *options = line;

	for (unsigned i = 0; i < 5 && options; i++)
		options = strchr(options + 1, ' ');
	if (!type || !options || has_word(options + 1, "nosuid"))
		return true;
	type += 3;
	if (strncmp(type, "fuse ", 5) && strncmp(type, "fuse.", 5) && strncmp(type, "fuseblk ", 8))
		return false;
	return !has_word(strrchr(type, ' ') + 1, "user_id=0");
}

/* What is looked for: a mount by its number, or any of a file system by its device, "8:1". */
struct mount {
	uint64_t id;
	char device[32];
};

static bool is_it(const struct mount *mount, const char *line)
{
	unsigned long long id;
	char device[32];

	if (sscanf(line, "%llu %*u %31s", &id, device) != 2)
		return false;
	return mount->id ? id == mount->id : !strcmp(device, mount->device);
}

/* Where whoever is meant sees it: root's, a user's, or not at all. */
static enum writers find_mount(const char *path, const struct mount *mount)
{
	enum writers found = WRITERS_UNKNOWN;
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	for (unsigned i = 0; file && i < MOUNTINFO_LINES_MAX && found != WRITERS_ROOT && getline(&line, &room, file) > 0; i++)
		if (is_it(mount, line))
			found = is_of_user(line) ? WRITERS_MOUNT : WRITERS_ROOT;
	free(line);
	if (file)
		fclose(file);
	return found;
}

static uint64_t mount_id(int fd)
{
	unsigned long long id = 0;
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "mnt_id: %llu", &id) == 1)
			break;
	if (file)
		fclose(file);
	return id;
}

/* A process in a chroot does not see the mount that it is in: then any of the same file system that we see will do. */
static enum writers look_for_mount(uint64_t id, pid_t pid, dev_t device)
{
	struct mount mount = {.id = id};
	enum writers found = WRITERS_UNKNOWN;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	if (id)
		found = find_mount(path, &mount);
	if (found != WRITERS_UNKNOWN)
		return found;
	mount.id = 0;
	snprintf(mount.device, sizeof(mount.device), "%u:%u", major(device), minor(device));
	return find_mount("/proc/self/mountinfo", &mount);
}

enum writers writers_of_fd(int fd, pid_t pid, dev_t device, struct writers_mount *last)
{
	struct statx st;
	uint64_t id;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE | STATX_UID, &st) || !S_ISREG(st.stx_mode))
		return WRITERS_UNKNOWN;
	if ((st.stx_uid && st.stx_uid != geteuid()) || st.stx_mode & (S_IWGRP | S_IWOTH))
		return WRITERS_OTHERS;
	id = mount_id(fd);
	if (!id || id != last->id)
		*last = (struct writers_mount){id, look_for_mount(id, pid, device)};
	return last->writers;
}
