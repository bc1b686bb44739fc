/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is under way: messages that bring an OSD work for clients, as Ceph numbers them; ops in a client; PGs, or
 * objects, whose clients are told to wait. */
#ifndef CEPHTAP_VIEWS_INFLIGHT_TYPES_H
#define CEPHTAP_VIEWS_INFLIGHT_TYPES_H

enum {
	TYPE_OP = 42,
	TYPE_REPOP = 112,
	TYPE_SHARD_WRITE = 108,
	TYPE_SHARD_READ = 110,
	TYPE_CLIENT = 1000,
	TYPE_HELD_OFF
};

#endif
