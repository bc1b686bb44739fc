/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cflags: -O1 */
/*
 * A file system of one file (FUSE), which may stop answering: what somebody's program can be. In: a folder to mount on, the
 * file that it shows there under its own name, and at what it falls silent: nothing, lookup, getattr, open, read, read@OFFSET
 * (of that page), flush. It falls silent at SIGUSR1, or from the start with a `!` behind the word, and answers again at SIGUSR2. It ends, and
 * with it the mount, at the end of its standard input or after the seconds that its last argument gives.
 *
 * Usage: fuse_file FOLDER FILE WHEN[!] SECONDS
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOT = 1, FILE_NODE = 2, ROOM = 1 << 20, REQUEST_MAX = 256 };

static int device, content;
static struct stat about;
static const char *name;
static uint32_t silent_at; /* an opcode; 0: none */
static uint64_t silent_page = UINT64_MAX; /* reads of this page alone */
static volatile sig_atomic_t is_silent;
static char *kept[REQUEST_MAX]; /* requests without an answer yet */
static unsigned kept_len;

static const char *folder;

static void change(int number)
{
	is_silent = number == SIGUSR1;
}

static void finish(int number)
{
	(void)number;
	umount2(folder, MNT_DETACH);
	_exit(0);
}

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t size)
{
	struct fuse_out_header head = {(uint32_t)(sizeof(head) + size), -error, in->unique};
	char *all = malloc(head.len);

	memcpy(all, &head, sizeof(head));
	if (size)
		memcpy(all + sizeof(head), data, size);
	if (write(device, all, head.len) < 0 && errno != ENOENT) /* ENOENT: whoever asked is gone */
		perror("fuse_file: reply");
	free(all);
}

static void fill_attr(uint64_t node, struct fuse_attr *attr)
{
	*attr = (struct fuse_attr){.ino = node, .nlink = 1, .blksize = 4096};
	attr->mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0755;
	attr->size = node == ROOT ? 0 : (uint64_t)about.st_size;
	attr->blocks = attr->size / 512;
	attr->mtime = attr->ctime = (uint64_t)about.st_mtime;
}

static void answer_init(const struct fuse_in_header *in)
{
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = 65536, .max_write = 65536};

	reply(in, 0, &out, sizeof(out));
}

static void answer_lookup(const struct fuse_in_header *in, const char *wanted)
{
	struct fuse_entry_out out = {.nodeid = FILE_NODE};

	fill_attr(FILE_NODE, &out.attr);
	if (strcmp(wanted, name))
		reply(in, ENOENT, NULL, 0);
	else
		reply(in, 0, &out, sizeof(out));
}

static void answer_read(const struct fuse_in_header *in, const struct fuse_read_in *ask)
{
	char *data = malloc(ask->size);
	ssize_t got = pread(content, data, ask->size, (off_t)ask->offset);

	reply(in, got < 0 ? EIO : 0, data, got < 0 ? 0 : (size_t)got);
	free(data);
}

static void answer(const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_attr_out attr = {0};
	struct fuse_open_out opened = {.open_flags = silent_page != UINT64_MAX ? FOPEN_KEEP_CACHE : 0};

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(in);
		break;
	case FUSE_LOOKUP:
		answer_lookup(in, body);
		break;
	case FUSE_GETATTR:
		fill_attr(in->nodeid, &attr.attr);
		reply(in, 0, &attr, sizeof(attr));
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		reply(in, 0, &opened, sizeof(opened));
		break;
	case FUSE_READ:
		answer_read(in, body);
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_ACCESS:
		reply(in, 0, NULL, 0);
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* as if it had not heard */
		break;
	default:
		reply(in, ENOSYS, NULL, 0);
	}
}

static bool is_answered(const struct fuse_in_header *in)
{
	const struct fuse_read_in *ask = (const void *)(in + 1);

	if (!is_silent || in->opcode != silent_at || kept_len == REQUEST_MAX)
		return true;
	return silent_page != UINT64_MAX && (silent_page + 4096 <= ask->offset || silent_page >= ask->offset + ask->size);
}

static void take(const struct fuse_in_header *in, size_t size)
{
	if (is_answered(in)) {
		answer(in);
		return;
	}
	kept[kept_len] = malloc(size);
	memcpy(kept[kept_len++], in, size);
}

static void answer_kept(void)
{
	while (kept_len && !is_silent) {
		answer((struct fuse_in_header *)kept[--kept_len]);
		free(kept[kept_len]);
	}
}

static void serve(int seconds)
{
	static char request[ROOM] __attribute__((aligned(8)));
	struct pollfd in[2] = {{.fd = device, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
	char byte;

	alarm((unsigned)seconds);
	for (;;) {
		ssize_t size;

		if (poll(in, 2, 50) > 0 && in[1].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			return;
		answer_kept();
		if (!(in[0].revents & POLLIN))
			continue;
		size = read(device, request, sizeof(request));
		if (size < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT)
			return; /* unmounted */
		if (size > 0)
			take((struct fuse_in_header *)request, (size_t)size);
	}
}

static uint32_t opcode_of(const char *word)
{
	static const struct {
		const char *word;
		uint32_t opcode;
	} words[] = {{"lookup", FUSE_LOOKUP}, {"getattr", FUSE_GETATTR}, {"open", FUSE_OPEN}, {"read", FUSE_READ}, {"flush", FUSE_FLUSH}};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(word, words[i].word, strlen(words[i].word)))
			return words[i].opcode;
	return 0;
}

int main(int argc, char **argv)
{
	char options[128];

	if (argc != 5)
		return 2;
	folder = argv[1];
	name = strrchr(argv[2], '/') ? strrchr(argv[2], '/') + 1 : argv[2];
	content = open(argv[2], O_RDONLY | O_CLOEXEC);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (content < 0 || device < 0 || fstat(content, &about)) {
		perror("fuse_file");
		return 1;
	}
	silent_at = opcode_of(argv[3]);
	is_silent = strchr(argv[3], '!') != NULL;
	if (strchr(argv[3], '@'))
		silent_page = strtoull(strchr(argv[3], '@') + 1, NULL, 0) & ~UINT64_C(4095);
	signal(SIGUSR1, change);
	signal(SIGUSR2, change);
	signal(SIGALRM, finish);
	signal(SIGTERM, finish);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other", device, getuid(), getgid());
	/* a mount's source may be called anything */
	if (mount(getenv("FUSE_SOURCE") ? getenv("FUSE_SOURCE") : "fuse_file", argv[1], "fuse.fuse_file", MS_NOSUID | MS_NODEV, options)) {
		perror("fuse_file: mount");
		return 1;
	}
	puts("mounted");
	fflush(stdout);
	serve(atoi(argv[4]));
	finish(0);
}
