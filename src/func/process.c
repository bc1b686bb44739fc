/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Built-in variables: the thread and the process that hit the probe. */
#include <string.h>

#include "code/gen.h"
#include "func/tables.h"

enum { COMM_SIZE = 16 };

static void gen_pid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_pid(gen);
}

static void gen_tid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_tid(gen);
}

static void gen_ppid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	emit_task_member(gen, "real_parent", "task_struct", "tgid", 4, node->loc);
	emit_extend(gen, R0, 4, true);
}

static void gen_cred(struct gen *gen, const struct expr *node, const char *member, bool high)
{
	if (gen_is_of_other(gen)) {
		emit_task_member(gen, "real_cred", "cred", member, 4, node->loc);
	} else {
		emit_call(gen, HELPER_UID_GID);
		emit_half(gen, high, false);
	}
}

static void gen_uid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	gen_cred(gen, node, "uid", false);
}

static void gen_gid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	gen_cred(gen, node, "gid", true);
}

static void gen_curthread(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_task(gen);
}

static void gen_cpu(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_call(gen, HELPER_CPU);
}

static void gen_execname(struct gen *gen, const struct expr *node, struct value *result)
{
	bool fits = result->place.room >= COMM_SIZE; /* not with a strsize below it */
	uint32_t mark = gen->scratch_now;
	struct place to = fits ? result->place : place_scratch(gen, COMM_SIZE);

	if (gen_is_of_other(gen)) {
		emit_task(gen);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", "comm", node->loc)));
		emit_read_string(gen, result->place, COMM_SIZE, false, node->loc);
		return;
	}
	emit_place_zero(gen, to);
	emit_place_address(gen, R1, to);
	emit(gen, INSN_MOV_IMM(R2, COMM_SIZE));
	emit_call(gen, HELPER_COMM);
	if (!fits)
		emit_place_copy(gen, result->place, to);
	scratch_release(gen, mark);
}

/* --- Names of daemons --- */

/* R0 = the name in the map of this process; 0: it has none. */
static void emit_find_daemon(struct gen *gen)
{
	struct slot key = slot_new(gen);

	emit_visible_pid(gen);
	slot_store(gen, key, R0);
	emit_map(gen, R1, layout_daemons_map(gen->arena, gen->image));
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	slot_release(gen, key);
}

static void gen_daemon(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	emit_find_daemon(gen);
	emit_copy_value(gen, result->place, DAEMON_NAME_SIZE);
}

/* To `same` unless the name that begins with the eight bytes in R2 could be a daemon's: "osd.", "client." and so on. */
static void emit_unless_daemons(struct gen *gen, struct label *same)
{
	static const char types[][5] = {"osd.", "mon.", "mgr.", "mds."};
	struct label like = {0};
	int64_t client = 0;
	int32_t type;

	emit(gen, INSN_MOV32_REG(R3, R2));
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memcpy(&type, types[i], sizeof(type));
		emit_jump_imm(gen, BPF_JEQ, R3, type, &like);
	}
	memcpy((char *)&client + 1, "client.", 7);
	emit(gen, INSN_MOV_REG(R3, R2));
	emit(gen, INSN_ALU_IMM(BPF_LSH, R3, 8));
	emit_imm64(gen, R4, client);
	emit_jump_reg(gen, BPF_JNE, R3, R4, same);
	label_bind(gen, &like);
}

/* The last byte of a word becomes the NUL that ends the text: with a strsize of 8 or 16 there is no room for one more.
 */
static void emit_cut_last(struct gen *gen, int reg, bool is_last)
{
	if (!is_last)
		return;
	emit(gen, INSN_ALU_IMM(BPF_LSH, reg, 8));
	emit(gen, INSN_ALU_IMM(BPF_RSH, reg, 8));
}

/* Everybody may call a command osd.3: then a ~ goes before its name. It has at most 15 bytes, two words with the final
 * NUL. */
static void emit_mark_name(struct gen *gen, struct place name)
{
	struct label same = {0};

	emit_place_address(gen, R1, name);
	emit(gen, INSN_LOAD(BPF_DW, R2, R1, 0));
	emit_unless_daemons(gen, &same);
	if (name.room >= 2 * sizeof(uint64_t)) {
		emit(gen, INSN_LOAD(BPF_DW, R3, R1, 8));
		emit(gen, INSN_ALU_IMM(BPF_LSH, R3, 8));
		emit(gen, INSN_MOV_REG(R4, R2));
		emit(gen, INSN_ALU_IMM(BPF_RSH, R4, 56));
		emit(gen, INSN_ALU_REG(BPF_OR, R3, R4));
		emit_cut_last(gen, R3, name.room == 2 * sizeof(uint64_t));
		emit(gen, INSN_STORE(BPF_DW, R1, 8, R3));
	}
	emit(gen, INSN_ALU_IMM(BPF_LSH, R2, 8));
	emit(gen, INSN_ALU_IMM(BPF_OR, R2, '~'));
	emit_cut_last(gen, R2, name.room == sizeof(uint64_t));
	emit(gen, INSN_STORE(BPF_DW, R1, 0, R2));
	label_bind(gen, &same);
}

static void gen_procname(struct gen *gen, const struct expr *node, struct value *result)
{
	struct label none = {0}, end = {0};

	emit_find_daemon(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit_copy_value(gen, result->place, DAEMON_NAME_SIZE);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_task(gen);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", "group_leader", node->loc)));
	emit_deref(gen, 8, false, false, node->loc);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, gen_task_offset(gen, "task_struct", "comm", node->loc)));
	emit_read_string(gen, result->place, COMM_SIZE, false, node->loc);
	emit_mark_name(gen, result->place);
	label_bind(gen, &end);
}

const struct builtin builtins_process[] = {
	{
		.name = "pid",
		.type = PROTO_PID,
		.doc = "the process that hit the probe",
		.example = {"BEGIN { trace(pid == $pid); exit(0); }", "1"},
		.gen = gen_pid,
	},
	{
		.name = "tid",
		.type = PROTO_PID,
		.doc = "the thread that hit the probe",
		.example = {"BEGIN { trace(tid == $pid); exit(0); }", "1"},
		.gen = gen_tid,
	},
	{
		.name = "ppid",
		.type = PROTO_PID,
		.doc = "the parent of that process",
		.example = {"BEGIN { trace(ppid == $ppid); exit(0); }", "1"},
		.gen = gen_ppid,
	},
	{
		.name = "uid",
		.type = PROTO_UID,
		.doc = "its real user id",
		.example = {"BEGIN { trace(uid == $uid); exit(0); }", "1"},
		.gen = gen_uid,
	},
	{
		.name = "gid",
		.type = PROTO_GID,
		.doc = "its real group id",
		.example = {"BEGIN { trace(gid == $gid); exit(0); }", "1"},
		.gen = gen_gid,
	},
	{
		.name = "curthread",
		.type = PROTO_TASK,
		.doc = "the kernel's description of that thread",
		.example = {"BEGIN { trace(curthread->pid == tid); exit(0); }", "1"},
		.gen = gen_curthread,
	},
	{
		.name = "cpu",
		.type = PROTO_PROCESSOR,
		.doc = "the processor that the probe was hit on",
		.example = {"BEGIN { trace(cpu); exit(0); }", NULL},
		.gen = gen_cpu,
	},
	{
		.name = "execname",
		.type = PROTO_STRING,
		.string_size = COMM_SIZE,
		.doc = "the name of the thread's command",
		.example = {"BEGIN { trace(execname); exit(0); }", "cephtap"},
		.gen = gen_execname,
	},
	{
		.name = "daemon",
		.type = PROTO_STRING,
		.string_size = 32,
		.doc = "the Ceph daemon that hit the probe: osd.3, mon.a, client.admin; empty for other processes",
		.example = {"BEGIN { printf(\"[%s]\\n\", daemon); exit(0); }", "[]\n"},
		.gen = gen_daemon,
	},
	{
		.name = "procname",
		.type = PROTO_STRING,
		.string_size = 32,
		.doc = "the process by name: the Ceph daemon, or otherwise its command, which has a ~ before it when "
		       "it is "
		       "called as daemons are",
		.example = {"BEGIN { trace(procname); exit(0); }", "cephtap"},
		.gen = gen_procname,
	},
	{0},
};
