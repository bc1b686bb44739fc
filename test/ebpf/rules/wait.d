/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that is not there yet: with programs that may sleep it is waited for. */
test:::ints { trace(copyinstr(arg0)); }
