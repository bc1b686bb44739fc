/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Scripts for other tracers, out of the catalogue: for a Ceph that was built with the markers, and for stamped copies.
 * In: the catalogue. Out: a SystemTap tapset; example scripts, one question each, for bpftrace and for SystemTap.
 */
#ifndef CEPHTAP_CEPH_CATALOGUE_SCRIPTS_H
#define CEPHTAP_CEPH_CATALOGUE_SCRIPTS_H

#include "ceph/catalogue.h"

/* Every marker as a probe, its arguments as variables. */
void catalogue_tapset(const struct catalogue *cat, struct buf *out);

/* One question and two scripts that answer it, as templates: see catalogue_scripts.c. */
struct cat_question {
	const char *name;      /* "op-queue": of the file */
	const char *question;  /* "How long ...?" */
	const char *bpftrace;  /* NULL: none */
	const char *systemtap; /* NULL: none */
};

/* The row `i` of the table, NULL past its end. */
const struct cat_question *cat_question_at(unsigned i);

enum cat_tracer { CAT_BPFTRACE, CAT_SYSTEMTAP };

/* 0, or -ENOENT with a sentence in *why: a marker or an argument that the script needs is not in the catalogue. */
int catalogue_script(const struct catalogue *cat, const struct cat_question *question, enum cat_tracer tracer,
		     struct buf *out, const char **why);

/* "op-enqueue" with `with` in place of each dash. */
char *cat_undash(struct arena *arena, const char *name, const char *with);
/* A marker's name in the tapset: ceph.osd.op_enqueue. */
char *cat_tapset_name(struct arena *arena, const struct cat_marker *marker);

#endif
