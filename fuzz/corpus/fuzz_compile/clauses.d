/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clauses of one probe are one program; after exit() the next does not run, but in END it does. */
test:::long / x++ == 10 / { exit(1); }
test:::long { @ = max(args[0]); }
END { exit(2); }
END { printf("end"); }
