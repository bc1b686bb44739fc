/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Markers without any library's headers, to be compiled for another machine and read. */
#include <cephtap/marker.h>

void integers(signed char c, unsigned char uc, short s, unsigned short us, int i, unsigned u, long l, unsigned long ul);
int looked_at(const char *text);

void integers(signed char c, unsigned char uc, short s, unsigned short us, int i, unsigned u, long l, unsigned long ul)
{
	CEPHTAP_MARKER(fixture, integers, c, uc, s, us, i, u, l, ul);
	CEPHTAP_MARKER(fixture, constants, 5, -5, (signed char)-1, "text");
}

int looked_at(const char *text)
{
	if (CEPHTAP_MARKER_ENABLED(fixture, texts))
		CEPHTAP_MARKER_NAMED(fixture, texts, ("text:const char *", text), ("first", text[0]));
	CEPHTAP_MARKER(fixture, many, text, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
	return 0;
}
