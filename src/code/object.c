/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects that variables hold: structures, unions, arrays. Each lies where the variable does: among the globals, in
 * scratch memory (this->), or as the value of an entry in a hash (self->, associative arrays), where a missing entry
 * stands for zeros and is made when something is written. Members and elements are read and written in place, by a
 * pointer that the verifier knows; every index is compared with the number of elements. Whole objects are copied by way
 * of scratch memory, so that a bad address leaves the variable as it was.
 */
#include "code/gen.h"

static const int mem_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

/* A part of the object that a variable holds, or all of it. */
struct part {
	const struct var *var;
	struct key_place key; /* in a hash */
	uint32_t fixed, size; /* where it begins, but for `moved` */
	bool moves;
	struct slot moved; /* what indices add to that */
};

const struct expr *object_root(const struct expr *place)
{
	while (place->kind != EXPR_VAR) {
		bool is_inside = place->kind == EXPR_MEMBER
					 ? !place->member->hops
					 : place->kind == EXPR_ELEMENT && place->left->type->kind == TYPE_ARRAY;

		if (!is_inside)
			return NULL;
		place = place->left;
	}
	return type_is_object(place->var->type) ? place : NULL;
}

static bool is_fixed_element(const struct expr *expr)
{
	return expr->right->kind == EXPR_CONST && expr->right->value < expr->left->type->count;
}

static bool moves(const struct expr *place)
{
	for (; place->kind != EXPR_VAR; place = place->left)
		if (place->kind == EXPR_ELEMENT && !is_fixed_element(place))
			return true;
	return false;
}

/* R0 = an index that is less than the number of elements. */
static void gen_index(struct gen *gen, const struct expr *expr)
{
	struct label good = {0};

	gen_scalar(gen, expr->right);
	emit_jump_imm(gen, BPF_JLT, R0, (int32_t)expr->left->type->count, &good);
	emit_fault(gen, FAULT_BADINDEX, R0, expr->loc);
	label_bind(gen, &good);
}

/* From the variable to the part. */
static void walk(struct gen *gen, struct part *part, const struct expr *place)
{
	if (place->kind == EXPR_VAR)
		return;
	walk(gen, part, place->left);
	if (place->kind == EXPR_MEMBER) {
		part->fixed += place->member->offset;
	} else if (is_fixed_element(place)) {
		part->fixed += (uint32_t)place->right->value * place->type->size;
	} else {
		gen_index(gen, place);
		emit(gen, INSN_ALU_IMM(BPF_MUL, R0, (int32_t)place->type->size));
		slot_load(gen, R1, part->moved);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
		slot_store(gen, part->moved, R0);
	}
}

static struct part part_new(struct gen *gen, const struct expr *place)
{
	const struct expr *root = object_root(place);
	struct part part = {.var = root->var, .size = place_bytes(place), .moves = moves(place)};

	if (part.moves) {
		part.moved = slot_new(gen);
		emit(gen, INSN_MOV_IMM(R0, 0));
		slot_store(gen, part.moved, R0);
		walk(gen, &part, place);
	} else {
		walk(gen, &part, place);
	}
	if (var_in_hash(part.var))
		part.key = gen_var_key(gen, root);
	return part;
}

static void part_release(struct gen *gen, const struct part *part)
{
	if (var_in_hash(part->var))
		key_release(gen, &part->key);
	if (part->moves)
		slot_release(gen, part->moved);
}

/* R0 is a pointer to the variable's object: then to the part. */
static void emit_inside(struct gen *gen, const struct part *part)
{
	uint32_t end = part->fixed + part->size, all = part->var->type->size;
	struct label fits = {0};

	if (part->fixed)
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)part->fixed));
	if (!part->moves)
		return;
	slot_load(gen, R1, part->moved);
	emit_jump_imm(gen, BPF_JLE, R1, (int32_t)(end < all ? all - end : 0), &fits); /* so that the verifier knows */
	emit(gen, INSN_MOV_IMM(R1, 0));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
}

static void emit_still(struct gen *gen, const struct var *var)
{
	if (var->scope == SCOPE_THIS)
		emit_place_address(gen, R0, gen_this_place(gen, var));
	else
		emit_map_value(gen, R0, gen->layout->map_globals, gen->layout->global_offsets[var->id]);
}

/* R0 = a pointer to the part; where the variable has no value yet, jumps, with R0 = 0. */
static void emit_part(struct gen *gen, const struct part *part, struct label *none)
{
	if (var_in_hash(part->var)) {
		emit_var_lookup(gen, part->var, &part->key);
		emit_jump_imm(gen, BPF_JEQ, R0, 0, none);
	} else {
		emit_still(gen, part->var);
	}
	emit_inside(gen, part);
}

static void need_zeros(struct gen *gen, uint32_t size)
{
	if (gen->layout->zeros_size < size)
		gen->layout->zeros_size = (size + 7) & ~7u;
}

/* The same for writing: what has no value yet becomes zeros; what there is no room for is counted, and jumps. */
static void emit_part_made(struct gen *gen, const struct part *part, struct label *lost)
{
	struct label made = {0};

	if (!var_in_hash(part->var)) {
		emit_part(gen, part, lost);
		return;
	}
	emit_var_lookup(gen, part->var, &part->key);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &made);
	need_zeros(gen, part->var->type->size);
	emit_map(gen, R1, gen->layout->var_maps[part->var->id]);
	emit_key_address(gen, R2, &part->key);
	emit_map_value(gen, R3, gen->layout->map_zeros, 0);
	emit(gen, INSN_MOV_IMM(R4, BPF_NOEXIST)); /* another processor may have made it meanwhile */
	emit_call(gen, HELPER_MAP_UPDATE);
	emit_var_lookup(gen, part->var, &part->key);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &made);
	emit_drop(gen, DROP_DYNVAR);
	emit_jump(gen, lost);
	label_bind(gen, &made);
	emit_inside(gen, part);
}

/* ---- reading ---- */

static void part_load(struct gen *gen, const struct part *part, const struct expr *place)
{
	struct label none = {0};

	emit_part(gen, part, &none);
	emit(gen, INSN_LOAD(mem_size[part->size], R0, R0, 0));
	label_bind(gen, &none);
	if (place_is_field(place))
		emit_field_out(gen, place);
	else if (place->type->is_signed)
		emit_extend(gen, R0, part->size, true);
}

void gen_object_load(struct gen *gen, const struct expr *place)
{
	struct part part = part_new(gen, place);

	part_load(gen, &part, place);
	part_release(gen, &part);
}

void gen_object_address(struct gen *gen, const struct expr *place)
{
	struct part part = part_new(gen, place);
	struct label none = {0}, end = {0};

	emit_part(gen, &part, &none);
	if (none.refs_len) {
		need_zeros(gen, part.size);
		emit_jump(gen, &end);
		label_bind(gen, &none);
		emit_map_value(gen, R0, gen->layout->map_zeros, 0);
		label_bind(gen, &end);
	}
	part_release(gen, &part);
	emit_launder(gen);
}

/* ---- writing ---- */

/* The slot's value to the scalar part; R0 = what it holds then. */
static void part_store(struct gen *gen, const struct part *part, const struct expr *place, struct slot value)
{
	struct label lost = {0};

	emit_part_made(gen, part, &lost);
	emit(gen, INSN_MOV_REG(R2, R0));
	slot_load(gen, R0, value);
	if (place_is_field(place))
		emit_field_in(gen, place, 0);
	emit(gen, INSN_STORE(mem_size[part->size], R2, 0, R0));
	label_bind(gen, &lost);
	slot_load(gen, R0, value);
	if (place_is_field(place))
		emit_field_cut(gen, place);
}

void gen_part_assign(struct gen *gen, const struct expr *expr)
{
	struct slot value;
	struct part part;

	gen_scalar(gen, expr->right);
	if (expr->kind == EXPR_UPDATE)
		emit_scale(gen, expr->left->type, R0);
	value = slot_new(gen);
	slot_store(gen, value, R0);
	part = part_new(gen, expr->left);
	if (expr->kind == EXPR_UPDATE) {
		part_load(gen, &part, expr->left);
		emit_convert(gen, R0, expr->in);
		slot_load(gen, R1, value);
		gen_binary_op(gen, expr->op, expr->in, expr->loc);
		emit_convert(gen, R0, expr->left->type);
		slot_store(gen, value, R0);
	}
	part_store(gen, &part, expr->left, value);
	part_release(gen, &part);
	slot_release(gen, value);
}

void gen_part_step(struct gen *gen, const struct expr *expr)
{
	struct slot old = slot_new(gen), value = slot_new(gen);
	struct part part = part_new(gen, expr->left);

	part_load(gen, &part, expr->left);
	slot_store(gen, old, R0);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, step_size(expr)));
	emit_convert(gen, R0, expr->left->type);
	slot_store(gen, value, R0);
	part_store(gen, &part, expr->left, value);
	part_release(gen, &part);
	if (expr->is_post)
		slot_load(gen, R0, old);
	slot_release(gen, value);
	slot_release(gen, old);
}

/* ---- whole objects ---- */

/* A copy in scratch memory to the part of a variable. */
static void store_object(struct gen *gen, const struct expr *place, struct place from)
{
	struct part part = part_new(gen, place);
	struct label lost = {0};

	if (place->kind == EXPR_VAR && var_in_hash(part.var)) {
		emit_place_address(gen, R3, from);
		emit_var_update(gen, part.var, &part.key);
	} else {
		emit_part_made(gen, &part, &lost);
		emit(gen, INSN_MOV_REG(R1, R0));
		emit(gen, INSN_MOV_IMM(R2, part.size));
		emit_place_address(gen, R3, from);
		emit_call(gen, HELPER_READ_KERNEL);
		label_bind(gen, &lost);
	}
	part_release(gen, &part);
}

/* The same to memory that the script has taken. */
static void write_object(struct gen *gen, const struct expr *place, struct place from)
{
	struct slot to = slot_new(gen), address = slot_new(gen), size = slot_new(gen);
	bool userland = false;

	gen_address(gen, place, &userland);
	slot_store(gen, to, R0);
	emit_place_address(gen, R0, from);
	emit_launder(gen);
	slot_store(gen, address, R0);
	emit(gen, INSN_MOV_IMM(R0, place->type->size));
	slot_store(gen, size, R0);
	emit_taken_fill(gen, to, address, size, false, place->loc);
	slot_release(gen, size);
	slot_release(gen, address);
	slot_release(gen, to);
}

void gen_object_assign(struct gen *gen, const struct expr *expr)
{
	struct place copy = place_scratch(gen, expr->type->size), exact = copy; /* it is the value until the statement
										   ends */
	bool userland = false;

	exact.room = expr->type->size;
	gen_address(gen, expr->right, &userland);
	emit_read_object(gen, exact, userland, expr->right->loc);
	if (object_root(expr->left))
		store_object(gen, expr->left, copy);
	else
		write_object(gen, expr->left, copy);
	emit_place_address(gen, R0, copy);
}
