/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prototypes and types of src/func and src/agg as D writes them: for messages and docs. */
#ifndef CEPHTAP_CHECK_PROTO_H
#define CEPHTAP_CHECK_PROTO_H

#include "func/entry.h"
#include "lib/buf.h"

/* "string substr(string, int64_t, [int64_t])": brackets mark optional ones, ... any more, @ an aggregation. */
void proto_print(const char *name, const struct proto *proto, struct buf *out);
const char *proto_type_text(enum proto_type type);

#endif
