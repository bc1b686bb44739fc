/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a report goes on without. A build of Ceph may lack a marker, or where an argument of it is; what then cannot be
 * known is taken away, with a sentence, and the rest is right. Data of a script of ours (cmd/lacks.c), for any front.
 */
#ifndef CEPHTAP_PLAN_LACKS_H
#define CEPHTAP_PLAN_LACKS_H

struct lack {
	const char *markers; /* any of these is missing: "ceph_repl:::subop-reply ceph_repl:::ec-subwrite-reply" */
	/*
	 * What goes with it, `|` between: aggregations with this text ("5e data write") or this variable
	 * ("this->ended") among their keys, or of this name ("@waited"); all clauses of a marker
	 * ("ceph_pg:::trim-done"). NULL: nothing, as predicates see to it.
	 */
	const char *takes;
	const char *says; /* what the report lacks, for people */
};

/* The lack of a marker that is in no row takes away what its own clauses gather. */
struct may_lack {
	const char *script; /* "osd.d" */
	const char *about;  /* markers without which there is no report; "": any that is left will do */
	const struct lack *lacks;
	unsigned lacks_len;
};

#endif
