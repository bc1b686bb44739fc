/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma D attributes Stable/Stable/Common foo
#pragma ident "version"
BEGIN { "\q" }
