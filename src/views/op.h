/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of `report op` share: op.c reads and prints, op_chrome.c writes trace events. */
#ifndef CEPHTAP_VIEWS_OP_H
#define CEPHTAP_VIEWS_OP_H

#include "report/report.h"
#include "views/op_store.h"

/* A step as a sentence. */
void op_say_step(const struct op_step *step, struct buf *out);
/* The first `len` ops as Chrome's trace events, into the file `path`. */
int op_chrome(struct report *report, const struct op_store *store, unsigned len, const char *path);

#endif
