/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* More than the kernel takes is refused with the clause's place. */
#pragma D option strsize=16384
test:::strs { this->s = args[0]; this->t = strjoin(this->s, args[1]); trace(this->t); }
