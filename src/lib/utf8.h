/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters of UTF-8. In: bytes of anybody. Out: the character at their beginning, and how a terminal shows it. The
 * tables are our own, since those of the C library depend on which locales a host has.
 */
#ifndef CEPHTAP_LIB_UTF8_H
#define CEPHTAP_LIB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* How many bytes at `text` are one well-formed character (Unicode 15, table 3-7), which is `code`; 0: the first byte,
 * then in `code`, is no part of one. */
size_t utf8_decode(const char *text, size_t size, uint32_t *code);

/* Nobody sees it, or it changes how what stands beside it is shown: controls, marks of direction, joiners, fillers. */
enum { UTF8_HIDDEN = -1 };
/* The columns that a terminal gives it: 0 (it is drawn onto the character before it), 1 or 2; or UTF8_HIDDEN. */
int utf8_columns(uint32_t code);

#endif
