/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The code of functions and built-in variables. */
#include "func/gen.h"

#include <stddef.h>
#include <string.h>

#include "code/gen.h"

enum { COPYIN_MAX = 4096 /* bytes, when the size is not a constant */ };

/* --- Memory of the traced process --- */

void gen_copyin(struct gen *gen, const struct expr *call, struct value *result)
{
	const struct expr *size = call->args[1];
	uint32_t room = size->kind == EXPR_CONST && size->value <= COPYIN_MAX ? (uint32_t)size->value : COPYIN_MAX;
	struct place place = place_scratch(gen, room ? room : 1);
	struct label fits = {0};
	struct slot bytes;

	(void)result;
	gen->keeps_scratch = true; /* the pointer may be kept in a variable */
	gen_scalar(gen, call->args[1]);
	bytes = slot_new(gen);
	slot_store(gen, bytes, R0);
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)room, &fits);
	emit_fault(gen, FAULT_SCRATCH, -1, call->loc);
	label_bind(gen, &fits);
	gen_scalar(gen, call->args[0]);
	emit_read_bytes(gen, place, bytes, room, call->loc);
	slot_release(gen, bytes);
	emit_place_address(gen, R0, place);
	emit_launder(gen);
}

void gen_copyinstr(struct gen *gen, const struct expr *call, struct value *result)
{
	struct place to = result->place;
	struct label fits = {0};
	struct slot limit;

	if (call->args_len < 2) {
		gen_scalar(gen, call->args[0]);
		emit_read_string(gen, to, to.room, true, call->loc);
		return;
	}
	gen_scalar(gen, call->args[1]);
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)to.room - 1, &fits);
	emit(gen, INSN_MOV_IMM(R0, to.room - 1));
	label_bind(gen, &fits);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, 1)); /* the final NUL */
	limit = slot_new(gen);
	slot_store(gen, limit, R0);
	gen_scalar(gen, call->args[0]);
	emit_read_text(gen, to, limit, call->loc);
	slot_release(gen, limit);
}

/* --- Strings --- */

/* R0 = number of bytes of the text before its NUL, by a copy: the helper that copies text knows where it ends. */
static void emit_length(struct gen *gen, struct place text)
{
	struct place copy = place_scratch(gen, text.room);
	struct label good = {0};

	emit_place_address(gen, R1, copy);
	emit_place_address(gen, R3, text);
	emit(gen, INSN_MOV_IMM(R2, text.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit_jump_imm(gen, BPF_JSGT, R0, 0, &good);
	emit(gen, INSN_MOV_IMM(R0, 1));
	label_bind(gen, &good);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
}

void gen_strlen(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;

	(void)result;
	emit_length(gen, gen_string_anywhere(gen, call->args[0]));
	scratch_release(gen, mark);
}

void gen_strjoin(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct place first = gen_string_anywhere(gen, call->args[0]);
	struct place second = gen_string_anywhere(gen, call->args[1]);
	uint32_t room = first.room + second.room;
	struct place joined = place_scratch(gen, room);
	struct label fits = {0};

	emit_place_zero(gen, joined);
	emit_place_address(gen, R1, joined);
	emit_place_address(gen, R3, first);
	emit(gen, INSN_MOV_IMM(R2, first.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit(gen, INSN_ALU_IMM(BPF_SUB, R0, 1));
	emit_jump_imm(gen, BPF_JLE, R0, (int32_t)first.room - 1, &fits);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &fits);
	emit_place_address(gen, R1, joined);
	emit(gen, INSN_ALU_REG(BPF_ADD, R1, R0));
	emit_place_address(gen, R3, second);
	emit(gen, INSN_MOV_IMM(R2, second.room));
	emit_call(gen, HELPER_READ_KERNEL_STR);
	emit_place_copy(gen, result->place, joined);
	scratch_release(gen, mark);
}

/* R0 = R0 brought into 0 .. what the slot holds. */
static void emit_clamp(struct gen *gen, struct slot high)
{
	struct label low = {0}, end = {0};

	slot_load(gen, R1, high);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &low);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &low);
	emit_jump_reg(gen, BPF_JSLE, R0, R1, &end);
	emit(gen, INSN_MOV_REG(R0, R1));
	label_bind(gen, &end);
}

/*
 * As DTrace documents it, after Perl: a negative index counts from the end; one that lies before the start takes away from the
 * length; a negative length leaves that many bytes off at the end.
 */
static void emit_substr_count(struct gen *gen, const struct expr *call, struct slot cut, struct slot left)
{
	struct label negative = {0}, inside = {0}, end = {0};

	if (call->args_len < 3) {
		slot_load(gen, R0, left);
		return;
	}
	gen_scalar(gen, call->args[2]);
	slot_load(gen, R1, cut);
	emit_jump_imm(gen, BPF_JSLT, R0, 0, &negative);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	emit_jump(gen, &end);
	label_bind(gen, &negative);
	emit_jump_imm(gen, BPF_JEQ, R1, 0, &inside);
	emit(gen, INSN_MOV_IMM(R0, 0));
	emit_jump(gen, &end);
	label_bind(gen, &inside);
	slot_load(gen, R1, left);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	label_bind(gen, &end);
}

/* R0 = the index from the start, still unclamped; `cut` gets how far it lies before the start: 0 or a negative number. */
static void emit_substr_start(struct gen *gen, const struct expr *call, struct slot length, struct slot cut)
{
	struct label positive = {0}, inside = {0};

	gen_scalar(gen, call->args[1]);
	emit_jump_imm(gen, BPF_JSGE, R0, 0, &positive);
	slot_load(gen, R1, length);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	label_bind(gen, &positive);
	emit(gen, INSN_MOV_REG(R1, R0));
	emit_jump_imm(gen, BPF_JSLT, R1, 0, &inside);
	emit(gen, INSN_MOV_IMM(R1, 0));
	label_bind(gen, &inside);
	slot_store(gen, cut, R1);
}

void gen_substr(struct gen *gen, const struct expr *call, struct value *result)
{
	uint32_t mark = gen->scratch_now;
	struct place text = gen_string_anywhere(gen, call->args[0]), to = result->place;
	struct slot length = slot_new(gen), start = slot_new(gen), left = slot_new(gen), cut = slot_new(gen);
	struct label bound = {0};

	emit_length(gen, text);
	slot_store(gen, length, R0);
	emit_substr_start(gen, call, length, cut);
	emit_clamp(gen, length);
	slot_store(gen, start, R0);
	slot_load(gen, R1, length);
	emit(gen, INSN_ALU_REG(BPF_SUB, R1, R0));
	slot_store(gen, left, R1);
	emit_substr_count(gen, call, cut, left);
	emit_clamp(gen, left);
	slot_store(gen, left, R0);
	emit_place_address(gen, R0, text);
	emit_launder(gen);
	slot_load(gen, R1, start);
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
	slot_store(gen, start, R0);
	emit_place_zero(gen, to);
	slot_load(gen, R3, start);
	slot_load(gen, R2, left);
	emit_place_address(gen, R1, to);
	emit_jump_imm(gen, BPF_JLE, R2, (int32_t)to.room - 1, &bound);
	emit(gen, INSN_MOV_IMM(R2, to.room - 1));
	label_bind(gen, &bound);
	emit_call(gen, HELPER_READ_KERNEL);
	slot_release(gen, cut);
	slot_release(gen, left);
	slot_release(gen, start);
	slot_release(gen, length);
	scratch_release(gen, mark);
}

/* --- Built-in variables --- */

static int task_offset(struct gen *gen, const char *structure, const char *member, struct loc loc)
{
	int offset = gen->kernel->offset(structure, member);

	if (offset >= 0)
		return offset;
	diag_error(gen->diags, loc, NULL, "%s::%s is not known: this kernel does not describe its types (no BTF)",
		   structure, member);
	return 0;
}

/* Whom the probe is about, where that is not the current thread: its task_struct is known. */
static bool is_of_other(const struct gen *gen)
{
	return gen->site && gen->site->task.n;
}

/* R0 = address of the task_struct. */
static void emit_task(struct gen *gen)
{
	if (is_of_other(gen))
		gen_argloc(gen, &gen->site->task, (struct loc){0});
	else
		emit_call(gen, HELPER_TASK);
}

/* R0 = `size` bytes at a member of it, which is a structure's address where `then` is not NULL: a member of that. */
static void emit_task_member(struct gen *gen, const char *member, const char *of, const char *then, uint32_t size,
			     struct loc loc)
{
	emit_task(gen);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, "task_struct", member, loc)));
	if (then) {
		emit_deref(gen, 8, false, false, loc);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, of, then, loc)));
	}
	emit_deref(gen, size, false, false, loc);
}

/*
 * R0 = process and thread, by the numbers that they have where we run: in a container, those of its own namespace, as in -p
 * and $target. Who is not of that namespace has the host's numbers.
 */
static void gen_pid_tgid(struct gen *gen)
{
	struct label elsewhere = {0}, end = {0};
	struct slot both;

	if (is_of_other(gen)) { /* pid and tgid lie side by side */
		emit_task_member(gen, "pid", NULL, NULL, 8, (struct loc){0});
		return;
	}
	if (!gen->kernel->pid_ns_ino) {
		emit_call(gen, HELPER_PID_TGID);
		return;
	}
	both = slot_new(gen);
	emit_imm64(gen, R1, (int64_t)gen->kernel->pid_ns_dev);
	emit_imm64(gen, R2, (int64_t)gen->kernel->pid_ns_ino);
	slot_address(gen, R3, both);
	emit(gen, INSN_MOV_IMM(R4, 8)); /* struct bpf_pidns_info: the thread, then the process */
	emit_call(gen, HELPER_NS_PID_TGID);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &elsewhere);
	slot_load(gen, R0, both);
	emit_jump(gen, &end);
	label_bind(gen, &elsewhere);
	emit_call(gen, HELPER_PID_TGID);
	label_bind(gen, &end);
	slot_release(gen, both);
}

void gen_task_pid(struct gen *gen, const struct argloc *task)
{
	gen_argloc(gen, task, (struct loc){0});
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, "task_struct", "tgid", (struct loc){0})));
	emit_deref(gen, 4, true, false, (struct loc){0});
}

void gen_thread_key(struct gen *gen)
{
	if (is_of_other(gen))
		emit_task_member(gen, "pid", NULL, NULL, 4, (struct loc){0});
	else
		emit_call(gen, HELPER_PID_TGID);
}

/* The half of a pair of 32-bit numbers in R0. */
static void emit_half(struct gen *gen, bool high, bool is_signed)
{
	if (high)
		emit(gen, INSN_ALU_IMM(BPF_RSH, R0, 32));
	emit_extend(gen, R0, 4, is_signed);
}

void gen_pid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	gen_pid_tgid(gen);
	emit_half(gen, true, true);
}

void gen_tid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	gen_pid_tgid(gen);
	emit_half(gen, false, true);
}

static void gen_cred(struct gen *gen, const struct expr *node, const char *member, bool high)
{
	if (is_of_other(gen)) {
		emit_task_member(gen, "real_cred", "cred", member, 4, node->loc);
	} else {
		emit_call(gen, HELPER_UID_GID);
		emit_half(gen, high, false);
	}
}

void gen_uid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	gen_cred(gen, node, "uid", false);
}

void gen_gid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	gen_cred(gen, node, "gid", true);
}

void gen_curthread(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_task(gen);
}

/* Tells frames of one thread apart, and which of them are gone: the stack grows down. */
void gen_usp(struct gen *gen, const struct expr *node, struct value *result)
{
	static const struct argloc stack_pointer = {.n = 1, .steps = {{.op = STEP_REG, .reg = ARGREG_RSP}}};

	(void)result;
	if (gen->ctx == CTX_UPROBE)
		gen_argloc(gen, &stack_pointer, node->loc);
	else
		emit(gen, INSN_MOV_IMM(R0, 0));
}

/* The error of the system call that returns: the kernel gives it as a negative result. */
void gen_errno(struct gen *gen, const struct expr *node, struct value *result)
{
	struct label fine = {0}, end = {0};

	(void)result;
	if (!gen->site || !gen->site->tracepoint || strcmp(gen->site->tracepoint, "sys_exit")) {
		diag_error(gen->diags, node->loc, NULL, "errno is known where a system call returns: syscall:::return");
		return;
	}
	gen_probe_arg(gen, 0, node->loc);
	emit(gen, INSN_NEG(R0));
	emit_jump_imm(gen, BPF_JGT, R0, 4095, &fine); /* unsigned: also where the result was positive */
	emit_jump(gen, &end);
	label_bind(gen, &fine);
	emit(gen, INSN_MOV_IMM(R0, 0));
	label_bind(gen, &end);
}

void gen_ppid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)result;
	emit_task_member(gen, "real_parent", "task_struct", "tgid", 4, node->loc);
	emit_extend(gen, R0, 4, true);
}

void gen_cpu(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	emit_call(gen, HELPER_CPU);
}

void gen_execname(struct gen *gen, const struct expr *node, struct value *result)
{
	enum { COMM_SIZE = 16 };
	bool fits = result->place.room >= COMM_SIZE; /* not with a strsize below it */
	uint32_t mark = gen->scratch_now;
	struct place to = fits ? result->place : place_scratch(gen, COMM_SIZE);

	if (is_of_other(gen)) {
		emit_task(gen);
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, "task_struct", "comm", node->loc)));
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

/* One reading for a whole firing of a probe, so that all its clauses see the same time. */
void gen_timestamp(struct gen *gen, const struct expr *node, struct value *result)
{
	struct label known = {0};

	(void)node;
	(void)result;
	gen->needs_time = true;
	slot_load(gen, R0, gen->time);
	emit_jump_imm(gen, BPF_JNE, R0, 0, &known);
	emit_call(gen, HELPER_TIME_NS);
	slot_store(gen, gen->time, R0);
	label_bind(gen, &known);
}

void gen_walltimestamp(struct gen *gen, const struct expr *node, struct value *result)
{
	gen_timestamp(gen, node, result);
	emit_map_value(gen, R1, gen->image->map_state, offsetof(struct image_state, wall_offset_ns));
	emit(gen, INSN_LOAD(BPF_DW, R1, R1, 0));
	emit(gen, INSN_ALU_REG(BPF_ADD, R0, R1));
}

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

void gen_probestr(struct gen *gen, const struct expr *node, struct value *result)
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

	while (i < 3 && strcmp(fields[i].name, node->builtin->name))
		i++;
	emit_names(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	if (fields[i].offset)
		emit(gen, INSN_ALU_IMM(BPF_ADD, R0, (int32_t)fields[i].offset));
	label_bind(gen, &none);
	emit_copy_value(gen, result->place, (uint32_t)fields[i].size);
}

void gen_id(struct gen *gen, const struct expr *node, struct value *result)
{
	struct label none = {0};

	(void)node;
	(void)result;
	emit_names(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit(gen, INSN_LOAD(BPF_DW, R0, R0, offsetof(struct probe_names, id)));
	label_bind(gen, &none);
}

void gen_epid(struct gen *gen, const struct expr *node, struct value *result)
{
	(void)node;
	(void)result;
	gen_epid_into(gen, R0);
}

/* R0 = the name in the map of this process; 0: it has none. */
static void emit_find_daemon(struct gen *gen)
{
	struct slot key = slot_new(gen);

	gen_pid(gen, NULL, NULL);
	slot_store(gen, key, R0);
	emit_map(gen, R1, layout_daemons_map(gen->arena, gen->image));
	slot_address(gen, R2, key);
	emit_call(gen, HELPER_MAP_LOOKUP);
	slot_release(gen, key);
}

void gen_daemon(struct gen *gen, const struct expr *node, struct value *result)
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

/* The last byte of a word becomes the NUL that ends the text: with a strsize of 8 or 16 there is no room for one more. */
static void emit_cut_last(struct gen *gen, int reg, bool is_last)
{
	if (!is_last)
		return;
	emit(gen, INSN_ALU_IMM(BPF_LSH, reg, 8));
	emit(gen, INSN_ALU_IMM(BPF_RSH, reg, 8));
}

/* Everybody may call a command osd.3: then a ~ goes before its name. It has at most 15 bytes, two words with the final NUL. */
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

void gen_procname(struct gen *gen, const struct expr *node, struct value *result)
{
	enum { COMM_SIZE = 16 };
	struct label none = {0}, end = {0};

	emit_find_daemon(gen);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &none);
	emit_copy_value(gen, result->place, DAEMON_NAME_SIZE);
	emit_jump(gen, &end);
	label_bind(gen, &none);
	emit_task(gen);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, "task_struct", "group_leader", node->loc)));
	emit_deref(gen, 8, false, false, node->loc);
	emit(gen, INSN_ALU_IMM(BPF_ADD, R0, task_offset(gen, "task_struct", "comm", node->loc)));
	emit_read_string(gen, result->place, COMM_SIZE, false, node->loc);
	emit_mark_name(gen, result->place);
	label_bind(gen, &end);
}
