/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "front/d/check/proto.h"

#include <string.h>

#include "front/d/check/ctx.h"

static const char *const texts[PROTO_TYPES] = {
	[PROTO_VOID] = "void",
	[PROTO_ANY] = "any",
	[PROTO_AGG] = "@",
	[PROTO_CHAR] = "char",
	[PROTO_INT] = "int",
	[PROTO_INT64] = "int64_t",
	[PROTO_UINT16] = "uint16_t",
	[PROTO_UINT32] = "uint32_t",
	[PROTO_UINT64] = "uint64_t",
	[PROTO_SIZE] = "size_t",
	[PROTO_ADDRESS] = "uintptr_t",
	[PROTO_POINTER] = "void *",
	[PROTO_STRING] = "string",
	[PROTO_TEXT_OR_NULL] = "string",
	[PROTO_PID] = "pid_t",
	[PROTO_UID] = "uid_t",
	[PROTO_GID] = "gid_t",
	[PROTO_PROCESSOR] = "processorid_t",
	[PROTO_TASK] = "struct task_struct *",
	[PROTO_STACK] = "int64_t",
	[PROTO_SYMBOL] = "int64_t",
	[PROTO_SYMBOL_MODULE] = "int64_t",
	[PROTO_SYMBOL_ADDRESS] = "int64_t",
};

const char *proto_type_text(enum proto_type type)
{
	return texts[type];
}

void proto_print(const char *name, const struct proto *proto, struct buf *out)
{
	const char *result = texts[proto->result];
	const struct proto_param *param;

	buf_printf(out, "%s%s%s(", result, result[strlen(result) - 1] == '*' ? "" : " ", name);
	for (param = proto->params; param->type; param++)
		buf_printf(out, param->is_optional ? "%s[%s]" : "%s%s", param == proto->params ? "" : ", ",
			   texts[param->type]);
	buf_printf(out, "%s)", !proto->is_variadic ? "" : param == proto->params ? "..." : ", ...");
}

const char *check_proto_text(struct check_ctx *ctx, const char *name, const struct proto *proto)
{
	struct buf buf = {0};
	const char *text;

	proto_print(name, proto, &buf);
	text = arena_strdup(ctx->arena, buf.data);
	buf_free(&buf);
	return text;
}

/* A structure of the kernel is only named where the kernel does not describe its types. */
static const struct type *pointer_type(struct check_ctx *ctx, const char *text)
{
	const char *name = arena_strndup(ctx->arena, text, strcspn(text, "*") - 1);

	return type_pointer(ctx->arena, check_type_name(ctx, name, (struct loc){0}), false);
}

const struct type *check_proto_type(struct check_ctx *ctx, enum proto_type type)
{
	switch (type) {
	case PROTO_END:
	case PROTO_ANY:
	case PROTO_AGG:
		return NULL;
	case PROTO_STACK:
		return &type_stack;
	case PROTO_SYMBOL:
		return &type_symbol;
	case PROTO_SYMBOL_MODULE:
		return &type_symbol_module;
	case PROTO_SYMBOL_ADDRESS:
		return &type_symbol_address;
	case PROTO_POINTER:
	case PROTO_TASK:
		return pointer_type(ctx, texts[type]);
	default:
		return check_type_name(ctx, texts[type], (struct loc){0});
	}
}
