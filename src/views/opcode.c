/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "views/opcode.h"

const char *opcode_name(unsigned code, struct arena *arena)
{
	static const struct {
		unsigned code;
		const char *name;
	} names[] = {
		{0x1201, "read"},
		{0x1202, "stat"},
		{0x1203, "mapext"},
		{0x1205, "sparse-read"},
		{0x1206, "notify"},
		{0x1207, "notify-ack"},
		{0x1208, "assert-version"},
		{0x1209, "list-watchers"},
		{0x120a, "list-snaps"},
		{0x120b, "sync-read"},
		{0x1211, "omap-get-keys"},
		{0x1212, "omap-get-values"},
		{0x1213, "omap-get-header"},
		{0x1214, "omap-get-values"},
		{0x1219, "omap-compare"},
		{0x1220, "compare-extent"},
		{0x2201, "write"},
		{0x2202, "write-full"},
		{0x2203, "truncate"},
		{0x2204, "zero"},
		{0x2205, "delete"},
		{0x2206, "append"},
		{0x220d, "create"},
		{0x220e, "rollback"},
		{0x220f, "watch"},
		{0x2215, "omap-set-values"},
		{0x2216, "omap-set-header"},
		{0x2217, "omap-clear"},
		{0x2218, "omap-remove-keys"},
		{0x221a, "copy-from"},
		{0x2226, "write-same"},
		{0x1301, "getxattr"},
		{0x1302, "getxattrs"},
		{0x1303, "compare-xattr"},
		{0x2301, "setxattr"},
		{0x2304, "rmxattr"},
		{0x1401, "call"},
		{0x1501, "list"},
		{0x1502, "list-filtered"},
		{0x1503, "list hit sets"},
		{0x1504, "get hit set"},
		{0x1505, "list"},
		{0x1506, "list-filtered"},
		{0x1507, "scrub result"},
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return code ? arena_printf(arena, "operation 0x%x", code) : "not decoded";
}
