/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions whose value is a number or an address: into R0, extended to 64 bits as the type says. */
#include "code/gen.h"

#include <assert.h>

static int64_t const_as(const struct expr *expr, const struct type *type)
{
	int shift = 64 - 8 * (int)type->size;

	if (type->kind != TYPE_INT || type->size >= 8)
		return (int64_t)expr->value;
	return type->is_signed ? (int64_t)(expr->value << shift) >> shift : (int64_t)(expr->value << shift >> shift);
}

void gen_scalar_as(struct gen *gen, const struct expr *expr, const struct type *type)
{
	if (expr->kind == EXPR_CONST) {
		emit_imm64(gen, R0, const_as(expr, type));
		return;
	}
	gen_scalar(gen, expr);
	if (type_needs_convert(expr->type, type))
		emit_convert(gen, R0, type);
}

static bool is_comparison(enum plan_op op)
{
	return op >= PLAN_EQ && op <= PLAN_GE;
}

static int jump_op(enum plan_op op, bool is_signed)
{
	switch (op) {
	case PLAN_EQ:
		return BPF_JEQ;
	case PLAN_NE:
		return BPF_JNE;
	case PLAN_LT:
		return is_signed ? BPF_JSLT : BPF_JLT;
	case PLAN_LE:
		return is_signed ? BPF_JSLE : BPF_JLE;
	case PLAN_GT:
		return is_signed ? BPF_JSGT : BPF_JGT;
	default:
		return is_signed ? BPF_JSGE : BPF_JGE;
	}
}

static enum plan_op opposite(enum plan_op op)
{
	static const enum plan_op table[] = {[PLAN_EQ] = PLAN_NE, [PLAN_NE] = PLAN_EQ, [PLAN_LT] = PLAN_GE,
					     [PLAN_GE] = PLAN_LT, [PLAN_GT] = PLAN_LE, [PLAN_LE] = PLAN_GT};

	return table[op];
}

/* R0 = left, R1 = right. */
static void gen_pair(struct gen *gen, const struct expr *expr)
{
	struct slot slot;

	gen_scalar(gen, expr->left);
	if (expr->right->kind == EXPR_CONST) {
		emit_imm64(gen, R1, (int64_t)expr->right->value);
		return;
	}
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	gen_scalar(gen, expr->right);
	emit(gen, INSN_MOV_REG(R1, R0));
	slot_load(gen, R0, slot);
	slot_release(gen, slot);
}

static void gen_jump(struct gen *gen, const struct expr *expr, bool when, struct label *label);

static void gen_compare_jump(struct gen *gen, const struct expr *expr, bool when, struct label *label)
{
	int op = jump_op(when ? expr->op : opposite(expr->op), expr->left->type->is_signed);
	int32_t imm;

	gen_pair(gen, expr);
	if (emit_take_back(gen, R1, &imm))
		emit_jump_imm(gen, op, R0, imm, label);
	else
		emit_jump_reg(gen, op, R0, R1, label);
}

/* && and ||: when the first operand decides, it decides for `decided`. */
static void gen_logic_jump(struct gen *gen, const struct expr *expr, bool when, struct label *label)
{
	bool decided = expr->op == PLAN_LOR;
	struct label other = {0};

	gen_jump(gen, expr->left, decided, when == decided ? label : &other);
	gen_jump(gen, expr->right, when, label);
	label_bind(gen, &other);
}

/* Jumps when the truth of the expression is `when`; falls through when it is not. */
static void gen_jump(struct gen *gen, const struct expr *expr, bool when, struct label *label)
{
	if (expr->kind == EXPR_CONST) {
		if (!!expr->value == when)
			emit_jump(gen, label);
	} else if (expr->kind == EXPR_BINARY && is_comparison(expr->op) && !type_is_string(expr->left->type)) {
		gen_compare_jump(gen, expr, when, label);
	} else if (expr->kind == EXPR_BINARY && (expr->op == PLAN_LAND || expr->op == PLAN_LOR)) {
		gen_logic_jump(gen, expr, when, label);
	} else if (expr->kind == EXPR_UNARY && expr->op == PLAN_NOT) {
		gen_jump(gen, expr->left, !when, label);
	} else {
		gen_scalar(gen, expr);
		emit_jump_imm(gen, when ? BPF_JNE : BPF_JEQ, R0, 0, label);
	}
}

void gen_condition(struct gen *gen, const struct expr *expr, struct label *when_false)
{
	gen_jump(gen, expr, false, when_false);
}

static void gen_truth(struct gen *gen, const struct expr *expr)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, expr, &no);
	emit(gen, INSN_MOV_IMM(R0, 1));
	emit_jump(gen, &end);
	label_bind(gen, &no);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
}

static void gen_xor_truth(struct gen *gen, const struct expr *expr)
{
	struct slot slot;

	gen_truth(gen, expr->left);
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	gen_truth(gen, expr->right);
	slot_load(gen, R1, slot);
	emit(gen, INSN_ALU_REG(BPF_XOR, R0, R1));
	slot_release(gen, slot);
}

/* pointer + n, n + pointer, pointer - n, pointer - pointer: n counts elements. */
static void gen_pointer_arith(struct gen *gen, const struct expr *expr)
{
	bool left_ptr = expr->left->type->kind == TYPE_PTR, right_ptr = expr->right->type->kind == TYPE_PTR;
	const struct type *to = left_ptr ? expr->left->type->to : expr->right->type->to;
	uint32_t size = to->size ? to->size : 1;

	gen_pair(gen, expr);
	if (left_ptr && right_ptr) {
		emit(gen, INSN_ALU_REG(BPF_SUB, R0, R1));
		emit(gen, INSN_MOV_IMM(R1, size));
		gen_binary_op(gen, PLAN_DIV, &type_int64, expr->op_loc);
		return;
	}
	if (size != 1)
		emit(gen, INSN_ALU_IMM(BPF_MUL, left_ptr ? R1 : R0, size));
	emit(gen, INSN_ALU_REG(expr->op == PLAN_ADD ? BPF_ADD : BPF_SUB, R0, R1));
}

static void gen_binary(struct gen *gen, const struct expr *expr)
{
	if (expr->op == PLAN_LAND || expr->op == PLAN_LOR) {
		gen_truth(gen, expr);
	} else if (expr->op == PLAN_LXOR) {
		gen_xor_truth(gen, expr);
	} else if (is_comparison(expr->op) && type_is_string(expr->left->type)) {
		gen_string_compare(gen, expr);
	} else if (is_comparison(expr->op)) {
		gen_truth(gen, expr);
	} else if (expr->left->type->kind == TYPE_PTR || expr->right->type->kind == TYPE_PTR) {
		gen_pointer_arith(gen, expr);
	} else {
		gen_pair(gen, expr);
		gen_binary_op(gen, expr->op, expr->type, expr->op_loc);
	}
}

static void gen_unary(struct gen *gen, const struct expr *expr)
{
	if (expr->op == PLAN_NOT) {
		gen_truth(gen, expr);
		return;
	}
	gen_scalar(gen, expr->left);
	if (expr->op == PLAN_NEG)
		emit(gen, INSN_NEG(R0));
	else
		emit(gen, INSN_ALU_IMM(BPF_XOR, R0, -1));
	emit_convert(gen, R0, expr->type);
}

/* R0: the address of an object; afterwards that of the last of these virtual base classes. */
static void gen_hops(struct gen *gen, const struct type_hop *hop, bool userland, struct loc loc)
{
	for (; hop; hop = hop->next) {
		struct slot object = slot_new(gen);

		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)hop->from));
		slot_store(gen, object, R0);
		emit_deref(gen, 8, false, userland, loc);
		emit(gen, INSN_ALU_IMM(BPF_SUB, R0, (int32_t)hop->vtable_at));
		emit_deref(gen, 8, true, userland, loc);
		slot_load(gen, R1, object);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
		slot_release(gen, object);
	}
}

/* Can an instruction hold how far the element is away? */
static bool is_near(int64_t index, int64_t size)
{
	return index >= INT32_MIN / size && index <= INT32_MAX / size;
}

static void gen_element_address(struct gen *gen, const struct expr *expr, bool *userland)
{
	const struct type *left = expr->left->type;
	int64_t size = left->to->size ? left->to->size : 1;
	struct slot slot;

	if (left->kind == TYPE_PTR) {
		gen_scalar(gen, expr->left);
		*userland = left->userland;
	} else {
		gen_address(gen, expr->left, userland);
	}
	if (expr->right->kind == EXPR_CONST && is_near((int64_t)expr->right->value, size)) {
		if (expr->right->value)
			emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)((int64_t)expr->right->value * size)));
		return;
	}
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	gen_scalar(gen, expr->right);
	emit(gen, INSN_ALU_IMM(BPF_MUL, R0, (int32_t)size));
	slot_load(gen, R1, slot);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	slot_release(gen, slot);
}

void gen_address(struct gen *gen, const struct expr *expr, bool *userland)
{
	if (object_root(expr)) {
		*userland = false;
		gen_object_address(gen, expr);
		return;
	}
	switch (expr->kind) {
	case EXPR_DEREF:
		gen_scalar(gen, expr->left);
		*userland = expr->left->type->userland;
		break;
	case EXPR_MEMBER:
		gen_address(gen, expr->left, userland);
		gen_hops(gen, expr->member->hops, *userland, expr->loc);
		if (expr->member->offset)
			emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)expr->member->offset));
		break;
	case EXPR_ELEMENT:
		gen_element_address(gen, expr, userland);
		break;
	case EXPR_THEN:
		gen_effect(gen, expr->left);
		gen_address(gen, expr->right, userland);
		break;
	case EXPR_ASSIGN:
		*userland = false;
		gen_object_assign(gen, expr);
		emit_launder(gen);
		break;
	default:
		assert(!"an object in memory");
	}
}

void gen_place_at(struct gen *gen, const struct expr *expr, bool userland)
{
	bool is_field = place_is_field(expr);

	emit_deref(gen, place_bytes(expr), !is_field && expr->type->is_signed, userland, expr->loc);
	if (is_field)
		emit_field_out(gen, expr);
}

/* What a place in memory holds; of an object its address. */
static void gen_place(struct gen *gen, const struct expr *expr)
{
	bool userland = false;

	if (type_is_scalar(expr->type) && object_root(expr)) {
		gen_object_load(gen, expr);
		return;
	}
	gen_address(gen, expr, &userland);
	if (type_is_scalar(expr->type))
		gen_place_at(gen, expr, userland);
}

static void gen_cond(struct gen *gen, const struct expr *expr)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, expr->left, &no);
	gen_scalar(gen, expr->right);
	emit_jump(gen, &end);
	label_bind(gen, &no);
	gen_scalar(gen, expr->third);
	label_bind(gen, &end);
}

static void gen_convert(struct gen *gen, const struct expr *expr)
{
	if (expr->type->kind == TYPE_VOID) {
		gen_effect(gen, expr->left);
		return;
	}
	gen_scalar(gen, expr->left);
	if (type_needs_convert(expr->left->type, expr->type))
		emit_convert(gen, R0, expr->type);
}

void gen_scalar(struct gen *gen, const struct expr *expr)
{
	struct value none = {0};
	bool userland = false;

	if (expr->kind == EXPR_CONST) {
		emit_imm64(gen, R0, (int64_t)expr->value);
		return;
	}
	if (expr->loc.source)
		emit_line(gen, expr->loc);
	switch (expr->kind) {
	case EXPR_VAR:
		if (type_is_object(expr->type))
			gen_object_address(gen, expr);
		else
			gen_var_load(gen, expr);
		break;
	case EXPR_ARG:
		gen_probe_arg(gen, expr->arg, expr->loc);
		emit_convert(gen, R0, expr->type);
		break;
	case EXPR_BUILTIN:
		expr->builtin->gen(gen, expr, &none);
		break;
	case EXPR_CALL:
		expr->func->gen(gen, expr, &none);
		break;
	case EXPR_DEREF:
	case EXPR_MEMBER:
	case EXPR_ELEMENT:
		gen_place(gen, expr);
		break;
	case EXPR_ADDRESS:
		gen_address(gen, expr->left, &userland);
		break;
	case EXPR_CONVERT:
		gen_convert(gen, expr);
		break;
	case EXPR_UNARY:
		gen_unary(gen, expr);
		break;
	case EXPR_BINARY:
		gen_binary(gen, expr);
		break;
	case EXPR_COND:
		gen_cond(gen, expr);
		break;
	case EXPR_THEN:
		gen_effect(gen, expr->left);
		gen_scalar(gen, expr->right);
		break;
	case EXPR_ASSIGN:
	case EXPR_UPDATE:
		gen_var_assign(gen, expr);
		break;
	case EXPR_STEP:
		gen_var_step(gen, expr);
		break;
	case EXPR_CONST: /* above */
	case EXPR_TEXT:	 /* strings: place.c */
	case EXPR_STRING:
		assert(!"a scalar");
	}
}

void gen_effect(struct gen *gen, const struct expr *expr)
{
	if (expr->kind == EXPR_CONST || expr->kind == EXPR_TEXT)
		return;
	if (expr->kind == EXPR_ASSIGN || expr->kind == EXPR_UPDATE)
		gen_var_assign(gen, expr);
	else if (type_is_string(expr->type))
		gen_string_anywhere(gen, expr);
	else
		gen_scalar(gen, expr);
}
