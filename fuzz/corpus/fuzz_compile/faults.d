/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cannot be read ends the clause, throws its record away and calls ERROR, which is a function of the same program. */
ERROR { @[arg4] = count(); }
test:::ptr { trace(*(int *)copyin(arg0, 4)); trace(copyinstr(arg0)); }
