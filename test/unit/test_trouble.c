/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/trouble.h"

static char said[256];

static void take(void *data, const char *sentence)
{
	(void)data;
	snprintf(said, sizeof(said), "%s", sentence);
}

static const char *tell(void)
{
	said[0] = '\0';
	trouble_tell(take, NULL);
	return said;
}

/* What a file or a process is like, or that it is gone, is not the host's failure. */
static void test_only_failures_of_the_host(void **state)
{
	static const int others[] = {0,	      -ENOENT, -ESRCH,	 -EACCES, -EPERM,
				     -EINVAL, -ESTALE, -ENOEXEC, -EFBIG,  -ETIMEDOUT};

	(void)state;
	for (unsigned i = 0; i < sizeof(others) / sizeof(*others); i++)
		trouble_note(others[i], "file %u", i);
	assert_string_equal(tell(), "");
	trouble_note(-EIO, "file %u cannot be read", 7u);
	assert_string_equal(tell(), "file 7 cannot be read: Input/output error");
}

static void test_each_is_told_once(void **state)
{
	(void)state;
	trouble_note(-EMFILE, "a cannot be opened");
	trouble_note(-ENOMEM, "b cannot be read");
	trouble_note(-EIO, "c cannot be read");
	assert_string_equal(tell(), "a cannot be opened: too many files are open (ulimit -n); and 2 more");
	assert_string_equal(tell(), "");
	trouble_note(-ENOMEM, "b cannot be read");
	assert_string_equal(tell(), "b cannot be read: Cannot allocate memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_failures_of_the_host),
		cmocka_unit_test(test_each_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
