#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Scripts in test/ebpf: NAME.d must compile to the maps, layouts and programs in NAME.ebpf, or give the diagnostics NAME.err. Those in
# test/ebpf/rules are compiled for several engines: NAME.ENGINE.ebpf, NAME.ENGINE.err.
exec "$BUILD/test/unit/test_codegen" golden
