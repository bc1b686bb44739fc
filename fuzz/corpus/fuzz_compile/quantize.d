/* SPDX-License-Identifier: LGPL-2.1-or-later */
test:::ints { @ = quantize(args[4]); }
