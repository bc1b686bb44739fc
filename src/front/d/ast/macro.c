/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Macro variables: $0, $1 ... are the script's arguments, $target, $pid and the like are numbers of processes and
 * users. In a program $1 becomes what its text looks like (an integer, a name, else a string), $$1 always a string; in
 * a probe description both become their text.
 */
#include "front/d/ast/lex.h"

#include <stdlib.h>
#include <string.h>

static const struct macros no_macros;

/* -1: no such name. */
static long id_value(const struct macros *macros, const char *name)
{
	const struct {
		const char *name;
		long value;
	} ids[] = {
		{"pid", macros->pid}, {"ppid", macros->ppid}, {"pgid", macros->pgid}, {"sid", macros->sid},
		{"uid", macros->uid}, {"euid", macros->euid}, {"gid", macros->gid},   {"egid", macros->egid},
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (!strcmp(name, ids[i].name))
			return ids[i].value;
	}
	return -1;
}

static const char *named_text(struct lex *lex, struct loc loc, const char *name)
{
	const struct macros *macros = lex->macros ? lex->macros : &no_macros;
	struct diag *diag;

	if (!strcmp(name, "target")) {
		if (macros->target)
			return arena_printf(lex->arena, "%d", (int)macros->target);
		diag = diag_error(lex->diags, loc, "D_MACRO_UNDEF", "$target stands for nothing: no process was named");
		diag_hint(lex->diags, diag, "name one with -p PID or start one with -c CMD");
		return NULL;
	}
	if (id_value(macros, name) >= 0)
		return arena_printf(lex->arena, "%ld", id_value(macros, name));
	if (!strcmp(name, "projid") || !strcmp(name, "taskid") || !strcmp(name, "zoneid"))
		diag_error(lex->diags, loc, "D_MACRO_UNDEF",
			   "Linux has no projects, tasks or zones: $%s stands for nothing", name);
	else
		diag_error(lex->diags, loc, "D_MACRO_UNDEF", "there is no macro variable $%s", name);
	return NULL;
}

/* The text of $n; "" with `*missing` for one that is not given where that is allowed. */
static const char *arg_text(struct lex *lex, struct loc loc, const char *name, bool *missing)
{
	const struct macros *macros = lex->macros ? lex->macros : &no_macros;
	unsigned long n = strtoul(name, NULL, 10);
	struct diag *diag;

	if (n == 0 && macros->script_name)
		return macros->script_name;
	if (n > 0 && n <= macros->args_len) {
		if (macros->args_used)
			macros->args_used[n - 1] = true;
		return macros->args[n - 1];
	}
	*missing = true;
	if (macros->default_args)
		return "";
	if (n == 0)
		diag = diag_error(lex->diags, loc, "D_MACRO_UNDEF", "$0 stands for nothing: there is no script file");
	else
		diag = diag_error(lex->diags, loc, "D_MACRO_UNDEF",
				  "$%s stands for nothing: the script was given %u argument%s", name, macros->args_len,
				  macros->args_len == 1 ? "" : "s");
	if (n)
		diag_hint(lex->diags, diag, "give them after the script, or use -x defaultargs for 0 and \"\"");
	return NULL;
}

static const char *macro_text(struct lex *lex, size_t from, size_t name_pos, size_t end, bool *missing)
{
	const char *name = arena_strndup(lex->arena, lex->source->text + name_pos, end - name_pos);
	struct loc loc = lex_loc(lex, from, end);

	if (name[0] >= '0' && name[0] <= '9')
		return arg_text(lex, loc, name, missing);
	if (name[0])
		return named_text(lex, loc, name);
	diag_error(lex->diags, loc, "D_SYNTAX",
		   "syntax error near `$`: expected the name of a macro variable after it");
	return NULL;
}

/* Numbers end where digits do: `$1k` is an argument and a letter. */
static size_t name_end(const struct lex *lex, size_t pos)
{
	bool digits = lex_peek(lex, pos) >= '0' && lex_peek(lex, pos) <= '9';

	while (digits ? lex_peek(lex, pos) >= '0' && lex_peek(lex, pos) <= '9' : lex_is_word_char(lex_peek(lex, pos)))
		pos++;
	return pos;
}

const char *lex_macro_text(struct lex *lex, size_t pos, size_t *end)
{
	size_t name_pos = pos + (lex_peek(lex, pos + 1) == '$' ? 2 : 1);
	bool missing = false;

	*end = name_end(lex, name_pos);
	return macro_text(lex, pos, name_pos, *end, &missing);
}

static bool is_name(const char *text)
{
	if (!*text || (*text >= '0' && *text <= '9'))
		return false;
	while (lex_is_word_char((unsigned char)*text))
		text++;
	return !*text;
}

static void text_to_string(struct token *token, const char *text)
{
	token->kind = TOK_STRING;
	token->text = text;
	token->size = strlen(text);
}

/* Quotes that the shell left are not meant. */
static const char *unquote(struct arena *arena, const char *text)
{
	size_t size = strlen(text);

	return size >= 2 && text[0] == '"' && text[size - 1] == '"' ? arena_strndup(arena, text + 1, size - 2) : text;
}

/* False: the text is not a number. */
static bool text_to_int(struct lex *lex, struct token *token, const char *text, struct loc loc)
{
	bool negative = *text == '-';
	const char *digits = text + (*text == '-' || *text == '+'), *tag, *problem;
	struct token number = *token;

	if (*digits < '0' || *digits > '9')
		return false;
	problem = int_parse(lex->arena, digits, strlen(digits), &number, &tag);
	if (problem && strcmp(tag, "D_INT_OFLOW") != 0)
		return false;
	if (problem || (negative && number.ival > (uint64_t)INT64_MAX + 1))
		diag_error(lex->diags, loc, "D_MACRO_OFLOW", "`%.40s` needs more than 64 bits", text);
	*token = number;
	if (negative)
		token->ival = -token->ival;
	return true;
}

void lex_macro(struct lex *lex, struct token *token)
{
	size_t from = lex->pos;
	bool as_text = lex_peek(lex, from + 1) == '$', missing = false;
	size_t name_pos = from + (as_text ? 2 : 1), end = name_end(lex, name_pos);
	const char *text = macro_text(lex, from, name_pos, end, &missing);

	lex->pos = end;
	if (!text && end == name_pos) {
		token->kind = TOK_BAD;
	} else if (as_text) {
		text_to_string(token, text ? text : "");
	} else if (!text || missing) { /* 0, so that the rest is still checked */
		token->kind = TOK_INT;
	} else if (is_name(text) && end == name_pos + 1 && lex_peek(lex, name_pos) == '0') {
		text_to_string(token, text);
	} else if (text_to_int(lex, token, text, lex_loc(lex, from, end))) {
		return;
	} else if (is_name(text)) {
		token->kind = TOK_IDENT;
		token->text = text;
		token->size = strlen(text);
		token->keyword = keyword_find(text, token->size);
	} else {
		text_to_string(token, unquote(lex->arena, text));
	}
}
