/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/fact.h"

#include <string.h>

MEMBERS_TABLE(fact, FACT_MEMBERS);
MEMBERS_TABLE(facts, FACTS_MEMBERS);

static const struct fact *find(const struct facts *facts, const char *name)
{
	for (unsigned i = 0; i < facts->list_len; i++)
		if (!strcmp(facts->list[i].name, name))
			return &facts->list[i];
	return NULL;
}

bool fact_is_known(const struct facts *facts, const char *name)
{
	return find(facts, name);
}

uint64_t fact_number(const struct facts *facts, const char *name, uint64_t otherwise)
{
	const struct fact *fact = find(facts, name);

	return fact ? fact->number : otherwise;
}

const char *fact_text(const struct facts *facts, const char *name, const char *otherwise)
{
	const struct fact *fact = find(facts, name);

	return fact ? fact->text : otherwise;
}
