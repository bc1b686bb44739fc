/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A record is reserved, written in place, submitted; a firing without room is a drop. */
test:::ints { printf("%d %d %s\n", args[0], args[7], probename); }
