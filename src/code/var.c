/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variables. Globals lie in one array map; this-> variables on the stack or in scratch memory; self-> variables and
 * associative arrays each in a hash map, in which a missing key means zero and zero is stored by deleting the key.
 */
#include "code/gen.h"

#include <assert.h>

enum { STACK_KEY_MAX = 64, STACK_RESERVE = 96 };

bool var_in_hash(const struct var *var)
{
	return var->is_assoc || var->scope == SCOPE_SELF;
}

uint32_t key_size(const struct type *const *types, unsigned n, enum key_prefix prefix)
{
	uint32_t size = prefix == KEY_PLAIN ? 0 : 8;

	for (unsigned i = 0; i < n; i++)
		size += type_is_string(types[i]) ? string_room(types[i]) : 8;
	return size;
}

static bool fits_stack(struct gen *gen, const struct type *const *types, unsigned n, uint32_t size)
{
	if (size > STACK_KEY_MAX || gen->stack_now + (int32_t)size > gen->stack_limit - STACK_RESERVE)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (type_is_string(types[i]))
			return false;
	return true;
}

static void store_key_word(struct gen *gen, const struct key_place *key, uint32_t at)
{
	emit(gen, INSN_STORE(BPF_DW, key->in_scratch ? REG_SCRATCH : R10, key->offset + (int32_t)at, R0));
}

struct key_place gen_key(struct gen *gen, struct expr **exprs, const struct type *const *types, unsigned n,
			 enum key_prefix prefix)
{
	struct key_place key = {.size = key_size(types, n, prefix)};
	uint32_t at = 0;

	key.mark = gen->scratch_now;
	key.in_scratch = !fits_stack(gen, types, n, key.size);
	if (key.in_scratch) {
		key.offset = (int32_t)scratch_new(gen, key.size);
	} else {
		gen->stack_now += (int32_t)key.size;
		key.offset = -gen->stack_now;
	}
	if (prefix != KEY_PLAIN) {
		if (prefix == KEY_THREAD)
			emit_thread_key(gen);
		else
			emit_call(gen, HELPER_CPU);
		emit(gen, INSN_MOV32_REG(R0, R0));
		store_key_word(gen, &key, at);
		at += 8;
	}
	for (unsigned i = 0; i < n; i++) {
		if (type_is_string(types[i])) {
			uint32_t room = string_room(types[i]);

			gen_string(gen, exprs[i], (struct place){PLACE_SCRATCH, 0, (uint32_t)key.offset + at, room});
			at += room;
		} else {
			gen_scalar(gen, exprs[i]);
			store_key_word(gen, &key, at);
			at += 8;
		}
	}
	return key;
}

void emit_key_address(struct gen *gen, int reg, const struct key_place *key)
{
	emit(gen, INSN_MOV_REG(reg, key->in_scratch ? REG_SCRATCH : R10));
	if (key->offset)
		emit(gen, INSN_ALU_IMM(BPF_ADD, reg, key->offset));
}

void key_release(struct gen *gen, const struct key_place *key)
{
	if (!key->in_scratch)
		gen->stack_now -= (int32_t)key->size;
	scratch_release(gen, key->mark);
}

struct key_place gen_var_key(struct gen *gen, const struct expr *expr)
{
	const struct var *var = expr->var;

	return gen_key(gen, expr->args, var->keys, var->is_assoc ? var->keys_len : 0,
		       var->scope == SCOPE_SELF ? KEY_THREAD : KEY_PLAIN);
}

/* R0 = address of the variable's value, or 0. */
void emit_var_lookup(struct gen *gen, const struct var *var, const struct key_place *key)
{
	emit_map(gen, R1, gen->layout->var_maps[var->id]);
	emit_key_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
}

static const int mem_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

static struct slot this_slot(struct gen *gen, const struct var *var)
{
	gen->needs_this[var->id] = true;
	return gen->this_slots[var->id]; /* in the first round not yet a real one */
}

struct place gen_this_place(struct gen *gen, const struct var *var)
{
	gen->needs_this[var->id] = true;
	gen->needs_scratch = true;
	gen->this_places[var->id].room = string_room(var->type);
	return gen->this_places[var->id];
}

static void load_global(struct gen *gen, const struct var *var)
{
	emit_map_value(gen, R1, gen->layout->map_globals, gen->layout->global_offsets[var->id]);
	emit(gen, INSN_LOAD(mem_size[var->type->size], R0, R1, 0));
	if (var->type->is_signed)
		emit_extend(gen, R0, var->type->size, true);
}

/* Where a scalar variable is: nothing more is needed but for those in a hash. */
static struct key_place place_new(struct gen *gen, const struct expr *expr)
{
	return var_in_hash(expr->var) ? gen_var_key(gen, expr) : (struct key_place){0};
}

static void place_release(struct gen *gen, const struct var *var, const struct key_place *key)
{
	if (var_in_hash(var))
		key_release(gen, key);
}

static void load_scalar(struct gen *gen, const struct var *var, const struct key_place *key)
{
	struct label none = {0};

	if (var_in_hash(var)) {
		emit_var_lookup(gen, var, key);
		emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
		emit(gen, INSN_LOAD(BPF_DW, R0, R0, 0));
		label_bind(gen, &none);
	} else if (var->scope == SCOPE_THIS) {
		slot_load(gen, R0, this_slot(gen, var));
	} else {
		load_global(gen, var);
	}
}

void gen_var_load(struct gen *gen, const struct expr *expr)
{
	struct key_place key = place_new(gen, expr);

	load_scalar(gen, expr->var, &key);
	place_release(gen, expr->var, &key);
}

bool var_string_place(struct gen *gen, const struct expr *expr, struct place *place)
{
	const struct var *var = expr->var;

	if (expr->kind != EXPR_VAR || var_in_hash(var))
		return false;
	if (var->scope == SCOPE_THIS)
		*place = gen_this_place(gen, var);
	else
		*place = (struct place){PLACE_MAP, gen->layout->map_globals, gen->layout->global_offsets[var->id],
					string_room(var->type)};
	return true;
}

/* A map's value cannot be copied by name: its address is only known when the program runs. */
void emit_copy_value(struct gen *gen, struct place to, uint32_t room)
{
	struct label none = {0}, end = {0};
	struct slot address = slot_new(gen);

	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	slot_store(gen, address, R0);
	if (to.room > room)
		emit_place_zero(gen, to);
	emit_place_address(gen, R1, to);
	slot_load(gen, R3, address);
	emit(gen, INSN_MOV_IMM(R2, room < to.room ? room : to.room));
	emit_call(gen, HELPER_READ_KERNEL);
	if (room > to.room) {
		emit_place_address(gen, R1, to);
		emit(gen, INSN_STORE_IMM(BPF_B, R1, (int32_t)to.room - 1, 0));
	}
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_place_zero(gen, to);
	label_bind(gen, &end);
	slot_release(gen, address);
}

void gen_var_string(struct gen *gen, const struct expr *expr, struct place to)
{
	struct key_place key;
	struct place place;

	emit_line(gen, expr->loc);
	if (var_string_place(gen, expr, &place)) {
		emit_place_copy(gen, to, place);
		return;
	}
	key = gen_var_key(gen, expr);
	emit_var_lookup(gen, expr->var, &key);
	key_release(gen, &key);
	emit_copy_value(gen, to, string_room(expr->var->type));
}

/* The value's address is in R3: insert or replace; count what has no room. */
void emit_var_update(struct gen *gen, const struct var *var, const struct key_place *key)
{
	struct label good = {0};

	emit_map(gen, R1, gen->layout->var_maps[var->id]);
	emit_key_address(gen, R2, key);
	emit(gen, INSN_MOV_IMM(R4, BPF_ANY));
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	emit_drop(gen, DROP_DYNVAR);
	label_bind(gen, &good);
}

static void emit_delete(struct gen *gen, const struct var *var, const struct key_place *key)
{
	emit_map(gen, R1, gen->layout->var_maps[var->id]);
	emit_key_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_DELETE);
}

/* The slot's value. */
static void store_hash(struct gen *gen, const struct var *var, const struct key_place *key, struct slot value)
{
	struct label zero = {0}, insert = {0}, end = {0};

	slot_load(gen, R1, value);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &zero);
	emit_var_lookup(gen, var, key);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &insert);
	slot_load(gen, R1, value);
	emit(gen, INSN_STORE(BPF_DW, R0, 0, R1));
	emit_jump(gen, &end);
	label_bind(gen, &insert);
	slot_address(gen, R3, value);
	emit_var_update(gen, var, key);
	emit_jump(gen, &end);
	label_bind(gen, &zero);
	emit_delete(gen, var, key);
	label_bind(gen, &end);
	slot_load(gen, R0, value);
}

static void store_still(struct gen *gen, const struct var *var)
{
	if (var->scope == SCOPE_THIS) {
		slot_store(gen, this_slot(gen, var), R0);
	} else {
		emit_map_value(gen, R1, gen->layout->map_globals, gen->layout->global_offsets[var->id]);
		emit(gen, INSN_STORE(mem_size[var->type->size], R1, 0, R0));
	}
}

/* Stores R0, which has the variable's type, and leaves it in R0; the slot is for its use. */
static void store_scalar(struct gen *gen, const struct var *var, const struct key_place *key, struct slot value)
{
	if (!var_in_hash(var)) {
		store_still(gen, var);
		return;
	}
	slot_store(gen, value, R0);
	store_hash(gen, var, key, value);
}

static void assign_scalar(struct gen *gen, const struct expr *expr)
{
	struct key_place key;
	struct slot value;

	gen_scalar(gen, expr->right);
	if (!var_in_hash(expr->left->var)) {
		store_still(gen, expr->left->var);
		return;
	}
	value = slot_new(gen);
	slot_store(gen, value, R0);
	key = gen_var_key(gen, expr->left);
	store_hash(gen, expr->left->var, &key, value);
	key_release(gen, &key);
	slot_release(gen, value);
}

static void assign_string(struct gen *gen, const struct expr *expr)
{
	struct expr *left = expr->left;
	uint32_t mark = gen->scratch_now;
	struct place place, source;
	struct key_place key;

	if (var_string_place(gen, left, &place)) { /* by a copy: the right side may read the variable */
		source = gen_string_anywhere(gen, expr->right);
		emit_place_copy(gen, place, source);
		scratch_release(gen, mark);
		return;
	}
	if (expr->right->kind == EXPR_CONST) {
		key = gen_var_key(gen, left);
		emit_delete(gen, left->var, &key);
		key_release(gen, &key);
		return;
	}
	place = place_scratch(gen, string_room(left->var->type));
	gen_string(gen, expr->right, place);
	key = gen_var_key(gen, left);
	emit_place_address(gen, R3, place);
	emit_var_update(gen, left->var, &key);
	key_release(gen, &key);
	scratch_release(gen, mark);
}

/* A global number that others may change at the same moment: one atomic addition of R1; R0 = the old value. */
static bool is_shared_number(const struct var *var)
{
	return !var_in_hash(var) && var->scope == SCOPE_GLOBAL && (var->type->size == 8 || var->type->size == 4);
}

static void add_shared(struct gen *gen, const struct var *var)
{
	int size = mem_size[var->type->size];

	emit(gen, INSN_MOV_REG(R0, R1));
	emit_map_value(gen, R1, gen->layout->map_globals, gen->layout->global_offsets[var->id]);
	emit(gen, INSN(BPF_STX | size | BPF_ATOMIC, R1, R0, 0, BPF_ADD | BPF_FETCH));
	emit_convert(gen, R0, var->type);
}

/* With one addition, so that nothing is lost of what others add meanwhile. */
static void update_shared(struct gen *gen, const struct expr *expr)
{
	const struct type *type = expr->left->type;
	struct slot value;

	gen_scalar_as(gen, expr->right, type->kind == TYPE_PTR ? &type_int64 : type);
	emit_scale(gen, type, R0);
	if (expr->op == PLAN_SUB)
		emit(gen, INSN_NEG(R0));
	value = slot_new(gen);
	slot_store(gen, value, R0);
	emit(gen, INSN_MOV_REG(R1, R0));
	add_shared(gen, expr->left->var);
	slot_load(gen, R1, value);
	slot_release(gen, value);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	emit_convert(gen, R0, type);
}

static void update(struct gen *gen, const struct expr *expr)
{
	const struct var *var = expr->left->var;
	struct key_place key;
	struct slot value;

	gen_scalar(gen, expr->right);
	emit_scale(gen, expr->left->type, R0);
	value = slot_new(gen);
	slot_store(gen, value, R0);
	key = place_new(gen, expr->left);
	load_scalar(gen, var, &key);
	emit_convert(gen, R0, expr->in);
	slot_load(gen, R1, value);
	gen_binary_op(gen, expr->op, expr->in, expr->loc);
	emit_convert(gen, R0, expr->left->type);
	store_scalar(gen, var, &key, value);
	place_release(gen, var, &key);
	slot_release(gen, value);
}

void gen_var_assign(struct gen *gen, const struct expr *expr)
{
	bool adds = expr->kind == EXPR_UPDATE && (expr->op == PLAN_ADD || expr->op == PLAN_SUB);

	emit_line(gen, expr->loc);
	if (type_is_object(expr->type)) {
		gen_object_assign(gen, expr);
		return;
	}
	if (expr->left->kind != EXPR_VAR) {
		gen_memory_assign(gen, expr);
		return;
	}
	if (type_is_string(expr->left->type)) {
		assign_string(gen, expr);
	} else if (expr->kind == EXPR_ASSIGN) {
		assign_scalar(gen, expr);
	} else if (adds && is_shared_number(expr->left->var)) {
		update_shared(gen, expr);
	} else {
		update(gen, expr);
	}
}

void gen_var_step(struct gen *gen, const struct expr *expr)
{
	const struct type *type = expr->left->type;
	int32_t step = step_size(expr);
	struct slot old, value;
	struct key_place key;

	if (expr->left->kind != EXPR_VAR) {
		gen_memory_step(gen, expr);
		return;
	}
	if (is_shared_number(expr->left->var)) {
		emit(gen, INSN_MOV_IMM(R1, step));
		add_shared(gen, expr->left->var);
		if (!expr->is_post) {
			emit(gen, INSN_ALU_IMM(BPF_ADD, R0, step));
			emit_convert(gen, R0, type);
		}
		return;
	}
	old = slot_new(gen);
	value = slot_new(gen);
	key = place_new(gen, expr->left);
	load_scalar(gen, expr->left->var, &key);
	slot_store(gen, old, R0);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, step));
	emit_convert(gen, R0, type);
	store_scalar(gen, expr->left->var, &key, value);
	if (expr->is_post)
		slot_load(gen, R0, old);
	place_release(gen, expr->left->var, &key);
	slot_release(gen, value);
	slot_release(gen, old);
}
