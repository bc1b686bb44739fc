#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts in test/ebpf: NAME.d must compile to the maps, layouts and programs in NAME.ebpf, or give the diagnostics NAME.err.
exec "$BUILD/test/unit/test_codegen" golden
