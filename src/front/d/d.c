/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* D as a front: the parser (ast/), the checker (check/) and lowering to the plan, one after the other. */
#include "front/d/lower.h"
#include "front/front.h"

struct d_script {
	struct arena *arena;
	struct script tree;
	struct checked *checked;
};

static void *begin(struct arena *arena)
{
	struct d_script *script = arena_new_one(arena, struct d_script);

	script->arena = arena;
	return script;
}

static bool parse(void *data, const struct source *source, const struct macros *macros, struct diags *diags)
{
	struct d_script *script = data;

	return ast_parse(script->arena, source, macros, diags, &script->tree);
}

static unsigned clauses_len(const void *data)
{
	return ((const struct d_script *)data)->tree.clauses_len;
}

static bool set_options(void *data, struct options *options, struct diags *diags)
{
	return check_pragmas(&((struct d_script *)data)->tree, options, diags);
}

static const struct plan *check(void *data, struct probe_source *probes, const struct options *options,
				struct diags *diags)
{
	struct d_script *script = data;

	script->checked = check_script(script->arena, &script->tree, probes, options, diags);
	return script->checked ? lower_script(script->arena, script->checked) : NULL;
}

static void dump_tree(const void *data, struct buf *out)
{
	ast_dump(&((const struct d_script *)data)->tree, out);
}

static void dump_checked(const void *data, struct buf *out)
{
	check_dump(((const struct d_script *)data)->checked, out);
}

const struct front_ops front_d = {
	.name = "d",
	.suffix = ".d",
	.doc = "DTrace's D",
	.begin = begin,
	.parse = parse,
	.clauses_len = clauses_len,
	.set_options = set_options,
	.check = check,
	.parse_desc = ast_parse_desc,
	.dump_tokens = ast_dump_tokens,
	.dump_tree = dump_tree,
	.dump_checked = dump_checked,
};
