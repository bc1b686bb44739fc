/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A static file loads no libraries of the host that it was copied to, whose C library may be another: the linker puts
 * this in dlopen's place (--wrap). The one that would call it is libdw, for debuginfod's client, which is never asked:
 * debug files are found by us.
 */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);

void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}
