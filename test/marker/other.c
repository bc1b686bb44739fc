/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A second source file, or a library, with markers of the first one's names. */
#include "args.h"

void unused_function(int n);

/* Dropped by --gc-sections, with its note. */
void unused_function(int n)
{
	CEPHTAP_MARKER(fixture, unused, n);
}

void elsewhere(int n)
{
	inlined(2L * n);
	inlined(-3);
	if (CEPHTAP_MARKER_ENABLED(fixture, elsewhere))
		CEPHTAP_MARKER(fixture, elsewhere, n);
}
