/* A record is reserved, written in place, submitted; a firing without room is a drop. */
test:::ints { printf("%d %d %s\n", args[0], args[7], probename); }
