/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parameters that are structures themselves. One in registers is put together in memory of the program (code/arg.c),
 * and parts of it may be nowhere when the function is entered: reading those is an error, not a 0.
 */
#include "front/d/check/ctx.h"

/* The argument that a node is; NULL: it is none. */
static const struct arg *arg_of_node(const struct probe *probe, const struct site *site, const struct node *node)
{
	unsigned n = (unsigned)(node->arg_index - ARG_TYPED);

	if (node->kind != NODE_INDEX || node->arg_index < ARG_TYPED || n >= probe->typed_len)
		return NULL;
	return site && site->typed ? &site->typed[n] : &probe->typed[n];
}

bool check_is_object_arg(const struct check_ctx *ctx, const struct node *node)
{
	const struct arg *arg = NULL;

	for (unsigned i = 0; ctx->clause && i < ctx->clause->probes_len && !arg; i++)
		arg = arg_of_node(ctx->clause->probes[i], NULL, node);
	return arg && arg->is_object && !check_failed(node);
}

/* The argument and the bytes of it that a chain of members and elements is. False: it leads elsewhere. */
static bool bytes_of_arg(const struct node *node, const struct node **root, uint64_t *from, uint64_t *size)
{
	const struct type *type = node->left ? node->left->type : NULL;
	const struct type_member *member;

	if (node->kind == NODE_INDEX && node->arg_index >= ARG_TYPED) {
		*root = node;
		*from = 0;
		*size = 0;
		return true;
	}
	if (node->kind == NODE_MEMBER && type) {
		bool is_arg = node->left->kind == NODE_INDEX && node->left->arg_index >= ARG_TYPED;

		if ((node->op == OP_ARROW) != is_arg || !bytes_of_arg(node->left, root, from, size))
			return false;
		member = type_find_member(is_arg ? type->to : type, node->name);
		*from += member ? member->offset : 0;
		*size = member && member->unit ? member->unit : node->type->size;
		return member && !member->hops;
	}
	if (node->kind != NODE_INDEX || !type || type->kind != TYPE_ARRAY ||
	    !bytes_of_arg(node->left, root, from, size))
		return false;
	if (node->args[0]->is_const) {
		*from += node->args[0]->ival * type->to->size;
		*size = type->to->size;
	}
	return true;
}

/* Why bytes of an argument are not there; NULL: they are. */
static const char *why_not_there(const struct arg *arg, uint64_t from, uint64_t size)
{
	for (uint64_t at = from; at < from + size; at++) {
		const struct arg_piece *piece = NULL;

		for (unsigned i = 0; i < arg->pieces_len && !piece; i++)
			if (at >= arg->pieces[i].offset && at < arg->pieces[i].offset + (uint64_t)arg->pieces[i].size)
				piece = &arg->pieces[i];
		if (!piece || piece->why)
			return piece ? piece->why : "the debug information does not say where it is";
	}
	return NULL;
}

static bool is_whole(const struct arg *arg)
{
	for (unsigned i = 0; i < arg->pieces_len; i++)
		if (arg->pieces[i].why)
			return false;
	return true;
}

/* The first place of the clause where these bytes of an argument are nowhere; NULL: there is none. */
static const struct probe *lacking(const struct check_ctx *ctx, const struct node *root, uint64_t from, uint64_t size,
				   const char **why)
{
	for (unsigned i = 0; i < ctx->clause->probes_len; i++) {
		const struct probe *probe = ctx->clause->probes[i];

		for (unsigned j = 0; j < probe->sites_len; j++) {
			const struct arg *arg = arg_of_node(probe, &probe->sites[j], root);

			if (!arg || is_whole(arg) || !left_has_site(ctx->out->left, ctx->out->left_len, probe, j))
				continue;
			*why = why_not_there(arg, from, size);
			if (*why)
				return probe;
		}
	}
	return NULL;
}

void check_pieces(struct check_ctx *ctx, struct node *node)
{
	const struct node *root;
	const struct probe *probe;
	const struct arg *arg;
	uint64_t from, size;
	const char *why;

	if (!ctx->clause || check_failed(node) || (!type_is_scalar(node->type) && node->type->kind != TYPE_ARRAY) ||
	    !bytes_of_arg(node, &root, &from, &size))
		return;
	probe = lacking(ctx, root, from, size, &why);
	if (!probe)
		return;
	arg = arg_of_node(probe, NULL, root);
	check_error(ctx, node, "D_ARGS_IDX", "this part of args[%d] (%s) is not available at %s: %s",
		    root->arg_index - ARG_TYPED, arg->name ? arg->name : "no name", check_probe_text(ctx, probe), why);
}

void check_whole(struct check_ctx *ctx, struct node *node)
{
	for (unsigned i = 0; i < ctx->clause->probes_len; i++) {
		const struct probe *probe = ctx->clause->probes[i];

		for (unsigned j = 0; j < probe->sites_len; j++) {
			const struct arg *arg = arg_of_node(probe, &probe->sites[j], node);

			if (!arg || is_whole(arg) || !left_has_site(ctx->out->left, ctx->out->left_len, probe, j))
				continue;
			check_error(ctx, node, "D_ARGS_IDX",
				    "only a part of args[%d] (%s) is available at %s: read a member of it",
				    node->arg_index - ARG_TYPED, arg->name ? arg->name : "no name",
				    check_probe_text(ctx, probe));
			return;
		}
	}
}
