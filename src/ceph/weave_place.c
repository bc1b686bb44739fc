/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a marker's call goes in Ceph's source: by the function's name and the types of its parameters, and in it by
 * what stands there, never by a line's number. Out: places, and edits of the files that hold them.
 */
#include <ctype.h>
#include <string.h>

#include "ceph/weave.h"

/* A place in the making. */
struct spot {
	struct weave *w;
	struct weave_place *place;
	struct weave_call call;
	struct cxx_file signature; /* of the catalogue's text of the function */
	uint32_t signature_open;   /* its ( */
	const char *name;	   /* without parameters */
	bool is_any;		   /* F(...) */
};

static const char *because(struct spot *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *because(struct spot *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	s->place->why = arena_vprintf(s->w->arena, format, args);
	va_end(args);
	return s->place->why;
}

/* ---- the function ---- */

/* std:: and ceph:: are written or not, as the file likes. */
static uint32_t skip_namespace(const struct cxx_file *file, uint32_t i, uint32_t end)
{
	while (i + 1 < end && cxx_is(file, i + 1, "::") && (cxx_is(file, i, "std") || cxx_is(file, i, "ceph")))
		i += 2;
	return i;
}

static bool same_type(const struct cxx_file *a, const struct cxx_param *x, const struct cxx_file *b,
		      const struct cxx_param *y)
{
	uint32_t i = x->at, j = y->at;

	for (;;) {
		i = skip_namespace(a, i, x->name_at);
		j = skip_namespace(b, j, y->name_at);
		if (i == x->name_at || j == y->name_at)
			return i == x->name_at && j == y->name_at;
		if (!cxx_same(a, i++, b, j++))
			return false;
	}
}

static bool same_params(struct spot *s, const struct cxx_file *file, const struct cxx_function *function)
{
	struct cxx_param *ours, *theirs;
	unsigned ours_len, theirs_len, i, names = 0;
	struct arena *arena = s->w->arena;

	cxx_params(arena, &s->signature, s->signature_open, &ours, &ours_len);
	cxx_params(arena, file, function->params, &theirs, &theirs_len);
	if (ours_len != theirs_len)
		return false;
	s->call.names = arena_new_array(arena, const char *, ours_len * 2 + 1);
	for (i = 0; i < ours_len; i++) {
		if (!same_type(&s->signature, &ours[i], file, &theirs[i]))
			return false;
		if (!ours[i].name || !theirs[i].name || !strcmp(ours[i].name, theirs[i].name))
			continue;
		s->call.names[names++] = ours[i].name;
		s->call.names[names++] = theirs[i].name;
	}
	return true;
}

static bool ends_with_name(const char *full, const char *name)
{
	size_t n = strlen(full), m = strlen(name);

	return n >= m && !strcmp(full + n - m, name) && (n == m || full[n - m - 1] == ':');
}

static unsigned line_of(const struct weave_file *file, uint32_t token)
{
	unsigned line = 1;
	size_t i;

	for (i = 0; i < file->cxx.tokens[token].at; i++)
		line += file->base[i] == '\n';
	return line;
}

static const char *find_function(struct spot *s)
{
	const struct cxx_file *cxx = &s->place->file->cxx;
	const struct cxx_function *found = NULL;
	unsigned i, named = 0, matches = 0;

	for (i = 0; i < cxx->functions_len; i++) {
		if (!ends_with_name(cxx->functions[i].name, s->name))
			continue;
		named++;
		if (!s->is_any && !same_params(s, cxx, &cxx->functions[i]))
			continue;
		matches++;
		found = &cxx->functions[i];
	}
	if (!named)
		return because(s, "%s has no function %s", s->place->file->path, s->name);
	if (!matches)
		return because(s, "%s has %s, but with other parameters than (%s", s->place->file->path, s->name,
			       strchr(s->place->source->function, '(') + 1);
	if (matches > 1)
		return because(s, "%s has %u functions %s that match", s->place->file->path, matches, s->name);
	if (!s->is_any)
		same_params(s, cxx, found); /* for the names */
	s->place->function = found;
	return NULL;
}

static const char *read_signature(struct spot *s)
{
	const char *text = s->place->source->function, *paren = strchr(text, '(');
	struct buf why = {0};
	uint32_t i, depth = 0;

	if (!paren || cxx_tokens(s->w->arena, text, strlen(text), &s->signature, &why))
		return because(s, "the catalogue's text of the function makes no sense: %s", text);
	s->name = arena_strndup(s->w->arena, text, (size_t)(paren - text));
	s->is_any = !strcmp(paren, "(...)");
	for (i = 0; i < s->signature.tokens_len && !cxx_is(&s->signature, i, "("); i++)
		;
	s->signature_open = i;
	for (; i < s->signature.tokens_len; i++) { /* nothing has matched its brackets: it is no file */
		depth += cxx_is(&s->signature, i, "(");
		depth -= depth && cxx_is(&s->signature, i, ")");
		if (!depth)
			break;
	}
	if (i + 1 != s->signature.tokens_len)
		return because(s, "the catalogue's text of the function makes no sense: %s", text);
	s->signature.tokens[s->signature_open].match = i;
	return NULL;
}

/* ---- text around a call ---- */

static size_t line_start(const char *text, size_t at)
{
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static bool is_blank(const char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!isblank((unsigned char)text[from]))
			return false;
	return true;
}

/* The blanks that the line of `at` begins with. */
static const char *indent_at(struct arena *arena, const char *text, size_t at)
{
	size_t from = line_start(text, at), to = from;

	while (isblank((unsigned char)text[to]))
		to++;
	return arena_strndup(arena, text + from, to - from);
}

/*
 * A header that the file does not include by itself is there with markers only, and with it the calls that need it: it
 * would bring code along.
 */
static bool needs_header(const struct spot *s)
{
	const struct cat_source *source = s->place->source;
	unsigned i;

	for (i = 0; i < source->includes_len; i++)
		if (!weave_includes(s->w, s->place->file, source->includes[i]))
			return true;
	return false;
}

static const char *call_text(struct spot *s, const char *indent)
{
	bool is_switched = needs_header(s);
	struct buf out = {0};
	const char *text;

	buf_puts(&out, is_switched ? "#if CEPH_MARKERS\n" : "");
	weave_add_call(s->w->arena, &s->call, indent, &out);
	buf_puts(&out, is_switched ? "#endif\n" : "");
	text = arena_strdup(s->w->arena, out.data);
	buf_free(&out);
	return text;
}

static void add_edit(struct spot *s, size_t at, size_t cut, const char *text)
{
	edits_add(s->w->arena, &s->place->file->edits, at, cut, text);
}

/* In front of a token: on lines of its own. */
static void add_before(struct spot *s, uint32_t token)
{
	const char *base = s->place->file->base;
	size_t at = s->place->file->cxx.tokens[token].at, start = line_start(base, at);
	const char *indent = indent_at(s->w->arena, base, at);

	if (is_blank(base, start, at))
		add_edit(s, start, 0, call_text(s, indent));
	else
		add_edit(s, at, 0,
			 arena_printf(s->w->arena, "\n%s%s", call_text(s, arena_printf(s->w->arena, "%s  ", indent)),
				      indent));
}

/* Behind a token. */
static void add_after(struct spot *s, uint32_t token, const char *indent)
{
	const struct weave_file *file = s->place->file;
	size_t at = file->cxx.tokens[token].at + file->cxx.tokens[token].size, end = at;

	while (isblank((unsigned char)file->base[end]))
		end++;
	if (file->base[end] == '/' && file->base[end + 1] == '/')
		end += strcspn(file->base + end, "\n");
	if (file->base[end] == '\n')
		add_edit(s, end + 1, 0, call_text(s, indent));
	else
		add_edit(s, at, 0, arena_printf(s->w->arena, "\n%s%s", call_text(s, indent), indent));
}

/* The indent of what stands in a body. */
static const char *body_indent(struct spot *s, uint32_t brace)
{
	const struct cxx_file *cxx = &s->place->file->cxx;
	const char *base = s->place->file->base;
	size_t first = cxx->tokens[brace + 1].at;

	if (brace + 1 != cxx->tokens[brace].match && is_blank(base, line_start(base, first), first))
		return indent_at(s->w->arena, base, first);
	return arena_printf(s->w->arena, "%s  ", indent_at(s->w->arena, base, cxx->tokens[brace].at));
}

/* ---- places in a function ---- */

static const char *place_at_entry(struct spot *s)
{
	add_after(s, s->place->function->body, body_indent(s, s->place->function->body));
	s->place->line = line_of(s->place->file, s->place->function->body);
	s->place->count = 1;
	return NULL;
}

/* Is what is returned free to be named twice: a name, a number, one of them with a sign? */
static bool is_plain(const struct cxx_file *cxx, const struct cxx_return *statement)
{
	uint32_t n = statement->end - statement->at - 1, last = statement->end - 1;

	if (n == 2 && cxx_is(cxx, last - 1, "-"))
		n = 1;
	return n <= 1 && (!n || cxx->tokens[last].kind == CXX_NAME || cxx->tokens[last].kind == CXX_NUMBER);
}

static const char *value_text(struct arena *arena, const struct cxx_file *cxx, const struct cxx_return *statement)
{
	const struct cxx_token *last = &cxx->tokens[statement->end - 1];
	size_t from = cxx->tokens[statement->at + 1].at;

	if (statement->end == statement->at + 1)
		return NULL;
	return arena_strndup(arena, cxx->text + from, last->at + last->size - from);
}

/* The statement in the file's list: several markers may want the same one. */
static struct weave_return *return_of(struct spot *s, const struct cxx_return *statement)
{
	struct weave_file *file = s->place->file;
	struct weave_return *entry;
	unsigned i;

	for (i = 0; i < file->returns_len; i++)
		if (file->returns[i].statement.at == statement->at)
			return &file->returns[i];
	entry = arena_push(s->w->arena, file->returns, file->returns_len);
	entry->statement = *statement;
	entry->is_plain = is_plain(&file->cxx, statement);
	entry->is_embraced = !cxx_begins_statement(&file->cxx, statement->at);
	entry->calls = "";
	return entry;
}

static bool begins_line(const struct cxx_file *cxx, size_t at)
{
	return is_blank(cxx->text, line_start(cxx->text, at), at);
}

/* How far calls before a return are indented: as it is, or more than the `if` or `case` before it. */
static const char *return_indent(struct arena *arena, const struct cxx_file *cxx, const struct weave_return *entry)
{
	size_t at = cxx->tokens[entry->statement.at].at;

	if (entry->is_embraced) /* the ( of an `if`, or an `else` */
		at = cxx->tokens[cxx->tokens[entry->statement.at - 1].match].at;
	else if (begins_line(cxx, at))
		return indent_at(arena, cxx->text, at);
	return arena_printf(arena, "%s  ", indent_at(arena, cxx->text, at));
}

static void place_at_return(struct spot *s, const struct cxx_return *statement)
{
	const struct cxx_file *cxx = &s->place->file->cxx;
	struct weave_return *entry = return_of(s, statement);
	const char *indent = return_indent(s->w->arena, cxx, entry);

	if (!entry->is_plain)
		indent = arena_printf(s->w->arena, "%s  ", indent);
	s->call.value = entry->is_plain ? value_text(s->w->arena, cxx, statement) : "woven_ret";
	entry->calls = arena_printf(s->w->arena, "%s%s", entry->calls, call_text(s, indent));
}

/*
 * `return f();` has the value in a variable where a marker takes it, and stays as it is for who builds without markers:
 * a variable alone changes how gcc lays out the code.
 */
static const char *return_calls(struct weave *w, const struct cxx_file *cxx, const struct weave_return *entry,
				const char *indent)
{
	if (entry->is_plain)
		return entry->calls;
	return arena_printf(w->arena, "%sif (CEPH_MARKERS) {\n%s  auto woven_ret = %s;\n%s%s  return woven_ret;\n%s}\n",
			    indent, indent, value_text(w->arena, cxx, &entry->statement), entry->calls, indent, indent);
}

/* The edits of a return statement, when all its calls are known. */
static void edit_return(struct weave *w, struct weave_file *file, const struct weave_return *entry)
{
	const struct cxx_file *cxx = &file->cxx;
	const struct cxx_token *before = &cxx->tokens[entry->statement.at - 1];
	size_t at = cxx->tokens[entry->statement.at].at, end = cxx->tokens[entry->statement.end].at + 1,
	       behind = before->at + before->size;
	const char *indent = return_indent(w->arena, cxx, entry), *calls = return_calls(w, cxx, entry, indent);
	bool is_alone = begins_line(cxx, at);

	if (!entry->is_embraced) {
		edits_add(w->arena, &file->edits, is_alone ? line_start(cxx->text, at) : at, 0,
			  is_alone ? calls : arena_printf(w->arena, "\n%s%s", calls, indent));
		return;
	}
	if (strspn(cxx->text + behind, " \t\r\n") >= at - behind) {
		edits_add(w->arena, &file->edits, behind, at - behind,
			  arena_printf(w->arena, " {\n%s%s", calls, indent));
	} else { /* a comment stands between */
		edits_add(w->arena, &file->edits, behind, 0, " {");
		edits_add(w->arena, &file->edits, is_alone ? line_start(cxx->text, at) : at, 0,
			  is_alone ? calls : arena_printf(w->arena, "\n%s%s", calls, indent));
	}
	edits_add(w->arena, &file->edits, end, 0, arena_printf(w->arena, "\n%.*s}", (int)strlen(indent) - 2, indent));
}

/* Does control reach the } at the end of the body? Not behind a last `return;`. */
static bool falls_off(const struct cxx_file *cxx, const struct cxx_function *function, const struct cxx_return *returns,
		      unsigned returns_len)
{
	if (!function->is_void)
		return false;
	return !returns_len || returns[returns_len - 1].end + 1 != cxx->tokens[function->body].match ||
	       !cxx_begins_statement(cxx, returns[returns_len - 1].at);
}

static const char *place_at_returns(struct spot *s)
{
	const struct cxx_file *cxx = &s->place->file->cxx;
	const struct cxx_function *function = s->place->function;
	uint32_t end = cxx->tokens[function->body].match;
	struct cxx_return *returns;
	unsigned n, i;
	size_t at;

	cxx_returns(s->w->arena, cxx, function, &returns, &n);
	for (i = 0; i < n; i++)
		place_at_return(s, &returns[i]);
	if (falls_off(cxx, function, returns, n)) {
		at = cxx->tokens[end].at;
		s->call.value = NULL;
		if (begins_line(cxx, at))
			add_edit(s, line_start(cxx->text, at), 0, call_text(s, body_indent(s, function->body)));
		else
			add_before(s, end);
		n++;
	}
	if (!n)
		return because(s, "%s in %s never returns", s->name, s->place->file->path);
	s->place->line = line_of(s->place->file, function->body);
	s->place->count = n;
	return NULL;
}

/* The tokens of a statement in a function's body: *first is where they begin, *last where they end. */
static unsigned find_tokens(const struct cxx_file *cxx, const struct cxx_function *function,
			    const struct cxx_file *wanted, uint32_t *first, uint32_t *last)
{
	uint32_t i, j, end = cxx->tokens[function->body].match;
	unsigned found = 0;

	for (i = function->body + 1; wanted->tokens_len && i + wanted->tokens_len <= end; i++) {
		for (j = 0; j < wanted->tokens_len && cxx_same(cxx, i + j, wanted, j); j++)
			;
		if (j < wanted->tokens_len)
			continue;
		found++;
		*first = i;
		*last = i + j - 1;
	}
	return found;
}

static const char *place_at_statement(struct spot *s)
{
	const struct cxx_file *cxx = &s->place->file->cxx;
	const char *text = s->place->source->statement;
	struct cxx_file wanted;
	uint32_t first = 0, last = 0;
	struct buf why = {0};
	unsigned n;

	if (cxx_tokens(s->w->arena, text, strlen(text), &wanted, &why))
		return because(s, "the catalogue's text of the statement makes no sense: %s", text);
	n = find_tokens(cxx, s->place->function, &wanted, &first, &last);
	if (n != 1)
		return because(s, n ? "%s in %s has `%s` more than once" : "%s in %s has no `%s`", s->name,
			       s->place->file->path, text);
	s->place->line = line_of(s->place->file, first);
	s->place->count = 1;
	if (s->place->source->where == CAT_BEFORE) {
		if (!cxx_begins_statement(cxx, first))
			return because(s, "`%s` in %s in %s is not a statement between braces", text, s->name,
				       s->place->file->path);
		add_before(s, first);
		return NULL;
	}
	if (!cxx_is(cxx, last, ";") && !cxx_is(cxx, last, "{") && !cxx_is(cxx, last, "}"))
		return because(s, "`%s` does not end a statement: nothing can be put after it", text);
	add_after(s, last,
		  cxx_is(cxx, last, "{") ? body_indent(s, last)
					 : indent_at(s->w->arena, cxx->text, cxx->tokens[first].at));
	return NULL;
}

static const char *find_place(struct spot *s)
{
	struct weave_file *file = weave_file(s->w, arena_printf(s->w->arena, "src/%s", s->place->source->file));
	struct buf why = {0};

	s->place->file = file;
	if (!file->base)
		return because(s, "there is no file %s", file->path);
	if (!file->is_parsed) {
		file->is_parsed = true;
		if (cxx_parse(s->w->arena, file->base, file->base_size, &file->cxx, &why))
			file->why = arena_printf(s->w->arena, "%s cannot be understood: %s", file->path, why.data);
		buf_free(&why);
	}
	if (file->why)
		return s->place->why = file->why;
	if (read_signature(s) || find_function(s))
		return s->place->why;
	switch (s->place->source->where) {
	case CAT_ENTRY:
		return place_at_entry(s);
	case CAT_RETURN:
		return place_at_returns(s);
	default:
		return place_at_statement(s);
	}
}

/* ---- all of them ---- */

/* Sources of just this release come before those of any. */
static bool is_wanted(const struct weave *w, const struct cat_marker *marker, const struct cat_source *source)
{
	unsigned i;

	if (!cat_release_matches(source->release, w->release))
		return false;
	if (strcmp(source->release, "any") != 0)
		return true;
	for (i = 0; i < marker->sources_len; i++)
		if (strcmp(marker->sources[i].release, "any") != 0 &&
		    cat_release_matches(marker->sources[i].release, w->release))
			return false;
	return true;
}

static void add_place(struct weave *w, const struct cat_marker *marker, const struct cat_source *source)
{
	struct weave_place *place = arena_push(w->arena, w->places, w->places_len);
	struct spot s = {.w = w, .place = place, .call = {.marker = marker, .source = source}};

	*place = (struct weave_place){.marker = marker, .source = source};
	if (source)
		find_place(&s);
	else
		place->why = arena_printf(w->arena,
					  "the catalogue knows no place of this marker in the source of release %s",
					  w->release);
}

void weave_find_places(struct weave *w, const struct catalogue *cat)
{
	unsigned i, j, before;

	for (i = 0; i < cat->markers_len; i++) {
		const struct cat_marker *marker = &cat->markers[i];
		bool is_missing = false;

		before = w->places_len;
		for (j = 0; j < marker->sources_len; j++)
			if (is_wanted(w, marker, &marker->sources[j]))
				add_place(w, marker, &marker->sources[j]);
		if (w->places_len == before)
			add_place(w, marker, NULL);
		for (j = before; j < w->places_len; j++)
			is_missing |= w->places[j].why != NULL;
		w->missing += is_missing;
	}
	for (i = 0; i < w->files_len; i++)
		for (j = 0; j < w->files[i]->returns_len; j++)
			edit_return(w, w->files[i], &w->files[i]->returns[j]);
}
