/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions, by levels of precedence. */
#include <string.h>

#include "front/stap/parse.h"

static const struct stap_print prints[] = {
	{"print", false, false, false, false},	{"printf", false, true, false, false},
	{"println", false, false, false, true}, {"printd", false, false, true, false},
	{"printdln", false, false, true, true}, {"sprint", true, false, false, false},
	{"sprintf", true, true, false, false},	{"sprintln", true, false, false, true},
	{"sprintd", true, false, true, false},	{"sprintdln", true, false, true, true},
};

const char *const stap_stat_names[] = {"@count", "@sum",      "@min",	   "@max",
				       "@avg",	 "@variance", "@hist_log", "@hist_linear"};

/* A level of binary operators, which group from the left. */
struct level {
	struct {
		const char *text;
		enum stap_op op;
	} ops[6];
};

enum { LEVEL_COMPARE = 5, LEVEL_SHIFT = 6 };

static const struct level levels[] = {
	{{{"||", OP_LOR}}},
	{{{"&&", OP_LAND}}},
	{{{"|", OP_OR}}},
	{{{"^", OP_XOR}}},
	{{{"&", OP_AND}}},
	{{{"<", OP_LT}, {">", OP_GT}, {"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE}}},
	{{{"<<", OP_SHL}, {">>", OP_SHR}, {">>>", OP_SHRU}}},
	{{{".", OP_CONCAT}}},
	{{{"+", OP_ADD}, {"-", OP_SUB}}},
	{{{"*", OP_MUL}, {"/", OP_DIV}, {"%", OP_MOD}}},
};

enum { LEVELS = sizeof(levels) / sizeof(*levels), LEVEL_IN = LEVEL_COMPARE };

static const struct {
	const char *text;
	enum stap_op op;
} assignments[] = {
	{"=", OP_NONE}, {"<<<", OP_RECORD}, {"+=", OP_ADD},    {"-=", OP_SUB},	  {"*=", OP_MUL},
	{"/=", OP_DIV}, {"%=", OP_MOD},	    {"<<=", OP_SHL},   {">>=", OP_SHR},	  {"&=", OP_AND},
	{"^=", OP_XOR}, {"|=", OP_OR},	    {".=", OP_CONCAT}, {">>>=", OP_SHRU},
};

static struct stap_node *parse_unary(struct stap_parser *parser);
static struct stap_node *parse_level(struct stap_parser *parser, unsigned level);

struct stap_node *stap_parse_new(struct stap_parser *parser, enum stap_kind kind, const struct stap_token *at)
{
	struct stap_node *node = arena_new_one(parser->arena, struct stap_node);

	node->kind = kind;
	node->loc = at->loc;
	node->name = at->text;
	node->size = at->size;
	return node;
}

/* ---- values ---- */

struct stap_node *stap_parse_literal(struct stap_parser *parser)
{
	const struct stap_token *token = parser->at;
	bool is_negative = stap_token_is(token, "-") && token[1].kind == TOK_NUMBER;
	struct stap_node *node;
	struct buf text = {0};

	token += is_negative;
	if (token->kind != TOK_NUMBER && token->kind != TOK_STRING)
		return stap_parse_fail(parser, "expected literal string or number");
	parser->at = token + 1;
	if (token->kind == TOK_NUMBER) {
		node = stap_parse_new(parser, S_NUMBER, token);
		if (!stap_number(token, &node->number)) {
			stap_error(parser->diags, token, "number invalid or out of range");
			return NULL;
		}
		node->number = is_negative ? (int64_t) - (uint64_t)node->number : node->number;
		return node;
	}
	node = stap_parse_new(parser, S_TEXT, token);
	if (parser->at->kind != TOK_STRING)
		return node;
	for (buf_add(&text, token->text, token->size); parser->at->kind == TOK_STRING; parser->at++)
		buf_add(&text, parser->at->text, parser->at->size);
	node->name = arena_strndup(parser->arena, text.data, text.size);
	node->size = text.size;
	buf_free(&text);
	return node;
}

/* Up to `close`, whose opening was taken. `*` is a key of a slice. */
bool stap_parse_args(struct stap_parser *parser, const char *close, bool may_slice, struct stap_node *node)
{
	struct stap_node *arg;

	if (stap_parse_take(parser, close))
		return true;
	do {
		bool is_any = may_slice && stap_parse_is(parser, "*") &&
			      (stap_token_is(parser->at + 1, ",") || stap_token_is(parser->at + 1, close));

		parser->at += is_any;
		arg = is_any ? NULL : stap_parse_expression(parser);
		if (!is_any && !arg)
			return false;
		*arena_push(parser->arena, node->args, node->args_len) = arg;
	} while (stap_parse_take(parser, ","));
	if (stap_parse_take(parser, close))
		return true;
	stap_parse_fail(parser, *close == ')' ? "expected ',' or ')'" : "expected ',' or ']'");
	return false;
}

static bool print_args_fit(struct stap_parser *parser, struct stap_node *node, const struct stap_token *name)
{
	const struct stap_print *print = node->print;
	const char *why;

	if (print->has_format || print->has_delimiter) {
		if (!node->args_len || node->args[0]->kind != S_TEXT) {
			stap_error(parser->diags, name + 2 < parser->at ? name + 2 : name,
				   print->has_format ? "expected literal string" : "expected literal string");
			return false;
		}
		node->left = node->args[0];
		node->args++;
		node->args_len--;
	}
	if (!print->has_format) {
		if (node->args_len || print->has_newline)
			return true;
		stap_error(parser->diags, name, "%s lacks what it prints", print->name);
		return false;
	}
	node->format = arena_new_one(parser->arena, struct stap_format);
	if (stap_parse_format(parser->arena, node->left->name, node->left->size, node->format, &why))
		return true;
	stap_error(parser->diags, name + 3 < parser->at ? name + 3 : name, "%s", why);
	return false;
}

static const struct stap_print *find_print(const struct stap_token *token)
{
	for (unsigned i = 0; token->kind == TOK_WORD && i < sizeof(prints) / sizeof(*prints); i++)
		if (!strcmp(prints[i].name, token->text))
			return &prints[i];
	return NULL;
}

/* A histogram is nothing but printed, whole or bucket by bucket. */
static bool is_histogram_next(const struct stap_parser *parser, const struct stap_print *print)
{
	return !print->is_string && !print->has_format && !print->has_delimiter && stap_parse_is(parser, "(") &&
	       stap_stat_operator(parser->at + 1) >= STAT_LOG;
}

static struct stap_node *parse_print(struct stap_parser *parser, const struct stap_print *print)
{
	const struct stap_token *name = parser->at++;
	struct stap_node *node = stap_parse_new(parser, S_PRINT, name);

	node->print = print;
	parser->may_be_histogram = is_histogram_next(parser, print);
	return stap_parse_need(parser, "(") && stap_parse_args(parser, ")", false, node) &&
			       print_args_fit(parser, node, name)
		       ? node
		       : NULL;
}

int stap_stat_operator(const struct stap_token *token)
{
	for (int i = 0; token->kind == TOK_OPERATOR && i < STAT_NONE; i++)
		if (!strcmp(stap_stat_names[i], token->text))
			return i;
	return -1;
}

static bool parse_stat_params(struct stap_parser *parser, struct stap_node *node)
{
	static const unsigned most[STAT_NONE] = {[STAT_VARIANCE] = 1, [STAT_LINEAR] = 3};

	while (stap_parse_take(parser, ",")) {
		struct stap_node *param = node->params_len < most[node->stat] ? stap_parse_literal(parser)
									      : stap_parse_fail(parser, "expected ')'");

		if (!param)
			return false;
		if (param->kind != S_NUMBER) {
			diag_error(parser->diags, param->loc, "parse", "expected number");
			return false;
		}
		node->params[node->params_len++] = param->number;
	}
	return stap_parse_need(parser, ")");
}

static bool stat_params_fit(struct stap_parser *parser, const struct stap_node *node)
{
	const int64_t *p = node->params;
	const char *why = NULL;

	if (node->stat == STAT_VARIANCE && node->params_len && (p[0] < 0 || p[0] > 62))
		why = "the bit shift of @variance is from 0 to 62";
	if (node->stat == STAT_LINEAR) {
		if (node->params_len != 3)
			why = "@hist_linear takes a low end, a high end and a width";
		else if (p[2] <= 0)
			why = "@hist_linear: the width is to be positive";
		else if (p[1] <= p[0])
			why = "@hist_linear: the high end is to be above the low end";
		else if (((uint64_t)p[1] - (uint64_t)p[0]) / (uint64_t)p[2] > 127)
			why = "@hist_linear: more than 128 buckets: take a larger width";
	}
	if (why)
		diag_error(parser->diags, node->loc, "parse", "%s", why);
	return !why;
}

static void *fail_at(struct stap_parser *parser, const struct stap_node *node, const char *sentence)
{
	diag_error(parser->diags, node->loc, "parse", "%s", sentence);
	return NULL;
}

static struct stap_node *parse_stat(struct stap_parser *parser, enum stap_stat_op stat)
{
	struct stap_node *node = stap_parse_new(parser, S_STAT, parser->at++), *bucket;

	bool may_be_histogram = parser->may_be_histogram;

	parser->may_be_histogram = false;
	node->stat = stat;
	if (!stap_parse_need(parser, "(") || !(node->left = stap_parse_expression(parser)) ||
	    !parse_stat_params(parser, node) || !stat_params_fit(parser, node))
		return NULL;
	if (stat < STAT_LOG || (!stap_parse_is(parser, "[") && may_be_histogram))
		return node;
	if (!stap_parse_is(parser, "["))
		return fail_at(parser, node, "base histogram operator where expression expected");
	bucket = stap_parse_new(parser, S_BUCKET, parser->at++);
	bucket->left = node;
	bucket->loc = node->loc;
	return (bucket->right = stap_parse_expression(parser)) && stap_parse_need(parser, "]") ? bucket : NULL;
}

/* @defined(x), @entry(x), @cast(p, "type"...), @var("name"...), @const("x"). */
static struct stap_node *parse_at(struct stap_parser *parser)
{
	static const struct {
		const char *name;
		enum stap_kind kind;
	} words[] = {{"@defined", S_DEFINED},	{"@entry", S_ENTRY},	  {"@cast", S_TARGET},
		     {"@var", S_TARGET},	{"@const", S_TARGET},	  {"@perf", S_TARGET},
		     {"@probewrite", S_TARGET}, {"@kregister", S_TARGET}, {"@uregister", S_TARGET}};
	const struct stap_token *token = parser->at;
	struct stap_node *node;

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i].name, token->text))
			continue;
		parser->at++;
		node = stap_parse_new(parser, words[i].kind, token);
		if (!stap_parse_need(parser, "(") || !stap_parse_args(parser, ")", false, node))
			return NULL;
		if (!node->args_len || (words[i].kind != S_TARGET && node->args_len != 1)) {
			stap_error(parser->diags, token, "%s takes %s", token->text,
				   words[i].kind == S_TARGET ? "arguments" : "one argument");
			return NULL;
		}
		node->left = node->args[0];
		return node;
	}
	stap_error(parser->diags, token, "unknown operator %s", token->text);
	return NULL;
}

/* name, name[keys], name(args) */
static struct stap_node *parse_named(struct stap_parser *parser)
{
	const struct stap_token *name = parser->at++;
	struct stap_node *node = stap_parse_new(parser, S_NAME, name);

	if (name->text[0] == '$') {
		node->kind = S_TARGET;
		return node;
	}
	if (stap_parse_take(parser, "(")) {
		node->kind = S_CALL;
		return stap_parse_args(parser, ")", false, node) ? node : NULL;
	}
	if (!stap_parse_take(parser, "["))
		return node;
	node->kind = S_INDEX;
	if (!stap_parse_args(parser, "]", true, node))
		return NULL;
	if (!node->args_len)
		return stap_parse_fail(parser, "expected expression between '[' and ']'");
	return node;
}

struct stap_node *stap_parse_symbol(struct stap_parser *parser)
{
	const struct stap_print *print = find_print(parser->at);
	int stat = stap_stat_operator(parser->at);

	if (stat >= 0)
		return parse_stat(parser, (enum stap_stat_op)stat);
	if (print)
		return parse_print(parser, print);
	if (parser->at->kind == TOK_OPERATOR && parser->at->text[0] == '@')
		return parse_at(parser);
	if (parser->at->kind != TOK_WORD)
		return stap_parse_fail(parser, "expected identifier");
	return parse_named(parser);
}

/* `[a, b] in array`, or a name that `in` does not follow. */
static struct stap_node *parse_tuple(struct stap_parser *parser)
{
	struct stap_node *node = stap_parse_new(parser, S_IN, parser->at++);

	if (!stap_parse_args(parser, "]", true, node))
		return NULL;
	if (!node->args_len)
		return stap_parse_fail(parser, "expected expression between '[' and ']'");
	if (!stap_parse_is(parser, "in"))
		return stap_parse_fail(parser, "expected 'in'");
	node->loc = parser->at++->loc;
	return (node->left = stap_parse_symbol(parser)) ? node : NULL;
}

static struct stap_node *parse_value(struct stap_parser *parser)
{
	struct stap_node *node;

	if (parser->at->kind == TOK_EMBEDDED)
		return stap_parse_fail(parser,
				       "embedded code: cephtap compiles no C, and loads no module that it could be in");
	if (stap_parse_is(parser, "["))
		return parse_tuple(parser);
	if (stap_parse_take(parser, "(")) {
		node = stap_parse_expression(parser);
		if (node && !stap_parse_need(parser, ")"))
			return NULL;
		if (node)
			node->in_parentheses = true;
		return node;
	}
	if (stap_parse_is(parser, "&") && parser->at[1].kind == TOK_WORD && parser->at[1].text[0] == '$') {
		parser->at++;
		return parse_named(parser);
	}
	if (parser->at->kind == TOK_WORD || (parser->at->kind == TOK_OPERATOR && parser->at->text[0] == '@'))
		return stap_parse_symbol(parser);
	return stap_parse_literal(parser);
}

/* ->member and [index] of what only a program has. */
static struct stap_node *parse_members(struct stap_parser *parser)
{
	struct stap_node *node = parse_value(parser), *member;

	while (node && (stap_parse_is(parser, "->") || (node->kind == S_TARGET && stap_parse_is(parser, "[")))) {
		member = stap_parse_new(parser, S_TARGET, parser->at);
		member->left = node;
		if (stap_parse_take(parser, "[")) {
			if (!stap_parse_args(parser, "]", false, member))
				return NULL;
		} else {
			parser->at++;
			if (parser->at->kind != TOK_WORD && parser->at->kind != TOK_KEYWORD)
				return stap_parse_fail(parser, "expected identifier");
			member->name = parser->at++->text;
		}
		node = member;
	}
	return node;
}

static struct stap_node *make_step(struct stap_parser *parser, const struct stap_token *op, struct stap_node *place,
				   bool is_post)
{
	struct stap_node *node = stap_parse_new(parser, S_STEP, op);

	node->left = place;
	node->step = op->text[0] == '+' ? 1 : -1;
	node->is_post = is_post;
	return node;
}

static struct stap_node *parse_crement(struct stap_parser *parser)
{
	const struct stap_token *op = parser->at;
	struct stap_node *node;

	if (stap_parse_take(parser, "++") || stap_parse_take(parser, "--")) {
		node = parse_members(parser);
		return node ? make_step(parser, op, node, false) : NULL;
	}
	node = parse_members(parser);
	op = parser->at;
	if (node && (stap_parse_take(parser, "++") || stap_parse_take(parser, "--")))
		return make_step(parser, op, node, true);
	return node;
}

static struct stap_node *parse_unary(struct stap_parser *parser)
{
	static const struct {
		const char *text;
		enum stap_op op;
	} ops[] = {{"-", OP_NEG}, {"+", OP_PLUS}, {"!", OP_NOT}, {"~", OP_BITNOT}};
	const struct stap_token *token = parser->at;
	struct stap_node *node = NULL;

	for (unsigned i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (!stap_token_is(token, ops[i].text))
			continue;
		if (ops[i].op == OP_NEG && token[1].kind == TOK_NUMBER)
			return stap_parse_literal(parser);
		parser->at++;
		node = stap_parse_new(parser, S_UNARY, token);
		node->op = ops[i].op;
		if (!stap_parse_deeper(parser))
			return NULL;
		node->left = parse_unary(parser);
		parser->depth--;
		return node->left ? node : NULL;
	}
	return parse_crement(parser);
}

static enum stap_op op_at(const struct stap_parser *parser, const struct level *level)
{
	for (unsigned i = 0; i < 6 && level->ops[i].text; i++)
		if (stap_parse_is(parser, level->ops[i].text))
			return level->ops[i].op;
	return OP_NONE;
}

static struct stap_node *parse_match(struct stap_parser *parser, struct stap_node *left)
{
	struct stap_node *node = stap_parse_new(parser, S_BINARY, parser->at);

	node->op = stap_parse_is(parser, "=~") ? OP_MATCH : OP_NOMATCH;
	parser->at++;
	node->left = left;
	if (parser->at->kind != TOK_STRING)
		return stap_parse_fail(parser, "expected literal string");
	return (node->right = stap_parse_literal(parser)) ? node : NULL;
}

static struct stap_node *parse_in(struct stap_parser *parser, struct stap_node *key)
{
	struct stap_node *node = stap_parse_new(parser, S_IN, parser->at++);

	*arena_push(parser->arena, node->args, node->args_len) = key;
	return (node->left = stap_parse_symbol(parser)) ? node : NULL;
}

static struct stap_node *parse_level(struct stap_parser *parser, unsigned level)
{
	struct stap_node *node, *left;
	enum stap_op op;

	left = level + 1 < LEVELS ? parse_level(parser, level + 1) : parse_unary(parser);
	for (unsigned n = 0; left; n++) {
		if (level == LEVEL_COMPARE && (stap_parse_is(parser, "=~") || stap_parse_is(parser, "!~"))) {
			left = parse_match(parser, left);
			continue;
		}
		if (level == LEVEL_IN && stap_parse_is(parser, "in")) {
			left = parse_in(parser, left);
			continue;
		}
		op = op_at(parser, &levels[level]);
		if (!op)
			break;
		if (n > STAP_DEPTH_MAX)
			return stap_parse_fail(
				parser,
				"the expression has too many operators in a row: take parts of it into variables");
		node = stap_parse_new(parser, S_BINARY, parser->at++);
		node->op = op;
		node->left = left;
		node->right = level + 1 < LEVELS ? parse_level(parser, level + 1) : parse_unary(parser);
		left = node->right ? node : NULL;
	}
	return left;
}

static struct stap_node *parse_ternary(struct stap_parser *parser)
{
	struct stap_node *node = parse_level(parser, 0), *choice;

	if (!node || !stap_parse_is(parser, "?"))
		return node;
	choice = stap_parse_new(parser, S_COND, parser->at++);
	choice->left = node;
	if (!(choice->right = stap_parse_expression(parser)) || !stap_parse_need(parser, ":") ||
	    !(choice->third = stap_parse_expression(parser)))
		return NULL;
	return choice;
}

static struct stap_node *parse_assignment(struct stap_parser *parser)
{
	struct stap_node *left = parse_ternary(parser), *node;

	for (unsigned i = 0; left && i < sizeof(assignments) / sizeof(*assignments); i++) {
		if (!stap_parse_is(parser, assignments[i].text))
			continue;
		node = stap_parse_new(parser, S_ASSIGN, parser->at++);
		node->op = assignments[i].op;
		node->left = left;
		return (node->right = stap_parse_expression(parser)) ? node : NULL;
	}
	return left;
}

struct stap_node *stap_parse_expression(struct stap_parser *parser)
{
	struct stap_node *node;

	if (!stap_parse_deeper(parser))
		return NULL;
	node = parse_assignment(parser);
	parser->depth--;
	return node;
}
