#!/usr/bin/env -S cephtap -s
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a thread of an OSD works on, for profile.d: `cephtap report profile --by stage` runs both. Each pair of markers is of one
 * thread; the inner one counts, and when it is done the outer one goes on.
 */
#pragma D option zdefs

ceph_msgr:::msg-dispatch-start { self->stage = 1; }
ceph_msgr:::msg-dispatch-done { self->stage = 0; }
ceph_osd:::op-dequeue-start { self->stage = 2; }
ceph_osd:::op-dequeue-done { self->stage = 0; }
ceph_pg:::do-ops-start { self->stage = 3; }
ceph_pg:::do-ops-done { self->stage = 2; }
ceph_store:::txn-queue-start { self->outer = self->stage; self->stage = 4; }
ceph_store:::txn-queue-done { self->stage = self->outer; self->outer = 0; }
ceph_store:::read-start { self->before = self->stage; self->stage = 5; }
ceph_store:::read-done { self->stage = self->before; self->before = 0; }
ceph_kv:::kv-sync-start { self->stage = 6; }
ceph_kv:::kv-sync-done { self->stage = 0; }
