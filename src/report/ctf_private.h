/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the events (ctf.c) and their description (ctf_metadata.c) share. */
#ifndef CEPHTAP_REPORT_CTF_PRIVATE_H
#define CEPHTAP_REPORT_CTF_PRIVATE_H

#include "report/ctf.h"

enum { CTF_MAGIC = 0xc1fc1fc1u };

/* Numbers of events: what is lost and what fails, then for each clause its default line and its actions. */
enum { CTF_LOST, CTF_ERROR, CTF_FIRST };
unsigned ctf_event_of(const struct schema *schema, unsigned clause,
		      const struct record_action *action /* NULL: the default line */);
/* Whether an action is an event: printa(), clear(), exit() are none. */
bool ctf_is_event(const struct record_action *action);
/* printf() has its text besides its values. */
bool ctf_has_text(const struct record_action *action);
void ctf_metadata(const struct schema *schema, uint64_t wall_offset_ns, struct shown *out);

#endif
