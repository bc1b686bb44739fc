/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols in reports: what usym(), func() and the like gave. Records and keys hold a number; who runs the report knows
 * what it stands for. Numbers that print the same are one key.
 */
#ifndef CEPHTAP_REPORT_SYMBOL_H
#define CEPHTAP_REPORT_SYMBOL_H

#include "report/report.h"

struct symbol_text {
	const char *text; /* "libc.so.6`malloc", "libc.so.6", "libc.so.6`malloc+0x1f", by the form; "0x7f12" where
			     nothing is known */
	uint64_t first;	  /* the first number that was asked for and prints the same */
};

struct symbol_source {
	void *data;
	/* Valid as long as the source. */
	const struct symbol_text *(*find)(void *data, uint64_t number, enum symbol_form form);
};

/* NULL: it cannot be told. */
const struct symbol_text *report_symbol_of(const struct report *report, uint64_t number, enum symbol_form form);
const char *report_symbol_text(const struct report *report, const struct field *field, const void *data);
/* An address of the kernel as %a prints it; NULL: it is none, or cannot be told. */
const char *report_kernel_address(const struct report *report, uint64_t address);

#endif
