/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ceph's codes of the operations that an op is made of, as in its rados.h. */
#ifndef CEPHTAP_VIEWS_OPCODE_H
#define CEPHTAP_VIEWS_OPCODE_H

#include "lib/arena.h"

/* "write-full"; of a code that is not known, its number. */
const char *opcode_name(unsigned code, struct arena *arena);

#endif
