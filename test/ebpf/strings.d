/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma D option strsize=16
test:::strs { this->s = strjoin(args[0], "-"); n = 0; n += strlen(this->s); s = substr(this->s, 1, 2); if (s == "ab") exit(0); }
