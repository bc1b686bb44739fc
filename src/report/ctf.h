/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of any script as a trace in the Common Trace Format 1.8, for babeltrace2 and Trace Compass. In: what actions
 * record, while the report itself is written as usual. Out: a folder with `metadata` and one stream. Each printf(),
 * trace() and the like is an event with its values, integers by their width and sign, and the time of the firing
 * (options->record_time).
 */
#ifndef CEPHTAP_REPORT_CTF_H
#define CEPHTAP_REPORT_CTF_H

#include "report/report.h"

/* Makes the folder; `usual` are the operations of the report beside it. NULL: `why` is a sentence. */
struct ctf *ctf_new(const char *folder, const struct report_ops *usual, struct buf *why);
/* The operations for the tracer: they write the trace and call the usual ones. Valid as long as `ctf`. */
const struct report_ops *ctf_ops(const struct ctf *ctf);
void ctf_free(struct ctf *ctf); /* NULL is allowed */

#endif
