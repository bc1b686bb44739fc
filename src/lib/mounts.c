/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/memory.h"

enum { LINES_MAX = 32768, LINK_SIZE = 64 };
/* Mounts come and go: what was read is believed for so long. */
static const uint64_t fresh_ns = 1000000000;

struct mount {
	uint64_t id;
	dev_t dev;
	enum fs_kind kind;
	bool is_of_user;
};

/* The mounts of one namespace. */
struct table {
	char namespace[LINK_SIZE];
	uint64_t read_ns;
	struct mount *mounts;
	unsigned len, room;
};

/* Ours, and the one that was asked for last: processes of one container come one after the other. */
static struct table tables[2];

/* ---- one line ---- */

static bool is_among(const char *type, const char *const *types, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* The field so many blanks further on. One may be empty: a source is called as whoever mounts likes, but for blanks. */
static const char *field(const char *line, unsigned number)
{
	for (; number && line; number--) {
		line = strchr(line, ' ');
		line += line ? 1 : 0;
	}
	return line ? line : "";
}

/* In a field of options, "rw,user_id=0". */
static bool has_option(const char *options, const char *option)
{
	size_t size = strlen(option), n;

	for (;; options += n + 1) {
		n = strcspn(options, ", \n");
		if (n == size && !strncmp(options, option, size))
			return true;
		if (options[n] != ',')
			return false;
	}
}

static enum fs_kind kind_of_type(const char *type, const char *options, bool is_trusted)
{
	static const char *const local[] = {"ext4",	"ext3",	   "ext2",     "xfs",	    "tmpfs",  "ramfs",
					    "devtmpfs", "rootfs",  "f2fs",     "squashfs",  "erofs",  "zfs",
					    "bcachefs", "iso9660", "udf",      "vfat",	    "exfat",  "ntfs3",
					    "jfs",	"nilfs2",  "reiserfs", "hugetlbfs", "cramfs", "romfs"};

	static const char *const pseudo[] = {
		"proc",	    "sysfs",	   "debugfs", "tracefs", "securityfs", "cgroup",     "cgroup2",
		"configfs", "bpf",	   "pstore",  "fusectl", "mqueue",     "efivarfs",   "selinuxfs",
		"devpts",   "binfmt_misc", "nsfs",    "smackfs", "resctrl",    "rpc_pipefs", "nfsd"};

	if (!strcmp(type, "btrfs"))
		return FS_SUBVOLUMES;
	if (!strcmp(type, "overlay"))
		return is_trusted ? FS_OVERLAY : FS_FOREIGN; /* whose layers may be on anything */
	if (is_among(type, local, sizeof(local) / sizeof(local[0])))
		return FS_LOCAL;
	if (is_among(type, pseudo, sizeof(pseudo) / sizeof(pseudo[0])))
		return FS_PSEUDO;
	if (!is_trusted || (!strncmp(type, "fuse", 4) && !has_option(options, "user_id=0")))
		return FS_FOREIGN;
	return FS_REMOTE;
}

/* "36 35 98:0 /root /where options shared:1 - ext4 /dev/sda1 options"; names have no spaces in them. */
static bool parse_mount(const char *line, bool is_trusted, struct mount *mount)
{
	const char *tail = strstr(line, " - ");
	unsigned long long id;
	unsigned major, minor;
	char type[32];

	if (!tail || sscanf(line, "%llu %*u %u:%u", &id, &major, &minor) != 3 || sscanf(tail, " - %31s", type) != 1)
		return false;
	*mount = (struct mount){id, makedev(major, minor),
				kind_of_type(type, field(tail + strlen(" - "), 2), is_trusted), false};
	/*
	 * On a mount without set-user-ID an owner means nothing to the kernel either: that is how users are let mount
	 * images and sticks of their own.
	 */
	mount->is_of_user = mount->kind == FS_FOREIGN || has_option(field(line, 5), "nosuid");
	return true;
}

/* ---- a namespace ---- */

static void read_link(pid_t pid, const char *name, char out[LINK_SIZE])
{
	char path[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	size = readlink(path, out, LINK_SIZE - 1);
	out[size > 0 ? size : 0] = '\0';
}

/*
 * Whoever mounts in a namespace of our users needed our rights for it, and an overlay's layers are what such a user
 * chose. It counts who made the namespace, not who is in it: root may enter a stranger's.
 */
static bool is_of_our_users(pid_t pid)
{
	char path[64];
	struct stat ours, theirs;
	int fd, owner;
	bool is_ours;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	owner = fd >= 0 ? ioctl(fd, NS_GET_USERNS) : -1;
	if (owner >= 0)
		is_ours = !fstat(owner, &theirs) && !stat("/proc/self/ns/user", &ours) && ours.st_ino == theirs.st_ino;
	else
		is_ours = fd >= 0 && errno == EPERM; /* of users from whom ours come */
	if (owner >= 0)
		close(owner);
	if (fd >= 0)
		close(fd);
	return is_ours;
}

static void table_add(struct table *table, const struct mount *mount)
{
	if (table->len == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->mounts = realloc(table->mounts, table->room * sizeof(*table->mounts));
		if (!table->mounts)
			memory_end();
	}
	table->mounts[table->len++] = *mount;
}

static void table_read(struct table *table, pid_t pid)
{
	bool is_trusted = is_of_our_users(pid);
	struct mount mount;
	char path[64], *line = NULL;
	size_t room = 0;
	FILE *file;

	table->len = 0;
	table->read_ns = now_ns();
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", (int)pid);
	file = fopen(path, "re");
	while (file && table->len < LINES_MAX && getline(&line, &room, file) > 0)
		if (parse_mount(line, is_trusted, &mount))
			table_add(table, &mount);
	free(line);
	if (file)
		fclose(file);
}

static bool is_fresh(const struct table *table)
{
	return table->read_ns && now_ns() - table->read_ns < fresh_ns;
}

static const struct table *own_table(void)
{
	struct table *table = &tables[0];

	if (!is_fresh(table)) {
		read_link(getpid(), "mnt", table->namespace);
		table_read(table, getpid());
	}
	return table;
}

static const struct table *table_of(pid_t pid)
{
	const struct table *own = own_table();
	struct table *table = &tables[1];
	char namespace[LINK_SIZE];

	read_link(pid, "mnt", namespace);
	if (!strcmp(namespace, own->namespace))
		return own;
	if (!is_fresh(table) || strcmp(table->namespace, namespace) != 0) {
		strcpy(table->namespace, namespace);
		table_read(table, pid);
	}
	return table;
}

/* ---- questions ---- */

/* That of memfd_create() and of shared memory: in no list of mounts. */
static dev_t memory_dev(void)
{
	static dev_t dev;
	struct stat st;
	int fd;

	if (!dev) {
		fd = memfd_create("dev", MFD_CLOEXEC);
		dev = fd >= 0 && !fstat(fd, &st) ? st.st_dev : (dev_t)-1;
		if (fd >= 0)
			close(fd);
	}
	return dev;
}

static enum fs_kind kind_of_dev(const struct table *table, dev_t dev)
{
	if (dev == memory_dev())
		return FS_LOCAL;
	for (unsigned i = 0; i < table->len; i++)
		if (table->mounts[i].dev == dev)
			return table->mounts[i].kind;
	return FS_UNKNOWN;
}

static enum fs_kind kind_of_id(const struct table *table, uint64_t id)
{
	for (unsigned i = 0; i < table->len; i++)
		if (table->mounts[i].id == id)
			return table->mounts[i].kind;
	return FS_UNKNOWN;
}

enum fs_kind mounts_kind_of_dev(pid_t pid, dev_t dev)
{
	enum fs_kind kind = kind_of_dev(own_table(), dev);

	return kind == FS_UNKNOWN ? kind_of_dev(table_of(pid), dev) : kind;
}

static const struct mount *find_mount(const struct table *table, uint64_t id, dev_t dev)
{
	for (unsigned i = 0; i < table->len; i++)
		if (id ? table->mounts[i].id == id : table->mounts[i].dev == dev)
			return &table->mounts[i];
	return NULL;
}

bool mounts_is_of_user(pid_t pid, uint64_t id, dev_t dev)
{
	const struct mount *mount = id ? find_mount(own_table(), id, 0) : NULL;

	if (!mount && id)
		mount = find_mount(table_of(pid), id, 0);
	if (!mount)
		mount = find_mount(own_table(), 0, dev);
	return !mount || mount->is_of_user;
}

bool mounts_tells_files_apart(dev_t dev)
{
	return major(dev) || kind_of_dev(own_table(), dev) == FS_LOCAL;
}

enum fs_kind mounts_kind_of_id(pid_t pid, uint64_t id)
{
	enum fs_kind kind = kind_of_id(own_table(), id);

	return kind == FS_UNKNOWN ? kind_of_id(table_of(pid), id) : kind;
}

enum fs_kind mounts_kind_of_magic(uint64_t magic)
{
	static const uint64_t local[] = {0xef53,     0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x73717368,
					 0xe0f5e1e2, 0xf2f52010, 0x2fc12fc1, 0xca451a4e, 0x9660,     0x15013346,
					 0x4d44,     0x2011bab0, 0x7366746e, 0x28cd3d45, 0x958458f6};

	for (unsigned i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (magic == local[i])
			return FS_LOCAL;
	return FS_UNKNOWN;
}

bool mounts_is_ours(uint64_t id)
{
	enum fs_kind kind = kind_of_id(own_table(), id);

	return kind == FS_LOCAL || kind == FS_SUBVOLUMES;
}
