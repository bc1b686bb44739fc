/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bytes of a file, copied into our own memory when they are first asked for, each once: what was checked stays as
 * it was, whatever the file's owner does to the file meanwhile. What was not asked for reads as zeros.
 */
#ifndef CEPHTAP_LIB_ELF_BYTES_H
#define CEPHTAP_LIB_ELF_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/held.h"

struct elf_bytes {
	struct held *held;
	uint8_t *data; /* as many bytes as the file had */
	uint64_t size;
	uint64_t *copied; /* a bit for each block; NULL: all are there, the file is mapped */
	uint64_t copied_size;
	int error; /* why bytes could not be had, last: -EINVAL, they are not in the file; -EFBIG, too many were asked
		      for; ... */
};

/* A negative errno: too big, or no memory for it. With `may_map` a file that only root can change is mapped instead. */
int elf_bytes_open(struct elf_bytes *bytes, struct held *held, bool may_map);
void elf_bytes_close(struct elf_bytes *bytes);
/* These bytes, which stay until the file is closed; NULL, and bytes->error: not all of them can be had. */
const uint8_t *elf_bytes_get(struct elf_bytes *bytes, uint64_t offset, uint64_t size);

/* Memory that holds a part of files in another way counts with them. False: it would be too much. */
bool elf_bytes_claim(uint64_t size);
void elf_bytes_release(uint64_t size);

#endif
