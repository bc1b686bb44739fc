/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built-in variables: the probe that fired. */
#include <stddef.h>
#include <string.h>

#include "ebpf/gen.h"
#include "func/tables.h"

/* R0 = address of this probe's names, or 0. */
static void emit_names(struct gen *gen)
{
	struct slot key = slot_new(gen);

	gen_probe_index(gen, R1);
	slot_store(gen, key, R1);
	emit_map(gen, R1, layout_probes_map(gen->arena, gen->image));
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	slot_release(gen, key);
}

static void gen_probestr(struct gen *gen, struct node *node, struct value *result)
{
	static const struct {
		const char *name;
		size_t offset, size;
	} fields[] = {
		{"probeprov", offsetof(struct probe_names, prov), sizeof(((struct probe_names *)0)->prov)},
		{"probemod", offsetof(struct probe_names, mod), sizeof(((struct probe_names *)0)->mod)},
		{"probefunc", offsetof(struct probe_names, func), sizeof(((struct probe_names *)0)->func)},
		{"probename", offsetof(struct probe_names, name), sizeof(((struct probe_names *)0)->name)},
	};
	struct label none = {0};
	unsigned i = 0;

	while (i < 3 && strcmp(fields[i].name, node->name))
		i++;
	emit_names(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	if (fields[i].offset)
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)fields[i].offset));
	label_bind(gen, &none);
	emit_copy_value(gen, result->place, (uint32_t)fields[i].size);
}

static void gen_id(struct gen *gen, struct node *node, struct value *result)
{
	struct label none = {0};

	(void)node;
	(void)result;
	emit_names(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit(gen, INSN_LOAD(BPF_DW, R0, R0, offsetof(struct probe_names, id)));
	label_bind(gen, &none);
}

static void gen_epid(struct gen *gen, struct node *node, struct value *result)
{
	(void)node;
	(void)result;
	gen_epid_into(gen, R0);
}

const struct builtin builtins_probe[] = {
	{
		.name = "probeprov",
		.type = PROTO_STRING,
		.string_size = 64,
		.doc = "the probe's provider",
		.example = {"BEGIN { trace(probeprov); exit(0); }", "dtrace"},
		.gen = gen_probestr,
	},
	{
		.name = "probemod",
		.type = PROTO_STRING,
		.string_size = 128,
		.doc = "the probe's module",
		.example = {"BEGIN { printf(\"[%s]\\n\", probemod); exit(0); }", "[]\n"},
		.gen = gen_probestr,
	},
	{
		.name = "probefunc",
		.type = PROTO_STRING,
		.string_size = 128,
		.doc = "the probe's function",
		.example = {"BEGIN { printf(\"[%s]\\n\", probefunc); exit(0); }", "[]\n"},
		.gen = gen_probestr,
	},
	{
		.name = "probename",
		.type = PROTO_STRING,
		.string_size = 128,
		.doc = "the probe's name",
		.example = {"BEGIN { trace(probename); exit(0); }", "BEGIN"},
		.gen = gen_probestr,
	},
	{
		.name = "epid",
		.type = PROTO_UINT32,
		.doc = "the clause and probe together, as a number",
		.example = {"BEGIN { first = epid; } BEGIN { trace(epid != first); exit(0); }", "1"},
		.gen = gen_epid,
	},
	{
		.name = "id",
		.type = PROTO_UINT32,
		.doc = "the probe's number, as `cephtap list` shows it",
		.example = {"BEGIN { trace(id); exit(0); }", "1"},
		.gen = gen_id,
	},
	{0},
};
