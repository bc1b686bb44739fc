/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as the input of `cephtap picture`: a page is made of it, or a sentence says why not. The first byte says
 * which picture; with two texts, apart at a NUL byte, the first is what a flame graph is compared with.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/picture.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	int fd;
	char path[40];
};

static void make_text(struct text *text, const uint8_t *data, size_t size)
{
	text->fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (text->fd < 0 || write(text->fd, data, size) != (ssize_t)size)
		abort();
	snprintf(text->path, sizeof(text->path), "/proc/self/fd/%d", text->fd);
}

static void make_picture(uint8_t what, const struct text *input, const struct text *before)
{
	const struct kind *kind = &kinds[what % KINDS];
	struct request request = {.title = "</script>",
				  .unit = what & 4 ? "ns" : kind->unit,
				  .input = input->path,
				  .before = before ? before->path : NULL,
				  .kind = kind,
				  .icicle = what & 8,
				  .text = what & 16};
	struct arena *arena = arena_new();
	FILE *out = fopen("/dev/null", "w");
	struct buf why = {0};
	void *read = kind->read(arena, &request, &why);

	if (!read == !why.size)
		abort();
	if (read && kind->draw(read, &request, out))
		abort();
	buf_free(&why);
	fclose(out);
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
	struct text input, before;

	if (!size)
		return 0;
	if (!end) {
		make_text(&input, data + 1, size - 1);
		make_picture(data[0], &input, NULL);
	} else {
		make_text(&before, data + 1, (size_t)(end - data - 1));
		make_text(&input, end + 1, size - (size_t)(end + 1 - data));
		make_picture(data[0], &input, &before);
		close(before.fd);
	}
	close(input.fd);
	return 0;
}
