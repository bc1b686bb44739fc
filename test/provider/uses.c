/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The headers of all four providers in one file, used as their programs use them. */
#include "postgresql.h"
#include "python.h"
#include "mysql.h"
#include "libvirt.h"

static volatile int zero;

static const char *query(void)
{
	return zero ? "none" : "select 1";
}

int main(int argc, char **argv)
{
	void *client = argv;

	(void)argc;
	if (TRACE_POSTGRESQL_DEADLOCK_FOUND_ENABLED())
		TRACE_POSTGRESQL_DEADLOCK_FOUND();
	TRACE_POSTGRESQL_TRANSACTION_START(7u + (unsigned int)zero);
	if (TRACE_POSTGRESQL_LWLOCK_ACQUIRE_ENABLED())
		TRACE_POSTGRESQL_LWLOCK_ACQUIRE("\"WALWrite\"", 1 + zero);
	if (TRACE_POSTGRESQL_QUERY_START_ENABLED()) {
		TRACE_POSTGRESQL_QUERY_START(query());
	} else {
		(void)query;
	}
	PYTHON_FUNCTION_ENTRY("uses.c", __func__, __LINE__);
	if (MYSQL_CONNECTION_START_ENABLED())
		MYSQL_CONNECTION_START(5ul + (unsigned long)zero, "me", "here");
	LIBVIRT_RPC_CLIENT_NEW((long)client, (long)client, (long)"socket"); /* as its macros cast them */
	return 0;
}
