#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts in test/ast: NAME.d must give the tree NAME.ast, or the diagnostics NAME.err, or both (warnings).
exec "$BUILD/test/unit/test_ast" golden
