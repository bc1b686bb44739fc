/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Updating an aggregation: arguments first, then the key, the look-up, and the function's own code from src/agg. */
#include "code/gen.h"

#include <assert.h>
#include <string.h>

/* What is evaluated before the look-up. */
struct agg_args {
	struct slot value, weight;
};

bool agg_has_weight(const struct plan_update *update)
{
	return update->weight;
}

void emit_agg_value(struct gen *gen, int reg)
{
	slot_load(gen, reg, gen->agg_args->value);
}

void emit_agg_weight(struct gen *gen, int reg)
{
	slot_load(gen, reg, gen->agg_args->weight);
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

static struct slot gen_kept(struct gen *gen, const struct expr *expr)
{
	struct slot slot;

	gen_scalar(gen, expr);
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	return slot;
}

static void gen_args(struct gen *gen, const struct plan_update *update, struct agg_args *args)
{
	if (update->value)
		args->value = gen_kept(gen, update->value);
	if (update->weight)
		args->weight = gen_kept(gen, update->weight);
}

static void release_args(struct gen *gen, const struct plan_update *update, const struct agg_args *args)
{
	if (update->weight)
		slot_release(gen, args->weight);
	if (update->value)
		slot_release(gen, args->value);
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

static struct key_place gen_agg_key(struct gen *gen, const struct plan_update *update)
{
	const struct aggvar *var = update->agg;
	struct slot zero;

	if (var->keys_len)
		return gen_key(gen, update->keys, var->keys, var->keys_len, KEY_CPU);
	zero = slot_new(gen);
	emit(gen, INSN_MOV_IMM(R1, 0));
	slot_store(gen, zero, R1);
	return (struct key_place){
		.in_scratch = zero.in_scratch, .offset = zero.offset, .mark = gen->scratch_now, .size = 8};
}

static void gen_update(struct gen *gen, const struct plan_update *update, const struct key_place *key)
{
	const struct aggvar *var = update->agg;
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
	var->shape.agg->gen(gen, &var->shape, update);
	label_bind(gen, &end);
}

void gen_aggregates(struct gen *gen, const struct plan_update *const *updates, unsigned n)
{
	struct agg_args args = {0};
	struct key_place key;

	/* The first one's arguments come before the key, as written; those of the others cannot change it. */
	emit_line(gen, updates[0]->loc);
	gen->agg_args = &args; /* updates do not nest */
	gen_args(gen, updates[0], &args);
	key = gen_agg_key(gen, updates[0]);
	gen_update(gen, updates[0], &key);
	for (unsigned i = 1; i < n; i++) {
		struct agg_args more = {0};

		gen->agg_args = &more;
		emit_line(gen, updates[i]->loc);
		gen_args(gen, updates[i], &more);
		gen_update(gen, updates[i], &key);
		release_args(gen, updates[i], &more);
	}
	key_release(gen, &key);
	release_args(gen, updates[0], &args);
}

/* --- The same key again --- */

/* Reads variables, arguments and constants, and changes nothing. */
static bool is_pure(const struct expr *expr)
{
	if (!expr)
		return true;
	switch (expr->kind) {
	case EXPR_CONST:
	case EXPR_TEXT:
	case EXPR_ARG:
	case EXPR_BUILTIN:
		return true;
	case EXPR_VAR:
		return !expr->args_len;
	case EXPR_CONVERT:
	case EXPR_UNARY:
		return is_pure(expr->left);
	case EXPR_BINARY:
	case EXPR_THEN:
		return is_pure(expr->left) && is_pure(expr->right);
	case EXPR_COND:
		return is_pure(expr->left) && is_pure(expr->right) && is_pure(expr->third);
	default:
		return false;
	}
}

/* Is it written the same, and does it mean the same a moment later? */
static bool is_same(const struct expr *a, const struct expr *b)
{
	if (a->kind != b->kind || !type_equal(a->type, b->type))
		return false;
	switch (a->kind) {
	case EXPR_CONST:
		return a->value == b->value;
	case EXPR_TEXT:
		return a->text_size == b->text_size && !memcmp(a->text, b->text, a->text_size);
	case EXPR_VAR: /* globals are shared: others may change them */
		return a->var == b->var && !a->args_len && a->var->scope == SCOPE_THIS;
	case EXPR_ARG:
		return a->arg == b->arg;
	case EXPR_BUILTIN:
		return a->builtin == b->builtin;
	case EXPR_CONVERT:
		return is_same(a->left, b->left);
	default:
		return false;
	}
}

static uint32_t key_room(const struct type *type)
{
	return type_is_string(type) ? string_room(type) : 8;
}

bool agg_shares_key(const struct plan_update *first, const struct plan_update *second)
{
	const struct aggvar *a = first->agg, *b = second->agg;

	if (!a->keys_len || a->keys_len != b->keys_len)
		return false;
	for (unsigned i = 0; i < a->keys_len; i++)
		if (!type_equal(a->keys[i], b->keys[i]) || key_room(a->keys[i]) != key_room(b->keys[i]) ||
		    !is_same(first->keys[i], second->keys[i]))
			return false;
	return is_pure(second->value) && is_pure(second->weight);
}
