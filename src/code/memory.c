/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading memory whose address a program computes. A read faults when nothing is mapped there.
 *
 * Memory of a process may be mapped but not present: a text that only a marker ever names is still on disk when the
 * marker first fires. Where the kernel lets the program sleep, a read that fails is done again in a way that waits for
 * the page. Such a program cannot share a link with others (see image_program::may_sleep), so this is kept for memory
 * that may really be absent: arguments of SDT markers, and what a script reads by itself; what Ceph's code is working
 * on is present.
 */
#include "code/gen.h"

/* One read: `size` bytes, or up to `size` bytes of text, at the address in gen->fault_address. */
struct read {
	struct place to;
	bool is_text, userland;
	const struct slot *size; /* NULL: max bytes */
	uint32_t max;
};

static void attempt(struct gen *gen, const struct read *read, int helper)
{
	struct label fits = {0};

	emit_place_address(gen, R1, read->to);
	if (read->size) {
		slot_load(gen, R2, *read->size);
		emit_jump_imm(gen, BPF_JLE, R2, (int32_t)read->max, &fits); /* again, so that the verifier knows */
		emit(gen, INSN_MOV_IMM(R2, read->max));
		label_bind(gen, &fits);
	} else {
		emit(gen, INSN_MOV_IMM(R2, read->max));
	}
	slot_load(gen, R3, gen->fault_address);
	emit_call(gen, helper);
}

static void test(struct gen *gen, const struct read *read, struct label *good)
{
	emit_jump_imm(gen, read->is_text ? BPF_JSGE : BPF_JEQ, R0, 0, good);
}

static bool waits(const struct gen *gen, bool userland)
{
	return userland && gen->may_wait && gen->rules->can_sleep && gen->ctx == CTX_UPROBE;
}

/* Waits for the page of the byte at the address + offset; whether it came is seen by the next attempt. */
static void emit_touch(struct gen *gen, struct place anywhere, uint32_t offset)
{
	emit_place_address(gen, R1, anywhere);
	emit(gen, INSN_MOV_IMM(R2, 1));
	slot_load(gen, R3, gen->fault_address);
	if (offset)
		emit(gen, INSN_ALU_IMM(BPF_ADD, R3, (int32_t)offset));
	emit_call(gen, HELPER_WAIT_USER);
}

static void emit_read(struct gen *gen, const struct read *read, struct loc loc)
{
	struct label good = {0};

	if (read->is_text)
		attempt(gen, read, read->userland ? HELPER_READ_USER_STR : HELPER_READ_KERNEL_STR);
	else
		attempt(gen, read, read->userland ? HELPER_READ_USER : HELPER_READ_KERNEL);
	test(gen, read, &good);
	if (waits(gen, read->userland)) {
		gen->sleeps = true;
		if (read->is_text) {
			emit_touch(gen, read->to, 0);
			emit_touch(gen, read->to, read->max - 1);
			attempt(gen, read, HELPER_READ_USER_STR);
		} else {
			attempt(gen, read, HELPER_WAIT_USER);
		}
		test(gen, read, &good);
	}
	slot_load(gen, R2, gen->fault_address);
	emit_fault(gen, FAULT_BADADDR, R2, loc);
	label_bind(gen, &good);
}

void emit_read_string(struct gen *gen, struct place to, uint32_t limit, bool userland, struct loc loc)
{
	struct read read = {.to = to, .is_text = true, .userland = userland, .max = limit < to.room ? limit : to.room};

	if (!userland)
		emit_taken_check_read(gen, 1, loc);
	slot_store(gen, gen->fault_address, R0);
	emit_place_zero(gen, to);
	emit_read(gen, &read, loc);
}

void emit_read_text(struct gen *gen, struct place to, struct slot size, struct loc loc)
{
	struct read read = {.to = to, .is_text = true, .userland = true, .size = &size, .max = to.room};

	slot_store(gen, gen->fault_address, R0);
	emit_place_zero(gen, to);
	emit_read(gen, &read, loc);
}

void emit_read_bytes(struct gen *gen, struct place to, struct slot size, uint32_t max, struct loc loc)
{
	struct read read = {.to = to, .userland = true, .size = &size, .max = max};

	slot_store(gen, gen->fault_address, R0);
	emit_place_zero(gen, to);
	emit_read(gen, &read, loc);
}

void emit_read_object(struct gen *gen, struct place to, bool userland, struct loc loc)
{
	struct read read = {.to = to, .userland = userland, .max = to.room};

	if (!userland)
		emit_taken_check_read(gen, to.room, loc);
	slot_store(gen, gen->fault_address, R0);
	emit_read(gen, &read, loc);
}

static const int load_size[] = {[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW};

static void deref_attempt(struct gen *gen, struct slot value, uint32_t size, int helper)
{
	slot_address(gen, R1, value);
	emit(gen, INSN_MOV_IMM(R2, size));
	slot_load(gen, R3, gen->fault_address);
	emit_call(gen, helper);
}

void emit_deref(struct gen *gen, uint32_t size, bool is_signed, bool userland, struct loc loc)
{
	struct slot value = slot_new(gen);
	struct label good = {0};

	if (!userland)
		emit_taken_check_read(gen, size, loc);
	slot_store(gen, gen->fault_address, R0);
	deref_attempt(gen, value, size, userland ? HELPER_READ_USER : HELPER_READ_KERNEL);
	emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	if (waits(gen, userland)) {
		gen->sleeps = true;
		deref_attempt(gen, value, size, HELPER_WAIT_USER);
		emit_jump_imm(gen, BPF_JEQ, R0, 0, &good);
	}
	slot_load(gen, R2, gen->fault_address);
	emit_fault(gen, FAULT_BADADDR, R2, loc);
	label_bind(gen, &good);
	emit(gen, INSN_LOAD(load_size[size], R0, value.in_scratch ? REG_SCRATCH : R10, value.offset));
	if (is_signed)
		emit_extend(gen, R0, size, true);
	slot_release(gen, value);
}
