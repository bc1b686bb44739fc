/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brackets that nothing closes: each is a character, and to find that out takes no longer than to read them. */
pid1:a:f<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<:entry,
pid1:a:g(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<(<:entry,
pid1:a:h<(int)>(<[x]):entry { x = 1; }
