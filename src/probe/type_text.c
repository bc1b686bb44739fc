/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/type_text.h"

#include <bpf/btf.h>
#include <string.h>

#include "lib/kernel.h"

enum { DEPTH_MAX = 16 };

static const char *int_text(uint32_t size, bool is_signed)
{
	static const char *const names[2][9] = {
		{[1] = "uint8_t", [2] = "uint16_t", [4] = "uint32_t", [8] = "uint64_t"},
		{[1] = "char", [2] = "int16_t", [4] = "int", [8] = "int64_t"},
	};

	return size <= 8 && names[is_signed][size] ? names[is_signed][size] : "uint64_t";
}

static const char *text_of(struct arena *arena, const struct btf *btf, uint32_t id, unsigned depth)
{
	const struct btf_type *type = kernel_strip(btf, id);
	const char *name, *to;

	if (!type || depth > DEPTH_MAX)
		return "void";
	name = btf__name_by_offset(btf, type->name_off);
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return int_text(type->size, btf_int_encoding((struct btf_type *)type) & BTF_INT_SIGNED);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return int_text(type->size, btf_kflag(type));
	case BTF_KIND_PTR:
		to = text_of(arena, btf, type->type, depth + 1);
		return arena_printf(arena, "%s%s*", to, to[strlen(to) - 1] == '*' ? "" : " ");
	case BTF_KIND_STRUCT:
	case BTF_KIND_FWD:
		return *name ? arena_printf(arena, "struct %s", name) : "void";
	case BTF_KIND_UNION:
		return *name ? arena_printf(arena, "union %s", name) : "void";
	default:
		return "void";
	}
}

const char *kernel_type_text(struct arena *arena, const struct btf *btf, uint32_t id)
{
	return text_of(arena, btf, id, 0);
}
