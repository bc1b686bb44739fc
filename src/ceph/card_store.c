/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A card into a folder where cephtap looks for cards. In: a card, a path. Out: a file that card_find() takes. */
#include <string.h>

#include "ceph/card.h"
#include "lib/path.h"
#include "lib/write.h"

/* It may not be there yet. */
static int make_folder_of(struct arena *arena, const char *path, struct buf *why)
{
	const char *slash = strrchr(path, '/');
	struct path found;
	int error;

	if (!slash || slash == path)
		return 0;
	error = path_find_folder(arena_strndup(arena, path, (size_t)(slash - path)), true, &found, why);
	path_close(&found);
	return error;
}

int card_store(const struct card *card, const char *path, struct buf *why)
{
	int error = make_folder_of(card->arena, path, why);
	struct write_file *file = error ? NULL : write_open(path, WRITE_RESULT, why);
	struct buf text = {0};

	if (!file)
		return error ? error : -1;
	write_set_mode(file, 0644); /* whatever the umask is: one that others can write is not used */
	card_print(card, &text);
	error = write_data(file, text.data, text.size, why);
	if (error)
		write_abandon(file);
	else
		error = write_commit(file, why);
	buf_free(&text);
	return error;
}
