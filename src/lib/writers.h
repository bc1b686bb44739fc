/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who can have written a file: root alone, or somebody else too. In: a held file of a process. What a file says (its
 * notes, symbols, build-id) is worth as much as whoever can write it.
 */
#ifndef CEPHTAP_LIB_WRITERS_H
#define CEPHTAP_LIB_WRITERS_H

#include "lib/held.h"

enum writers {
	WRITERS_ROOT,	/* root alone, or the user that we run as */
	WRITERS_OTHERS, /* its owner, who is neither; or a group, or everybody */
	WRITERS_MOUNT,	/* whoever is the master of its file system: a user, so that the owner means nothing */
};

enum writers writers_of(const struct held *held, const struct proc_file *file);
/* Is that known already, without opening it? */
bool writers_are_known(const struct proc_file *file, enum writers *writers);

#endif
