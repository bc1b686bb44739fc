/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define X 1
#include <x.h>
#if X
#endif
#pragma D foo
#pragma D
#pragma D option
#pragma D option a b
#pragma D option a=
#pragma once
#pragma error do not run this
#error nor this
#pragma D error nor that
BEGIN { }
