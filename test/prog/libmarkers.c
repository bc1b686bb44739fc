/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library with markers, used by marker_lib.c. */
#include <sys/sdt.h>

int library_calls;

int library_work(int a, const char *text);

int library_work(int a, const char *text)
{
	library_calls++;
	DTRACE_PROBE3(fixlib, call__entry, a, text, library_calls);
	DTRACE_PROBE1(fixlib, call__return, a * 2);
	return a * 2;
}
