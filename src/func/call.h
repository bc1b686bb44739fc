/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call, as the checks of functions and actions see it. The front implements it (D's: src/front/d/check/plugin.c); a
 * function knows neither its tree nor its tags. Arguments count from 0.
 */
#ifndef CEPHTAP_FUNC_CALL_H
#define CEPHTAP_FUNC_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "func/entry.h"

struct call;
struct format;

enum { CALL_ITSELF = ~0u }; /* in place of an argument's number */

/* --- As it is written --- */

const char *call_name(const struct call *call);
unsigned call_args_len(const struct call *call);
bool call_is_text(const struct call *call, unsigned i);	      /* text in quotes */
bool call_is_empty_text(const struct call *call, unsigned i); /* "" */

/* --- Its arguments. Those of FUNC_NO_ARGS_CHECK have neither type nor value before call_value() or call_recordable()
 * --- */

/* Is it a value at all? False after a message. */
bool call_value(struct call *call, unsigned i);
/* ... that a record can hold. */
bool call_recordable(struct call *call, unsigned i);
/* The same, and objects too. */
bool call_recordable_whole(struct call *call, unsigned i);
bool call_is_address(const struct call *call, unsigned i); /* a pointer or an integer */
bool call_is_integer(const struct call *call, unsigned i);
bool call_constant(const struct call *call, unsigned i, int64_t *value);
const char *call_type_text(struct call *call, unsigned i); /* for messages */
/* The format that an argument is; NULL after a message. */
struct format *call_format(struct call *call, unsigned i);
/* Do the values from argument `from` on fit the format? And the keys of the aggregations? False after a message. */
bool call_values_fit(struct call *call, const struct format *format, unsigned from);
bool call_keys_fit(struct call *call, const struct format *format);

/* --- Mistakes --- */

/* Argument i (CALL_ITSELF: the call) is wrong for this reason; the sentence. Always false. */
bool call_wrong(struct call *call, unsigned i, enum call_fault fault, const char *sentence, ...)
	__attribute__((format(printf, 4, 5)));
/* What to do about the last mistake. */
void call_hint(struct call *call, const char *sentence, ...) __attribute__((format(printf, 2, 3)));
void call_hint_proto(struct call *call); /* "it is `...`" */
/* The call has no value, since there was a message about an argument. */
void call_break(struct call *call);

/* --- What an action records, in this order --- */

void call_record(struct call *call, unsigned i);
/* As many bytes at the address that argument i is. */
void call_record_bytes(struct call *call, unsigned i, uint32_t size);
/* Argument i must be an aggregation, with the same keys as those before it. False after a message. */
bool call_record_agg(struct call *call, unsigned i);

#endif
