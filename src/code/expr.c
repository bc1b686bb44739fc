/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions whose value is a number or an address: into R0, extended to 64 bits as the type says. */
#include "code/gen.h"

#include <assert.h>

static bool is_string_node(const struct node *node)
{
	return node->type && type_is_string(node->type);
}

static int64_t const_as(const struct node *node, const struct type *type)
{
	int shift = 64 - 8 * (int)type->size;

	if (type->kind != TYPE_INT || type->size >= 8)
		return (int64_t)node->ival;
	return type->is_signed ? (int64_t)(node->ival << shift) >> shift : (int64_t)(node->ival << shift >> shift);
}

/* Does a value of one type, in 64 bits, have to change to be one of the other? */
static bool needs_convert(const struct type *from, const struct type *to)
{
	if (to->kind != TYPE_INT || to->size >= 8)
		return false;
	if (from->kind != TYPE_INT || from->size > to->size)
		return true;
	return from->is_signed != to->is_signed && (from->is_signed || from->size == to->size);
}

void gen_scalar_as(struct gen *gen, struct node *node, const struct type *type)
{
	if (node->is_const) {
		emit_imm64(gen, R0, const_as(node, type));
		return;
	}
	gen_scalar(gen, node);
	if (needs_convert(node->type, type))
		emit_convert(gen, R0, type);
}

static bool is_comparison(enum node_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static int jump_op(enum node_op op, bool is_signed)
{
	switch (op) {
	case OP_EQ:
		return BPF_JEQ;
	case OP_NE:
		return BPF_JNE;
	case OP_LT:
		return is_signed ? BPF_JSLT : BPF_JLT;
	case OP_LE:
		return is_signed ? BPF_JSLE : BPF_JLE;
	case OP_GT:
		return is_signed ? BPF_JSGT : BPF_JGT;
	default:
		return is_signed ? BPF_JSGE : BPF_JGE;
	}
}

static enum node_op opposite(enum node_op op)
{
	static const enum node_op table[] = {[OP_EQ] = OP_NE, [OP_NE] = OP_EQ, [OP_LT] = OP_GE,
					     [OP_GE] = OP_LT, [OP_GT] = OP_LE, [OP_LE] = OP_GT};

	return table[op];
}

static const struct type *common_type(const struct node *node)
{
	const struct type *a = node->left->type, *b = node->right->type;

	if (type_is_int(a) && type_is_int(b))
		return type_usual(a, b);
	return &type_uint64; /* pointers */
}

/* R0 = left, R1 = right, both as `left_type` and `right_type`. */
static void gen_pair(struct gen *gen, struct node *node, const struct type *left_type, const struct type *right_type)
{
	struct slot slot;

	if (node->right->is_const) {
		gen_scalar_as(gen, node->left, left_type);
		emit_imm64(gen, R1, const_as(node->right, right_type));
		return;
	}
	gen_scalar_as(gen, node->left, left_type);
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	gen_scalar_as(gen, node->right, right_type);
	emit(gen, INSN_MOV_REG(R1, R0));
	slot_load(gen, R0, slot);
	slot_release(gen, slot);
}

static void gen_jump(struct gen *gen, struct node *node, bool when, struct label *label);

static void gen_compare_jump(struct gen *gen, struct node *node, bool when, struct label *label)
{
	const struct type *type = common_type(node);
	int op = jump_op(when ? node->op : opposite(node->op), type->is_signed);
	int32_t imm;

	gen_pair(gen, node, type, type);
	if (emit_take_back(gen, R1, &imm))
		emit_jump_imm(gen, op, R0, imm, label);
	else
		emit_jump_reg(gen, op, R0, R1, label);
}

/* && and ||: when the first operand decides, it decides for `decided`. */
static void gen_logic_jump(struct gen *gen, struct node *node, bool when, struct label *label)
{
	bool decided = node->op == OP_LOR;
	struct label other = {0};

	gen_jump(gen, node->left, decided, when == decided ? label : &other);
	gen_jump(gen, node->right, when, label);
	label_bind(gen, &other);
}

/* A string is true unless it is empty. */
static void gen_string_truth(struct gen *gen, struct node *node)
{
	uint32_t mark = gen->scratch_now;
	struct place place = gen_string_anywhere(gen, node);

	emit_place_address(gen, R1, place);
	emit(gen, INSN_LOAD(BPF_B, R0, R1, 0));
	scratch_release(gen, mark);
}

/* Jumps when the truth of the node is `when`; falls through when it is not. */
static void gen_jump(struct gen *gen, struct node *node, bool when, struct label *label)
{
	if (node->is_const) {
		if (!!node->ival == when)
			emit_jump(gen, label);
	} else if (node->kind == NODE_BINARY && is_comparison(node->op) && !is_string_node(node->left)) {
		gen_compare_jump(gen, node, when, label);
	} else if (node->kind == NODE_BINARY && (node->op == OP_LAND || node->op == OP_LOR)) {
		gen_logic_jump(gen, node, when, label);
	} else if (node->kind == NODE_UNARY && node->op == OP_NOT && !is_string_node(node->left)) {
		gen_jump(gen, node->left, !when, label);
	} else {
		if (is_string_node(node))
			gen_string_truth(gen, node);
		else
			gen_scalar(gen, node);
		emit_jump_imm(gen, when ? BPF_JNE : BPF_JEQ, R0, 0, label);
	}
}

void gen_condition(struct gen *gen, struct node *node, struct label *when_false)
{
	gen_jump(gen, node, false, when_false);
}

static void gen_truth(struct gen *gen, struct node *node)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, node, &no);
	emit(gen, INSN_MOV_IMM(R0, 1));
	emit_jump(gen, &end);
	label_bind(gen, &no);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
}

static void gen_xor_truth(struct gen *gen, struct node *node)
{
	struct slot slot;

	gen_truth(gen, node->left);
	slot = slot_new(gen);
	slot_store(gen, slot, R0);
	gen_truth(gen, node->right);
	slot_load(gen, R1, slot);
	emit(gen, INSN_ALU_REG(BPF_XOR, R0, R1));
	slot_release(gen, slot);
}

/* pointer + n, n + pointer, pointer - n, pointer - pointer: n counts elements. */
static bool gen_pointer_arith(struct gen *gen, struct node *node)
{
	const struct type *left = node->left->type, *right = node->right->type;
	bool left_ptr = left->kind == TYPE_PTR || left->kind == TYPE_ARRAY;
	bool right_ptr = right->kind == TYPE_PTR || right->kind == TYPE_ARRAY;
	uint32_t size;

	if ((!left_ptr && !right_ptr) || (node->op != OP_ADD && node->op != OP_SUB))
		return false;
	size = left_ptr ? left->to->size : right->to->size;
	size = size ? size : 1;
	gen_pair(gen, node, left_ptr ? left : &type_int64, right_ptr ? right : &type_int64);
	if (left_ptr && right_ptr) {
		emit(gen, INSN_ALU_REG(BPF_SUB, R0, R1));
		emit(gen, INSN_MOV_IMM(R1, size));
		gen_binary_op(gen, OP_DIV, &type_int64, node->op_loc);
		return true;
	}
	if (size != 1)
		emit(gen, INSN_ALU_IMM(BPF_MUL, left_ptr ? R1 : R0, size));
	emit(gen, INSN_ALU_REG(node->op == OP_ADD ? BPF_ADD : BPF_SUB, R0, R1));
	return true;
}

static void gen_binary(struct gen *gen, struct node *node)
{
	const struct type *type;

	switch (node->op) {
	case OP_LAND:
	case OP_LOR:
		gen_truth(gen, node);
		return;
	case OP_LXOR:
		gen_xor_truth(gen, node);
		return;
	case OP_COMMA:
		gen_effect(gen, node->left);
		gen_scalar(gen, node->right);
		return;
	default:
		break;
	}
	if (is_comparison(node->op)) {
		if (is_string_node(node->left) && is_string_node(node->right))
			gen_string_compare(gen, node);
		else
			gen_truth(gen, node);
		return;
	}
	if (gen_pointer_arith(gen, node))
		return;
	type = node->type;
	if (node->op == OP_SHL || node->op == OP_SHR)
		gen_pair(gen, node, type, type_promote(node->right->type));
	else
		gen_pair(gen, node, type, type);
	gen_binary_op(gen, node->op, type, node->op_loc.source ? node->op_loc : node->loc);
}

static void gen_unary(struct gen *gen, struct node *node)
{
	bool userland = false;

	switch (node->op) {
	case OP_NEG:
		gen_scalar_as(gen, node->left, node->type);
		emit(gen, INSN_NEG(R0));
		emit_convert(gen, R0, node->type);
		break;
	case OP_BITNOT:
		gen_scalar_as(gen, node->left, node->type);
		emit(gen, INSN_ALU_IMM(BPF_XOR, R0, -1));
		emit_convert(gen, R0, node->type);
		break;
	case OP_PLUS:
		gen_scalar_as(gen, node->left, node->type);
		break;
	case OP_NOT:
		gen_truth(gen, node);
		break;
	case OP_ADDROF:
		gen_address(gen, node->left, &userland);
		break;
	case OP_PREINC:
	case OP_PREDEC:
	case OP_POSTINC:
	case OP_POSTDEC:
		gen_var_step(gen, node);
		break;
	default: /* OP_DEREF */
		gen_address(gen, node, &userland);
		if (node->type->kind == TYPE_INT || node->type->kind == TYPE_PTR)
			emit_deref(gen, node->type->size, node->type->is_signed, userland, node->loc);
		break;
	}
}

static bool is_arg_array(const struct node *node)
{
	return node->arg_index >= 0;
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

/* The address of an object in memory: *p, p->m, s.m, p[i]. */
void gen_address(struct gen *gen, struct node *node, bool *userland)
{
	const struct type *left = node->left ? node->left->type : NULL;
	const struct type_member *member;

	if (node->kind == NODE_UNARY && node->op == OP_DEREF) {
		gen_scalar(gen, node->left);
		*userland = left->userland;
	} else if (node->kind == NODE_MEMBER) {
		const struct type *sou = node->op == OP_ARROW ? left->to : left;

		if (node->op == OP_ARROW) {
			gen_scalar(gen, node->left);
			*userland = left->userland;
		} else {
			gen_address(gen, node->left, userland);
		}
		member = type_find_member(sou, node->name);
		if (member)
			gen_hops(gen, member->hops, *userland, node->loc);
		if (member && member->offset)
			emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)member->offset));
	} else if (node->kind == NODE_INDEX && left && (left->kind == TYPE_PTR || left->kind == TYPE_ARRAY)) {
		struct slot slot;

		if (left->kind == TYPE_PTR) {
			gen_scalar(gen, node->left);
			*userland = left->userland;
		} else {
			gen_address(gen, node->left, userland);
		}
		slot = slot_new(gen);
		slot_store(gen, slot, R0);
		gen_scalar_as(gen, node->args[0], &type_int64);
		emit(gen, INSN_ALU_IMM(BPF_MUL, R0, left->to->size ? (int32_t)left->to->size : 1));
		slot_load(gen, R1, slot);
		emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
		slot_release(gen, slot);
	} else { /* a value that is an address itself, e.g. what a cast or a call gives */
		gen_scalar(gen, node);
		*userland = node->type->kind == TYPE_PTR && node->type->userland;
	}
}

static void gen_member(struct gen *gen, struct node *node)
{
	const struct type *sou = node->op == OP_ARROW ? node->left->type->to : node->left->type;
	const struct type_member *member = type_find_member(sou, node->name);
	bool userland = false;

	gen_address(gen, node, &userland);
	if (node->type->kind != TYPE_INT && node->type->kind != TYPE_PTR)
		return; /* an array or a structure: its address */
	emit_deref(gen, member && member->unit ? member->unit : node->type->size, member && !member->bit_size && node->type->is_signed, userland,
		   node->loc);
	if (!member || !member->bit_size)
		return;
	emit(gen, INSN_ALU_IMM(BPF_LSH, R0, 64 - member->bit_offset - member->bit_size));
	emit(gen, INSN_ALU_IMM(node->type->is_signed ? BPF_ARSH : BPF_RSH, R0, 64 - member->bit_size));
}

static void gen_index(struct gen *gen, struct node *node)
{
	bool userland = false;

	if (node->var && node->var->is_assoc) {
		gen_var_load(gen, node);
	} else if (is_arg_array(node)) {
		gen_probe_arg(gen, (unsigned)node->arg_index, node->loc);
		emit_convert(gen, R0, node->type);
	} else {
		gen_address(gen, node, &userland);
		if (node->type->kind == TYPE_INT || node->type->kind == TYPE_PTR)
			emit_deref(gen, node->type->size, node->type->is_signed, userland, node->loc);
	}
}

/* The address of a string's bytes: (uintptr_t) of a string, or a string where a pointer is wanted. */
static void gen_string_address(struct gen *gen, struct node *node)
{
	struct place place = gen_string_anywhere(gen, node);

	gen->keeps_scratch = true;
	emit_place_address(gen, R0, place);
	emit_launder(gen);
}

static void gen_cond(struct gen *gen, struct node *node)
{
	struct label no = {0}, end = {0};

	gen_condition(gen, node->left, &no);
	gen_scalar_as(gen, node->right, node->type);
	emit_jump(gen, &end);
	label_bind(gen, &no);
	gen_scalar_as(gen, node->third, node->type);
	label_bind(gen, &end);
}

static void gen_ident(struct gen *gen, struct node *node)
{
	struct value none = {0};

	if (node->var && node->var->builtin)
		node->var->builtin->gen(gen, node, &none);
	else
		gen_var_load(gen, node);
}

void gen_scalar(struct gen *gen, struct node *node)
{
	struct value none = {0};

	if (node->is_const) {
		emit_imm64(gen, R0, (int64_t)node->ival);
		return;
	}
	if (is_string_node(node)) {
		gen_string_address(gen, node);
		return;
	}
	emit_line(gen, node->loc);
	switch (node->kind) {
	case NODE_IDENT:
		gen_ident(gen, node);
		break;
	case NODE_INDEX:
		gen_index(gen, node);
		break;
	case NODE_MEMBER:
		gen_member(gen, node);
		break;
	case NODE_CALL:
		node->func->gen(gen, node, &none);
		break;
	case NODE_UNARY:
		gen_unary(gen, node);
		break;
	case NODE_BINARY:
		gen_binary(gen, node);
		break;
	case NODE_ASSIGN:
		gen_var_assign(gen, node);
		break;
	case NODE_COND:
		gen_cond(gen, node);
		break;
	case NODE_CAST:
		if (is_string_node(node->left))
			gen_string_address(gen, node->left);
		else
			gen_scalar(gen, node->left);
		if (needs_convert(node->left->type, node->type))
			emit_convert(gen, R0, node->type);
		break;
	default:
		emit_imm64(gen, R0, (int64_t)node->ival);
		break;
	}
}

void gen_effect(struct gen *gen, struct node *node)
{
	if (node->is_const || node->kind == NODE_STRING)
		return;
	if (node->kind == NODE_ASSIGN)
		gen_var_assign(gen, node);
	else if (is_string_node(node))
		gen_string_anywhere(gen, node);
	else
		gen_scalar(gen, node);
}
