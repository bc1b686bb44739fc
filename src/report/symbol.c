/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/symbol.h"

const struct symbol_text *report_symbol_of(const struct report *report, uint64_t number, enum symbol_form form)
{
	return report && report->symbols && number ? report->symbols->find(report->symbols->data, number, form) : NULL;
}

const char *report_symbol_text(const struct report *report, const struct field *field, const void *data)
{
	const struct symbol_text *symbol = report_symbol_of(report, field_int(field, data), field->form);

	return symbol ? symbol->text : "[no symbol was kept]";
}

uint64_t report_symbol_same(const struct report *report, const struct field *field, uint64_t number)
{
	const struct symbol_text *symbol = report_symbol_of(report, number, field->form);

	return symbol ? symbol->first : number;
}

const char *report_kernel_address(const struct report *report, uint64_t address)
{
	const struct symbol_text *symbol =
		symbol_is_kernel(address) ? report_symbol_of(report, address, SYMBOL_ADDRESS) : NULL;

	return symbol ? symbol->text : NULL;
}
