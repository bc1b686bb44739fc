/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions: C's operators with C's precedence, and D's: `^^` between && and ||, stringof, aggregations, self-> and
 * this->, arrays indexed by tuples. No tree is higher than AST_DEPTH_MAX, so that later stages may recurse.
 */
#include "front/d/ast/parse.h"

#include <string.h>

static struct node *parse_unary(struct parser *p);

static struct node *new_node(struct parser *p, enum node_kind kind, enum node_op op, struct loc loc)
{
	struct node *node = arena_new_one(p->arena, struct node);

	node->kind = kind;
	node->op = op;
	node->loc = node->op_loc = loc;
	node->height = 1;
	node->arg_index = -1;
	return node;
}

static void raise_over(struct parser *p, struct node *node, const struct node *child)
{
	if (child && child->height >= node->height)
		node->height = child->height + 1;
	if (node->height > AST_DEPTH_MAX)
		fail(p, node->op_loc, "D_SYNTAX", "this expression has more than %d levels of operators",
		     AST_DEPTH_MAX);
}

/* A node over one or two others, from the start of `from` to the last consumed token. */
static struct node *new_op(struct parser *p, enum node_kind kind, enum node_op op, struct loc op_loc, struct loc from,
			   struct node *left, struct node *right)
{
	struct node *node = new_node(p, kind, op, loc_span(from, p->prev));

	node->op_loc = op_loc;
	node->left = left;
	node->right = right;
	raise_over(p, node, left);
	raise_over(p, node, right);
	return node;
}

static struct loc loc_of(const struct node *node, const struct parser *p)
{
	return node ? node->loc : p->prev;
}

/* ---- primary and postfix ---- */

static struct node *parse_int(struct parser *p)
{
	struct node *node = new_node(p, NODE_INT, OP_NONE, p->tok.loc);

	node->ival = p->tok.ival;
	node->int_unsigned = p->tok.int_unsigned;
	node->int_long = p->tok.int_long;
	advance(p);
	return node;
}

static struct node *parse_string(struct parser *p)
{
	struct node *node = new_node(p, NODE_STRING, OP_NONE, p->tok.loc);

	node->text = p->tok.text;
	node->text_size = p->tok.size;
	advance(p);
	if (p->tok.kind == TOK_STRING)
		fail(p, p->tok.loc, "D_SYNTAX", "syntax error: two strings in a row, and D does not join them");
	return node;
}

static struct node *parse_ident(struct parser *p, enum var_scope scope)
{
	struct node *node = new_node(p, NODE_IDENT, OP_NONE, p->tok.loc);

	node->name = token_text(p);
	node->scope = scope;
	advance(p);
	return node;
}

/* self->x, this->x */
static struct node *parse_scoped(struct parser *p)
{
	bool is_self = p->tok.keyword == KW_SELF;
	struct loc from = p->tok.loc;
	struct node *node;

	advance(p);
	if (!at_punct(p, PUNCT2('-', '>'))) {
		fail(p, from, "D_IDENT_BADREF", "`%s` by itself is not a variable: `%s->name` is",
		     is_self ? "self" : "this", is_self ? "self" : "this");
		return NULL;
	}
	advance(p);
	if (p->tok.kind != TOK_IDENT) {
		expected(p, "the name of a variable after `->`");
		return NULL;
	}
	node = parse_ident(p, is_self ? SCOPE_SELF : SCOPE_THIS);
	node->loc = loc_span(from, node->loc);
	return node;
}

/* Expressions between commas up to the closing punctuation. */
static void parse_args(struct parser *p, struct node *node, unsigned close, const char *what)
{
	advance(p);
	if (!at_punct(p, close)) {
		do {
			struct node *arg = parse_assign(p);

			if (p->failed)
				return;
			*arena_push(p->arena, node->args, node->args_len) = arg;
			raise_over(p, node, arg);
		} while (accept(p, ','));
	}
	expect(p, close, what);
	node->loc = loc_span(node->loc, p->prev);
}

static void parse_keys(struct parser *p, struct node *node)
{
	parse_args(p, node, ']', "`,` or `]` after the key");
	if (!p->failed && !node->args_len)
		fail(p, p->prev, "D_SYNTAX", "syntax error near `]`: expected a key between the brackets");
}

static struct node *parse_agg(struct parser *p)
{
	struct node *node = new_node(p, NODE_AGG, OP_NONE, p->tok.loc);

	node->name = token_text(p);
	advance(p);
	if (at_punct(p, '['))
		parse_keys(p, node);
	return node;
}

static struct node *parse_symbol(struct parser *p)
{
	diag_hint(
		p->diags,
		fail(p, p->tok.loc, "D_SYM_BADREF", "symbols of the kernel and of modules (`name) cannot be used yet"),
		"a probe's own data is in arg0, args[0] and the like");
	return NULL;
}

/* After ( at `from`: the expression and ). */
static struct node *parse_parens(struct parser *p, struct loc from)
{
	struct node *node = parse_expr(p);

	expect(p, ')', "`)`");
	if (node) {
		node->loc = loc_span(from, p->prev);
		node->in_parens = true;
	}
	return node;
}

/* xlate <psinfo_t *> (expression) */
static struct node *parse_xlate(struct parser *p)
{
	struct loc from = p->tok.loc;
	struct type_spec *tspec;
	struct node *node, *left;

	advance(p);
	expect(p, '<', "`<` and the type to translate to");
	tspec = parse_type(p);
	expect(p, '>', "`>` after the type");
	expect(p, '(', "`(` and what is to be translated");
	left = parse_expr(p);
	expect(p, ')', "`)`");
	node = new_op(p, NODE_XLATE, OP_NONE, from, from, left, NULL);
	node->tspec = tspec;
	return node;
}

static struct node *parse_named(struct parser *p)
{
	switch (p->tok.keyword) {
	case KW_NONE:
		return parse_ident(p, SCOPE_GLOBAL);
	case KW_SELF:
	case KW_THIS:
		return parse_scoped(p);
	case KW_XLATE:
		return parse_xlate(p);
	default:
		if (at_type(p))
			fail(p, p->tok.loc, "D_SYNTAX",
			     "syntax error near `%s`: a type is not a value; a cast is written (%s)", token_text(p),
			     token_text(p));
		else
			expected(p, "an expression, and this word is reserved");
		return NULL;
	}
}

static struct node *parse_primary(struct parser *p)
{
	switch (p->tok.kind) {
	case TOK_INT:
		return parse_int(p);
	case TOK_STRING:
		return parse_string(p);
	case TOK_AGG:
		return parse_agg(p);
	case TOK_IDENT:
		return parse_named(p);
	default:
		if (at_punct(p, '`'))
			return parse_symbol(p);
		expected(p, "an expression");
		return NULL;
	}
}

static struct node *parse_member(struct parser *p, struct node *left)
{
	struct loc op_loc = p->tok.loc;
	enum node_op op = at_punct(p, '.') ? OP_DOT : OP_ARROW;
	const char *name;
	struct node *node;

	advance(p);
	if (p->tok.kind != TOK_IDENT) { /* a reserved word may be a member: C's structures know nothing of D */
		expected(p, op == OP_DOT ? "the name of a member after `.`" : "the name of a member after `->`");
		return NULL;
	}
	name = token_text(p);
	advance(p);
	node = new_op(p, NODE_MEMBER, op, op_loc, loc_of(left, p), left, NULL);
	node->name = name;
	return node;
}

static struct node *parse_call(struct parser *p, struct node *left)
{
	struct node *node;

	if (p->failed || !left)
		return NULL;
	if (left->kind != NODE_IDENT || left->scope != SCOPE_GLOBAL) {
		fail(p, p->tok.loc, "D_FUNC_IDENT", "a function is called by its name: this is an expression");
		return NULL;
	}
	node = new_node(p, NODE_CALL, OP_NONE, left->loc);
	node->name = left->name;
	parse_args(p, node, ')', "`,` or `)` after the argument");
	return node;
}

static struct node *parse_index(struct parser *p, struct node *left)
{
	struct node *node = new_op(p, NODE_INDEX, OP_NONE, p->tok.loc, loc_of(left, p), left, NULL);

	parse_keys(p, node);
	return node;
}

static struct node *parse_postfix(struct parser *p, struct node *node)
{
	while (!p->failed && p->tok.kind == TOK_PUNCT) {
		enum node_op op = OP_NONE;
		struct loc op_loc = p->tok.loc;

		switch (p->tok.punct) {
		case '[':
			node = parse_index(p, node);
			continue;
		case '(':
			node = parse_call(p, node);
			continue;
		case '.':
		case PUNCT2('-', '>'):
			node = parse_member(p, node);
			continue;
		case PUNCT2('+', '+'):
			op = OP_POSTINC;
			break;
		case PUNCT2('-', '-'):
			op = OP_POSTDEC;
			break;
		default:
			return node;
		}
		advance(p);
		node = new_op(p, NODE_UNARY, op, op_loc, loc_of(node, p), node, NULL);
	}
	return node;
}

/* ---- prefix ---- */

/*
 * After `(`: is this a type although its name is not known? `(name *)` and `(name) operand` cannot be anything else,
 * and the checker has the better sentence about it.
 */
static bool at_unknown_type(const struct parser *p)
{
	const struct lex *lex = &p->lex;
	size_t pos = lex_ahead(lex, lex->pos);
	bool star = false;
	int c;

	if (p->tok.kind != TOK_IDENT || p->tok.keyword != KW_NONE)
		return false;
	while (lex_peek(lex, pos) == '*') {
		star = true;
		pos = lex_ahead(lex, pos + 1);
	}
	if (lex_peek(lex, pos) != ')')
		return false;
	c = lex_peek(lex, lex_ahead(lex, pos + 1));
	return star || lex_is_word_char(c) || c == '"' || c == '\'' || c == '$' || c == '@' || c == '~';
}

static struct node *parse_cast(struct parser *p, struct loc from)
{
	struct type_spec *tspec = parse_type(p);
	struct loc op_loc;
	struct node *node;

	expect(p, ')', "`)` after the type");
	op_loc = loc_span(from, p->prev);
	node = parse_unary(p);
	node = new_op(p, NODE_CAST, OP_NONE, op_loc, from, node, NULL);
	node->tspec = tspec;
	return node;
}

static struct node *parse_sizeof(struct parser *p)
{
	struct loc from = p->tok.loc;
	struct type_spec *tspec = NULL;
	struct node *left = NULL, *node;

	advance(p);
	if (!accept(p, '('))
		left = parse_unary(p);
	else if (at_type(p) || at_unknown_type(p))
		tspec = parse_type(p);
	else
		left = parse_postfix(p, parse_parens(p, p->prev)); /* may go on, as in sizeof (x)[0] */
	if (tspec)
		expect(p, ')', "`)` after the type");
	node = new_op(p, NODE_SIZEOF, OP_NONE, from, from, left, NULL);
	node->tspec = tspec;
	return node;
}

static struct node *parse_offsetof(struct parser *p)
{
	struct loc from = p->tok.loc;
	struct type_spec *tspec;
	const char *name = NULL;
	struct node *node;

	advance(p);
	expect(p, '(', "`(` after `offsetof`");
	tspec = parse_type(p);
	expect(p, ',', "`,` after the type");
	if (p->tok.kind == TOK_IDENT) {
		name = token_text(p);
		advance(p);
	} else {
		expected(p, "the name of a member");
	}
	expect(p, ')', "`)` after the member");
	node = new_op(p, NODE_OFFSETOF, OP_NONE, from, from, NULL, NULL);
	node->tspec = tspec;
	node->name = name;
	return node;
}

static enum node_op prefix_op(const struct parser *p)
{
	if (p->tok.kind != TOK_PUNCT)
		return at_keyword(p, KW_STRINGOF) ? OP_STRINGOF : OP_NONE;
	switch (p->tok.punct) {
	case '-':
		return OP_NEG;
	case '+':
		return OP_PLUS;
	case '!':
		return OP_NOT;
	case '~':
		return OP_BITNOT;
	case '*':
		return OP_DEREF;
	case '&':
		return OP_ADDROF;
	case PUNCT2('+', '+'):
		return OP_PREINC;
	case PUNCT2('-', '-'):
		return OP_PREDEC;
	default:
		return OP_NONE;
	}
}

static struct node *parse_unary_inner(struct parser *p)
{
	enum node_op op = prefix_op(p);
	struct loc from = p->tok.loc;

	if (op != OP_NONE) {
		struct node *left;

		advance(p);
		left = parse_unary(p);
		return new_op(p, NODE_UNARY, op, from, from, left, NULL);
	}
	if (at_keyword(p, KW_SIZEOF))
		return parse_sizeof(p);
	if (at_keyword(p, KW_OFFSETOF))
		return parse_offsetof(p);
	if (!accept(p, '('))
		return parse_postfix(p, parse_primary(p));
	if (at_type(p) || at_unknown_type(p))
		return parse_cast(p, from);
	return parse_postfix(p, parse_parens(p, from));
}

static struct node *parse_unary(struct parser *p)
{
	struct node *node = enter(p) ? parse_unary_inner(p) : NULL;

	leave(p);
	return node;
}

/* ---- binary and up ---- */

struct binary_op {
	unsigned punct;
	enum node_op op;
	unsigned level; /* the higher, the tighter */
};

static const struct binary_op binary_ops[] = {
	{PUNCT2('|', '|'), OP_LOR, 1},
	{PUNCT2('^', '^'), OP_LXOR, 2},
	{PUNCT2('&', '&'), OP_LAND, 3},
	{'|', OP_OR, 4},
	{'^', OP_XOR, 5},
	{'&', OP_AND, 6},
	{PUNCT2('=', '='), OP_EQ, 7},
	{PUNCT2('!', '='), OP_NE, 7},
	{'<', OP_LT, 8},
	{'>', OP_GT, 8},
	{PUNCT2('<', '='), OP_LE, 8},
	{PUNCT2('>', '='), OP_GE, 8},
	{PUNCT2('<', '<'), OP_SHL, 9},
	{PUNCT2('>', '>'), OP_SHR, 9},
	{'+', OP_ADD, 10},
	{'-', OP_SUB, 10},
	{'*', OP_MUL, 11},
	{'/', OP_DIV, 11},
	{'%', OP_MOD, 11},
};

static const struct binary_op *binary_op(const struct parser *p)
{
	for (size_t i = 0; p->tok.kind == TOK_PUNCT && i < sizeof(binary_ops) / sizeof(binary_ops[0]); i++) {
		if (binary_ops[i].punct == p->tok.punct)
			return &binary_ops[i];
	}
	return NULL;
}

static struct node *parse_binary(struct parser *p, unsigned level)
{
	struct node *left = parse_unary(p), *right;
	const struct binary_op *op;

	while (!p->failed && (op = binary_op(p)) && op->level >= level) {
		struct loc op_loc = p->tok.loc;

		advance(p);
		right = parse_binary(p, op->level + 1);
		left = new_op(p, NODE_BINARY, op->op, op_loc, loc_of(left, p), left, right);
	}
	return left;
}

static struct node *parse_cond(struct parser *p)
{
	struct node *node, *first = parse_binary(p, 1), *second, *third;
	struct loc op_loc = p->tok.loc;

	if (!accept(p, '?'))
		return first;
	second = enter(p) ? parse_expr(p) : NULL;
	expect(p, ':', "`:` of `? :`");
	third = p->failed ? NULL : parse_cond(p);
	leave(p);
	node = new_op(p, NODE_COND, OP_NONE, op_loc, loc_of(first, p), first, second);
	node->third = third;
	raise_over(p, node, third);
	return node;
}

static enum node_op assign_op(const struct parser *p)
{
	static const struct {
		unsigned punct;
		enum node_op op;
	} rows[] = {
		{'=', OP_ASSIGN},
		{PUNCT2('+', '='), OP_ADD_ASSIGN},
		{PUNCT2('-', '='), OP_SUB_ASSIGN},
		{PUNCT2('*', '='), OP_MUL_ASSIGN},
		{PUNCT2('/', '='), OP_DIV_ASSIGN},
		{PUNCT2('%', '='), OP_MOD_ASSIGN},
		{PUNCT3('<', '<', '='), OP_SHL_ASSIGN},
		{PUNCT3('>', '>', '='), OP_SHR_ASSIGN},
		{PUNCT2('&', '='), OP_AND_ASSIGN},
		{PUNCT2('|', '='), OP_OR_ASSIGN},
		{PUNCT2('^', '='), OP_XOR_ASSIGN},
	};

	for (size_t i = 0; p->tok.kind == TOK_PUNCT && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].punct == p->tok.punct)
			return rows[i].op;
	}
	return OP_NONE;
}

struct node *parse_assign(struct parser *p)
{
	struct node *left = parse_cond(p), *right;
	enum node_op op = assign_op(p);
	struct loc op_loc = p->tok.loc;

	if (op == OP_NONE)
		return left;
	if (left && !left->in_parens &&
	    (left->kind == NODE_BINARY || left->kind == NODE_COND || left->kind == NODE_CAST)) {
		expected(p, "the end of the expression, which cannot be assigned");
		return NULL;
	}
	advance(p);
	right = enter(p) ? parse_assign(p) : NULL;
	leave(p);
	return new_op(p, NODE_ASSIGN, op, op_loc, loc_of(left, p), left, right);
}

struct node *parse_expr(struct parser *p)
{
	struct node *left = parse_assign(p), *right;

	while (!p->failed && at_punct(p, ',')) {
		struct loc op_loc = p->tok.loc;

		advance(p);
		right = parse_assign(p);
		left = new_op(p, NODE_BINARY, OP_COMMA, op_loc, loc_of(left, p), left, right);
	}
	return left;
}
