/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Updating an aggregation: arguments first, then the key, the look-up, and the function's own code from src/agg. */
#include "code/gen.h"

#include <assert.h>
#include <string.h>

enum { AGG_ARGS_MAX = 8 };

/* What is evaluated before the look-up: the value and the increment, not the constant parameters between them. */
struct agg_args {
	struct slot slots[AGG_ARGS_MAX];
	bool here[AGG_ARGS_MAX];
};

bool agg_has_arg(const struct node *call, unsigned i)
{
	return i < call->args_len;
}

void emit_agg_arg(struct gen *gen, int reg, unsigned i)
{
	assert(gen->agg_args->here[i]);
	slot_load(gen, reg, gen->agg_args->slots[i]);
}

void emit_agg_add(struct gen *gen, unsigned word)
{
	emit(gen, INSN_ATOMIC(BPF_ADD, REG_KEEP, 8 * (int)word, R1));
}

void emit_agg_add_imm(struct gen *gen, unsigned word, int32_t imm)
{
	emit(gen, INSN_MOV_IMM(R1, imm));
	emit_agg_add(gen, word);
}

void emit_agg_add_at(struct gen *gen, unsigned last)
{
	struct label fits = {0};

	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)last, &fits); /* always: but the verifier has to see it */
	emit(gen, INSN_MOV_IMM(R0, last));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, 3));
	emit(gen, INSN_MOV_REG(R2, REG_KEEP));
	emit(gen, INSN_ALU_REG(BPF_ADD, R2, R0));
	emit(gen, INSN_ATOMIC(BPF_ADD, R2, 0, R1));
}

static void gen_args(struct gen *gen, const struct agg *agg, struct node *call, struct agg_args *args)
{
	for (unsigned i = 0; i < call->args_len && i < AGG_ARGS_MAX; i++) {
		if (i >= 1 && i <= agg->params_len)
			continue;
		gen_scalar(gen, call->args[i]);
		args->slots[i] = slot_new(gen);
		args->here[i] = true;
		slot_store(gen, args->slots[i], R0);
	}
}

static void release_args(struct gen *gen, struct agg_args *args)
{
	for (unsigned i = AGG_ARGS_MAX; i--;)
		if (args->here[i])
			slot_release(gen, args->slots[i]);
}

static void emit_agg_lookup(struct gen *gen, unsigned map, const struct key_place *key)
{
	emit_map(gen, R1, map);
	emit_key_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
}

/* The first update of a key puts zeros in; when two do at the same time, one of them finds the other's. */
static void emit_insert(struct gen *gen, unsigned map, const struct key_place *key, struct label *found)
{
	emit_map(gen, R1, map);
	emit_key_address(gen, R2, key);
	emit_map_value(gen, R3, gen->layout->map_zeros, 0);
	emit(gen, INSN_MOV_IMM(R4, BPF_NOEXIST));
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_agg_lookup(gen, map, key);
	emit_jump_imm(gen, BPF_JNE, R0, 0, found);
}

static struct key_place gen_agg_key(struct gen *gen, struct node *node)
{
	const struct aggvar *var = node->left->agg;
	struct slot zero;

	if (var->keys_len)
		return gen_key(gen, node->left->args, var->keys, var->keys_len, KEY_CPU);
	zero = slot_new(gen);
	emit(gen, INSN_MOV_IMM(R1, 0));
	slot_store(gen, zero, R1);
	return (struct key_place){.in_scratch = zero.in_scratch, .offset = zero.offset, .mark = gen->scratch_now, .size = 8};
}

static void gen_update(struct gen *gen, struct node *node, const struct key_place *key)
{
	const struct aggvar *var = node->left->agg;
	unsigned map = gen->image->agg_maps[var->id];
	struct label found = {0}, end = {0};

	emit_agg_lookup(gen, map, key);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &found);
	if (var->keys_len)
		emit_insert(gen, map, key, &found);
	emit_drop(gen, DROP_AGG);
	emit_jump(gen, &end);
	label_bind(gen, &found);
	emit(gen, INSN_MOV_REG(REG_KEEP, R0));
	var->shape.agg->gen(gen, &var->shape, node->right);
	label_bind(gen, &end);
}

void gen_aggregates(struct gen *gen, struct node **nodes, unsigned n)
{
	struct agg_args args = {0};
	struct key_place key;

	/* The first one's arguments come before the key, as written; those of the others cannot change it. */
	emit_line(gen, nodes[0]->loc);
	gen->agg_args = &args; /* updates do not nest */
	gen_args(gen, nodes[0]->left->agg->shape.agg, nodes[0]->right, &args);
	key = gen_agg_key(gen, nodes[0]);
	gen_update(gen, nodes[0], &key);
	for (unsigned i = 1; i < n; i++) {
		struct agg_args more = {0};

		gen->agg_args = &more;
		emit_line(gen, nodes[i]->loc);
		gen_args(gen, nodes[i]->left->agg->shape.agg, nodes[i]->right, &more);
		gen_update(gen, nodes[i], &key);
		release_args(gen, &more);
	}
	key_release(gen, &key);
	release_args(gen, &args);
}

/* --- The same key again --- */

/* Reads variables, arguments and constants, and changes nothing. */
static bool is_pure(const struct node *node)
{
	switch (node->kind) {
	case NODE_INT:
	case NODE_STRING:
	case NODE_IDENT:
		return true;
	case NODE_INDEX:
		return node->arg_index >= 0;
	case NODE_CAST:
		return is_pure(node->left);
	case NODE_UNARY:
		return (node->op == OP_NEG || node->op == OP_NOT || node->op == OP_BITNOT) && is_pure(node->left);
	case NODE_BINARY:
		return is_pure(node->left) && is_pure(node->right);
	case NODE_COND:
		return is_pure(node->left) && is_pure(node->right) && is_pure(node->third);
	default:
		return false;
	}
}

/* Is it written the same, and does it mean the same a moment later? */
static bool is_same(const struct node *a, const struct node *b)
{
	if (a->kind != b->kind || !type_equal(a->type, b->type))
		return false;
	switch (a->kind) {
	case NODE_INT:
		return a->ival == b->ival;
	case NODE_STRING:
		return a->text_size == b->text_size && !memcmp(a->text, b->text, a->text_size);
	case NODE_IDENT:
		return a->var && a->var == b->var && a->arg_index == b->arg_index &&
		       (a->var->scope == SCOPE_THIS || a->var->builtin); /* globals are shared: others may change them */
	case NODE_INDEX:
		return a->arg_index >= 0 && a->arg_index == b->arg_index;
	default:
		return false;
	}
}

static uint32_t key_room(const struct type *type)
{
	return type_is_string(type) ? string_room(type) : 8;
}

bool agg_shares_key(const struct node *first, const struct node *second)
{
	const struct aggvar *a = first->left->agg, *b = second->left->agg;

	if (!a->keys_len || a->keys_len != b->keys_len)
		return false;
	for (unsigned i = 0; i < a->keys_len; i++)
		if (!type_equal(a->keys[i], b->keys[i]) || key_room(a->keys[i]) != key_room(b->keys[i]) ||
		    !is_same(first->left->args[i], second->left->args[i]))
			return false;
	for (unsigned i = 0; i < second->right->args_len; i++)
		if (!is_pure(second->right->args[i]))
			return false;
	return true;
}
