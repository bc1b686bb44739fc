/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Google's protocol buffers, to be written by hand: fields of a message, one after another, by their numbers. */
#ifndef CEPHTAP_LIB_PROTOBUF_H
#define CEPHTAP_LIB_PROTOBUF_H

#include <stdint.h>

#include "lib/buf.h"

/* Seven bits a byte, the lowest first. Alone: an element of a packed field. */
void protobuf_varint(struct buf *out, uint64_t number);
/* A number that is 0 is left out: it is what is read where nothing stands. */
void protobuf_number(struct buf *out, unsigned field, uint64_t number);
/* Text, a message, or a packed field. */
void protobuf_bytes(struct buf *out, unsigned field, const void *data, size_t size);

#endif
