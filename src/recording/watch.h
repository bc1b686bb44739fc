/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which values of records and keys only this host can tell the meaning of: stacks, symbols, addresses of the kernel
 * that a format prints with %a. In: a schema, then records and keys. Out: each such number once, while what it stands
 * for can still be told.
 */
#ifndef CEPHTAP_RECORDING_WATCH_H
#define CEPHTAP_RECORDING_WATCH_H

#include "schema/schema.h"

struct watch;

enum { WATCH_STACK = SYMBOL_FORMS };

struct watch_config {
	const struct schema *schema;
	/* A new number: of a stack (WATCH_STACK), or of a symbol in this form. */
	void (*see)(void *data, uint64_t number, unsigned what);
	void *data;
};

struct watch *watch_new(const struct watch_config *config);
void watch_free(struct watch *watch);
void watch_record(struct watch *watch, const struct record_head *head, size_t size);
void watch_key(struct watch *watch, unsigned agg, const void *key);
/* One that was found elsewhere. */
void watch_number(struct watch *watch, uint64_t number, unsigned what);

#endif
