#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints a C file that embeds files into the binary (src/lib/embed.h). Usage, from the top of the tree:
#   scripts/embed.sh build/embed catalogue/*.cat -- cards/*.card -- scripts/*.d -- src/front/d/library.d -- pictures/page.html > build/embed.c
# The first argument is a folder with each file as gzip packs it: build/embed/catalogue/ceph_osd.cat.gz. The lists become
# embedded_catalogue, embedded_cards, embedded_scripts, embedded_library and embedded_pictures. A name that is no file (a glob that
# matched nothing) is left out. .incbin paths are as given, so compile from the same folder; the object depends on the packed files,
# which the Makefile has to say.
set -eu

packed=$1
shift
n=0
echo '/* Made by scripts/embed.sh: do not edit. */'
echo '#include "lib/embed.h"'
for array in embedded_catalogue embedded_cards embedded_scripts embedded_library embedded_pictures; do
	rows=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		if [ -f "$1" ]; then
			n=$((n + 1))
			printf '__asm__(".section .rodata\\n.globl embed_%d\\n.hidden embed_%d\\nembed_%d:\\n.incbin \\"%s\\"\\n.previous\\n");\n' \
				$n $n $n "$packed/$1.gz"
			printf 'extern const unsigned char embed_%d[] __attribute__((visibility("hidden")));\n' $n
			rows="$rows	{ \"${1##*/}\", embed_$n, $(wc -c < "$packed/$1.gz"), $(wc -c < "$1") },
"
		fi
		shift
	done
	[ $# -gt 0 ] && shift
	printf 'const struct embedded %s[] = {\n%s\t{ 0, 0, 0, 0 },\n};\n' "$array" "$rows"
done
