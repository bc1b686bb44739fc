/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Does a plan keep the rules at the head of plan.h? */
#include "plan/plan.h"

static bool is_place(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_VAR:
	case EXPR_DEREF:
	case EXPR_MEMBER:
	case EXPR_ELEMENT:
		return true;
	case EXPR_THEN:
		return is_place(expr->right);
	case EXPR_ASSIGN: /* where the object lies that was assigned */
		return type_is_object(expr->type);
	default:
		return false;
	}
}

static bool is_one(const struct expr *expr) /* a scalar, of whatever meaning */
{
	return expr && (type_is_scalar(expr->type) || type_is_token(expr->type));
}

static bool are_alike(const struct expr *expr, const struct type *type)
{
	return expr && type_is_alike(expr->type, type);
}

static bool have_types(struct expr *const *exprs, const struct type *const *types, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!are_alike(exprs[i], types[i]))
			return false;
	return true;
}

static const char *rule_of_var(const struct expr *expr)
{
	const struct var *var = expr->var;

	if (!type_is_alike(expr->type, var->type))
		return "a variable has its own type";
	if (expr->args_len != (var->is_assoc ? var->keys_len : 0))
		return "an array has all of its keys, and nothing else has any";
	return have_types(expr->args, var->keys, expr->args_len) ? NULL : "keys have the types of the array's keys";
}

static const char *rule_of_memory(const struct expr *expr)
{
	enum type_kind left = expr->left->type->kind;
	bool is_object = is_place(expr->left);

	switch (expr->kind) {
	case EXPR_DEREF:
		return left == TYPE_PTR ? NULL : "what is followed is a pointer";
	case EXPR_MEMBER:
		return (left == TYPE_STRUCT || left == TYPE_UNION) && is_object && expr->member
			       ? NULL
			       : "members are an object's";
	case EXPR_ELEMENT:
		if (left != TYPE_PTR && (left != TYPE_ARRAY || !is_object))
			return "elements are an array's, or behind a pointer";
		return expr->right && type_is_int(expr->right->type) && expr->right->type->size == 8
			       ? NULL
			       : "an index has 64 bits";
	default: /* EXPR_ADDRESS */
		return is_object && expr->type->kind == TYPE_PTR ? NULL : "a place has an address";
	}
}

static const char *rule_of_convert(const struct expr *expr)
{
	if (expr->kind == EXPR_STRING) {
		if (!type_is_string(expr->type))
			return "text in memory becomes a string";
		return type_is_scalar(expr->left->type) ||
				       (expr->left->type->kind == TYPE_ARRAY && is_place(expr->left))
			       ? NULL
			       : "text lies at an address, or in an array";
	}
	if (expr->type->kind == TYPE_VOID || (type_is_string(expr->type) && type_is_string(expr->left->type)))
		return NULL;
	return is_one(expr->left) && is_one(expr) ? NULL : "scalars become scalars, and strings strings";
}

static bool is_of_ints(const struct expr *expr, enum expr_kind kind)
{
	return (expr->left->kind == kind && type_is_int(expr->left->type)) &&
	       (!expr->right || (expr->right->kind == kind && type_is_int(expr->right->type)));
}

static const char *rule_of_arithmetic(const struct expr *expr)
{
	bool left = expr->left->type->kind == TYPE_PTR, right = expr->right->type->kind == TYPE_PTR;

	if ((left || right) && (expr->op == PLAN_ADD || expr->op == PLAN_SUB))
		return (left || are_alike(expr->left, &type_int64)) && (right || are_alike(expr->right, &type_int64))
			       ? NULL
			       : "what is added to a pointer has 64 bits";
	if (!type_is_int(expr->type) || !are_alike(expr->left, expr->type))
		return "the left operand has the operator's type";
	if (expr->op == PLAN_SHL || expr->op == PLAN_SHR)
		return type_is_int(expr->right->type) && expr->right->type->size >= 4
			       ? NULL
			       : "the count of a shift is promoted";
	return are_alike(expr->right, expr->type) ? NULL : "the right operand has the operator's type";
}

static const char *rule_of_binary(const struct expr *expr)
{
	if (!expr->right)
		return "there are two operands";
	if (is_of_ints(expr, EXPR_CONST))
		return "constants are folded";
	if (expr->op >= PLAN_EQ && expr->op <= PLAN_GE)
		return are_alike(expr->left, expr->right->type) ? NULL : "what is compared has one type";
	if (expr->op >= PLAN_LAND && expr->op <= PLAN_LXOR)
		return is_one(expr->left) && is_one(expr->right) ? NULL : "a truth is a scalar's";
	return rule_of_arithmetic(expr);
}

static const char *rule_of_unary(const struct expr *expr)
{
	if (is_of_ints(expr, EXPR_CONST))
		return "constants are folded";
	if (expr->op == PLAN_NOT)
		return is_one(expr->left) ? NULL : "a truth is a scalar's";
	return type_is_int(expr->type) && are_alike(expr->left, expr->type) ? NULL
									    : "the operand has the operator's type";
}

static const char *rule_of_assignment(const struct expr *expr)
{
	if (!is_place(expr->left) || !type_is_alike(expr->left->type, expr->type))
		return "what is assigned to is a place, whose type the value has";
	if (type_is_object(expr->type) &&
	    (expr->kind != EXPR_ASSIGN || !type_equal(expr->left->type, expr->type) || !expr->right ||
	     !type_equal(expr->right->type, expr->type) || !is_place(expr->right)))
		return "an object is assigned from a place of its type";
	if (expr->left->kind != EXPR_VAR && !type_is_scalar(expr->type) && !type_is_object(expr->type))
		return "in memory only numbers, pointers and objects are assigned";
	if (expr->kind == EXPR_ASSIGN)
		return are_alike(expr->right, expr->type) ? NULL : "what is assigned has the variable's type";
	if (expr->kind == EXPR_STEP)
		return type_is_scalar(expr->type) && !expr->right ? NULL : "a step is a number's, or a pointer's";
	return type_is_scalar(expr->type) && is_one(expr->right) && expr->in
		       ? NULL
		       : "an update is a number's, or a pointer's";
}

/* NULL, or the rule that does not hold, of this expression alone. */
static const char *rule_of(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_CONST:
		return is_one(expr) || type_is_string(expr->type) ? NULL : "a constant is a scalar, or no string";
	case EXPR_TEXT:
		return type_is_string(expr->type) && expr->text ? NULL : "a text is a string";
	case EXPR_VAR:
		return rule_of_var(expr);
	case EXPR_ARG:
		return NULL;
	case EXPR_BUILTIN:
		return expr->builtin ? NULL : "a built-in variable is known";
	case EXPR_CALL:
		return expr->func ? NULL : "a function is known";
	default:
		break;
	}
	if (!expr->left)
		return "there is an operand";
	switch (expr->kind) {
	case EXPR_CONVERT:
	case EXPR_STRING:
		return rule_of_convert(expr);
	case EXPR_UNARY:
		return rule_of_unary(expr);
	case EXPR_BINARY:
		return rule_of_binary(expr);
	case EXPR_COND:
		return is_one(expr->left) && are_alike(expr->right, expr->type) && are_alike(expr->third, expr->type)
			       ? NULL
			       : "both results have the type of the whole";
	case EXPR_THEN:
		return are_alike(expr->right, expr->type) ? NULL : "the second value is the whole's";
	case EXPR_ASSIGN:
	case EXPR_UPDATE:
	case EXPR_STEP:
		return rule_of_assignment(expr);
	default:
		return rule_of_memory(expr);
	}
}

static const char *look_at(const struct expr *expr, struct loc *where)
{
	const char *why;

	if (!expr)
		return NULL;
	*where = expr->loc;
	if (!expr->type || expr->type->kind == TYPE_ERROR || expr->type->kind == TYPE_AGG)
		return "an expression has a type";
	why = rule_of(expr);
	if (!why)
		why = look_at(expr->left, where);
	if (!why)
		why = look_at(expr->right, where);
	if (!why)
		why = look_at(expr->third, where);
	for (unsigned i = 0; i < expr->args_len && !why; i++)
		why = look_at(expr->args[i], where);
	return why;
}

static bool is_recorded_as(const struct expr *expr, const struct type *type)
{
	return type_is_object(type) ? type_is_scalar(expr->type) : are_alike(expr, type);
}

static const char *look_at_action(const struct plan_action *action, struct loc *where)
{
	const char *why = NULL;

	*where = action->loc;
	for (unsigned i = 0; i < action->values_len && !why; i++)
		why = is_recorded_as(action->values[i].expr, action->values[i].type)
			      ? look_at(action->values[i].expr, where)
			      : "a recorded value has the action's type";
	return why;
}

static const char *look_at_update(const struct plan_update *update, struct loc *where)
{
	const char *why;

	*where = update->loc;
	if (!have_types(update->keys, update->agg->keys, update->agg->keys_len))
		return "keys have the types of the aggregation's keys";
	why = look_at(update->value, where);
	for (unsigned i = 0; i < update->agg->keys_len && !why; i++)
		why = look_at(update->keys[i], where);
	return why ? why : look_at(update->weight, where);
}

static const char *look_at_statements(const struct plan_stmt *stmt, struct loc *where)
{
	const char *why = NULL;

	for (; stmt && !why; stmt = stmt->next) {
		if (stmt->kind == DO_ACTION)
			why = look_at_action(stmt->action, where);
		else if (stmt->kind == DO_UPDATE)
			why = look_at_update(stmt->update, where);
		else
			why = look_at(stmt->expr, where);
		if (stmt->kind == DO_IF && !why && !is_one(stmt->expr))
			why = "a condition is a scalar";
		if (!why)
			why = look_at_statements(stmt->body, where);
		if (!why)
			why = look_at_statements(stmt->other, where);
	}
	return why;
}

const char *plan_why_not(const struct plan *plan, struct loc *where)
{
	const char *why = NULL;

	for (unsigned i = 0; i < plan->clauses_len && !why; i++) {
		const struct plan_clause *clause = &plan->clauses[i];

		why = look_at(clause->pred, where);
		if (!why)
			why = look_at_statements(clause->body, where);
	}
	return why;
}
