#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Strings of others reach an output by lib/shown.h alone: what a compiled file calls is asked of the file itself, since no way of writing a
# call hides from the linker. Below stands who may write by itself, and what; a new line in it is a decision to be reviewed.
cd "$BUILD" || exit 1
[ -d src ] || { echo "skip shown - no object files in $BUILD"; exit 0; }

# What brings bytes out of the process, or makes text of strings that is meant to be written as it is.
writers='v?f?printf|v?dprintf|f?puts|putchar|f?putc|_IO_putc|fwrite(_unlocked)?|p?writev?|perror|psignal|v?errx?|v?warnx?|error(_at_line)?
	|send(to|msg|file)?|splice|syslog|getopt|getopt_long(_only)?|w?addn?w?str|w?addch|mvw?addn?str|w?printw
	|json_object_to_(json_string|json_string_ext|json_string_length|fd|file|file_ext)|shown_bytes'
may='
ceph/admin_socket    send: a question to an OSD, of our own words
cmd/messages         write: what was written to standard error, later
cmd/option           getopt_long: it says nothing by itself here
lib/aside            sendmsg: a descriptor, to its helper
lib/elf_sdt_write    pwrite: a binary
lib/shown_print      fwrite json_object_to_json_string_length: this is the place
lib/memory           write: one sentence of its own, when there is no memory
lib/write            write: files
pictures/picture     fwrite: a page, its data by SHOWN_PAGE
recording/chunk      write: recordings
report/common        fwrite: what a struct shown holds
report/ctf           shown_bytes: numbers
report/ctf_metadata  shown_bytes: its own text
report/metric        shown_bytes: labels, each shown
report/print         shown_bytes: digits and blanks, and texts in the form that was chosen
report/text          shown_bytes: digits and blanks, and what a script printed
run/child            write: to its parent, a number
symbols/mappings     write: to memory
top/top_page         shown_bytes: a name that was shown and cut
top/top_screen       write waddch waddnstr: lines of a page
views/calls_print    shown_bytes: a path of frames, each shown
views/offcpu         shown_bytes: frames, each shown
views/profile        shown_bytes: a file of pprof
'

called=$( (cd "$TOP" && find src -name '*.c') | sed 's/c$/o/' | xargs nm -A -u | sed -nE 's,^src/([^:]*)\.o: *U (__)?([A-Za-z_]+)(@.*)?$,\1 \3,p' | sed 's,_chk$,,' |
	grep -E " ($(echo "$writers" | tr -d ' \t\n'))\$" | sort -u)
allowed=$(echo "$may" | awk 'NF { sub(/:.*/, ""); for (i = 2; i <= NF; i++) print $1, $i }')
more=$(comm -23 <(echo "$called") <(echo "$allowed" | sort -u))
less=$(comm -13 <(echo "$called") <(echo "$allowed" | sort -u))
[ "$(echo "$called" | wc -l)" -gt 20 ] && [ -z "$more" ] && echo "ok who-writes" ||
	echo "not ok who-writes - by itself, and not through lib/shown.h: $(echo "$more" | tr '\n' ';')"
[ -z "$less" ] && echo "ok who-writes-no-longer" || echo "not ok who-writes-no-longer - the list has what no file does: $(echo "$less" | tr '\n' ';')"

# What a struct shown holds is changed by lib/shown alone, and only those that know why choose the form that shows nothing.
cd "$TOP" || exit 1
raw=$(grep -nE 'buf_(add|puts|putc|printf|vprintf)\(&[A-Za-z_>.-]*\.buf\b|buf_[a-z]+\(&[A-Za-z_.>-]*(->|\.)(pending|text)\b' -r src --include='*.c' |
	grep -vE '^src/(lib/shown|recording/)')
[ -z "$raw" ] && echo "ok past-it" || echo "not ok past-it - $raw"
bytes=$(grep -lE '\bSHOWN_BYTES\b' -r src | grep -vE '^src/lib/shown' | sort | tr '\n' ' ')
[ "$bytes" = "src/report/print.c " ] && echo "ok as-it-is" || echo "not ok as-it-is - SHOWN_BYTES is used in $bytes"
