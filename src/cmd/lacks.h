/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which markers the scripts of our reports may lack, and what goes with each. */
#ifndef CEPHTAP_CMD_LACKS_H
#define CEPHTAP_CMD_LACKS_H

#include "plan/lacks.h"

/* NULL: that script needs all that it names. */
const struct may_lack *script_may_lack(const char *script);

#endif
