/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SDT notes as sites, for providers. In: a note of a file. Out: a site with located arguments.
 */
#ifndef CEPHTAP_PROBE_SDT_H
#define CEPHTAP_PROBE_SDT_H

#include "probe/host.h"

/*
 * Fill a site from a note of this binary, which has been opened. The site's args are as many as the note has, in
 * *args_len. NULL, or why the note cannot be probed: its address or its semaphore is not where the file can have one.
 */
const char *sdt_site(struct probe_host *host, struct host_binary *binary, const struct elf_sdt_note *note,
		     struct site *site, unsigned *args_len);
/* Why this many places of a marker in one file are left out; NULL: they are not. */
const char *sdt_crowd_text(struct probe_host *host, unsigned places);
/* A marker's name as probes have it: function__entry becomes function-entry. */
char *sdt_name(struct arena *arena, const char *name);

/* Has this file a marker that fits, whichever process maps it? `name` is how the process sees it, for the module. */
bool sdt_file_matches(const struct elf_file *elf, const char *name, const struct probe_desc *desc);

#endif
