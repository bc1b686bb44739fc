/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * eBPF instructions as C values, and the short list of helpers through which programs reach the outside. A second
 * engine has to offer these helpers and nothing else.
 */
#ifndef CEPHTAP_CODE_INSN_H
#define CEPHTAP_CODE_INSN_H

#include <linux/bpf.h>
#include <stdint.h>

enum {
	R0 = BPF_REG_0,
	R1,
	R2,
	R3,
	R4,
	R5,
	R6,
	R7,
	R8,
	R9,
	R10,
};

/* What the registers that calls preserve hold throughout a program. */
enum {
	REG_CTX = R6,	  /* the context */
	REG_SCRATCH = R7, /* this run's scratch memory, if the program uses any */
	REG_RECORD = R8,  /* the record that is being filled, inside a clause that records */
	REG_KEEP = R9,	  /* free for short use inside one construct */
};

enum {
	HELPER_MAP_LOOKUP = BPF_FUNC_map_lookup_elem,
	HELPER_MAP_UPDATE = BPF_FUNC_map_update_elem,
	HELPER_MAP_DELETE = BPF_FUNC_map_delete_elem,
	HELPER_TIME_NS = BPF_FUNC_ktime_get_ns,
	HELPER_PID_TGID = BPF_FUNC_get_current_pid_tgid,
	HELPER_NS_PID_TGID = BPF_FUNC_get_ns_current_pid_tgid,
	HELPER_UID_GID = BPF_FUNC_get_current_uid_gid,
	HELPER_COMM = BPF_FUNC_get_current_comm,
	HELPER_CPU = BPF_FUNC_get_smp_processor_id,
	HELPER_TASK = BPF_FUNC_get_current_task,
	HELPER_COOKIE = BPF_FUNC_get_attach_cookie,
	HELPER_READ_USER = BPF_FUNC_probe_read_user,
	HELPER_READ_KERNEL = BPF_FUNC_probe_read_kernel,
	HELPER_WAIT_USER =
		BPF_FUNC_copy_from_user, /* as READ_USER, but waits for memory; only where programs may sleep */
	HELPER_READ_USER_STR = BPF_FUNC_probe_read_user_str,
	HELPER_READ_KERNEL_STR = BPF_FUNC_probe_read_kernel_str,
	HELPER_KERNEL_STACK = BPF_FUNC_get_stack,
	HELPER_TASK_BTF = BPF_FUNC_get_current_task_btf,
	HELPER_TASK_REGS = BPF_FUNC_task_pt_regs,
	HELPER_LOOP = BPF_FUNC_loop,
	HELPER_SIGNAL = BPF_FUNC_send_signal,
	HELPER_WRITE_USER = BPF_FUNC_probe_write_user,
	HELPER_RANDOM = BPF_FUNC_get_prandom_u32,
	HELPER_RING_RESERVE = BPF_FUNC_ringbuf_reserve,
	HELPER_RING_SUBMIT = BPF_FUNC_ringbuf_submit,
	HELPER_RING_DISCARD = BPF_FUNC_ringbuf_discard,
};

#define INSN(code_, dst_, src_, off_, imm_)                                                                            \
	((struct bpf_insn){.code = (code_),                                                                            \
			   .dst_reg = (dst_),                                                                          \
			   .src_reg = (src_),                                                                          \
			   .off = (int16_t)(off_),                                                                     \
			   .imm = (int32_t)(imm_)})

#define INSN_ALU_IMM(op, dst, imm)	    INSN(BPF_ALU64 | BPF_OP(op) | BPF_K, dst, 0, 0, imm)
#define INSN_ALU_REG(op, dst, src)	    INSN(BPF_ALU64 | BPF_OP(op) | BPF_X, dst, src, 0, 0)
#define INSN_MOV_IMM(dst, imm)		    INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define INSN_MOV_REG(dst, src)		    INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define INSN_MOV32_REG(dst, src)	    INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0) /* clears the upper half */
#define INSN_NEG(dst)			    INSN(BPF_ALU64 | BPF_NEG, dst, 0, 0, 0)
#define INSN_SWAP64(dst)		    INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 64)
#define INSN_LOAD(size, dst, src, off)	    INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
#define INSN_STORE(size, dst, off, src)	    INSN(BPF_STX | (size) | BPF_MEM, dst, src, off, 0)
#define INSN_STORE_IMM(size, dst, off, imm) INSN(BPF_ST | (size) | BPF_MEM, dst, 0, off, imm)
#define INSN_ATOMIC(op, dst, off, src)	    INSN(BPF_STX | BPF_DW | BPF_ATOMIC, dst, src, off, op)
#define INSN_CALL(helper)		    INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define INSN_EXIT()			    INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
