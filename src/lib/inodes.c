/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An iterator over the mappings of one process: a program of eBPF that the kernel runs for each, in our name. */
#include "lib/inodes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/kernel.h"

/* How the kernel itself packs the number of a device. */
enum { DEV_MINOR_BITS = 20 };

/* What the program writes for each mapping. */
struct row {
	uint64_t start, inode, magic, dev, ino;
	uint32_t pid, pad;
};

/* struct bpf_iter_link_info.task of linux/bpf.h (Linux 6.1). */
struct task_filter {
	uint32_t tid, pid, pid_fd, pad;
};

#define INSN(code_, dst_, src_, off_, imm_)                                                                            \
	{                                                                                                              \
		.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (int16_t)(off_), .imm = (int32_t)(imm_)  \
	}
#define LOAD(size, dst, src, off) INSN(BPF_LDX | (size) | BPF_MEM, dst, src, off, 0)
#define STORE(size, off, src)	  INSN(BPF_STX | (size) | BPF_MEM, BPF_REG_10, src, (int)(off) - (int)sizeof(struct row), 0)
#define LEAVE_IF_NULL(reg, insns) INSN(BPF_JMP | BPF_JEQ | BPF_K, reg, 0, insns, 0)

/* -1: it cannot be loaded here. */
static int load(void)
{
	/* struct bpf_iter__task_vma: what the program is given */
	enum { CTX_META = 0, CTX_TASK = 8, CTX_VMA = 16, META_SEQ = 0, VMA_START = 0 };
	int file = kernel_member_offset("vm_area_struct", "vm_file"), inode = kernel_member_offset("file", "f_inode"),
	    ino = kernel_member_offset("inode", "i_ino"), super = kernel_member_offset("inode", "i_sb"),
	    magic = kernel_member_offset("super_block", "s_magic"), dev = kernel_member_offset("super_block", "s_dev"),
	    pid = kernel_member_offset("task_struct", "pid");
	int id = kernel_btf() ? btf__find_by_name_kind(kernel_btf(), "bpf_iter_task_vma", BTF_KIND_FUNC) : -1;
	const struct bpf_insn code[] = {
		LOAD(BPF_DW, BPF_REG_2, BPF_REG_1, CTX_VMA),
		LEAVE_IF_NULL(BPF_REG_2, 23),
		LOAD(BPF_DW, BPF_REG_3, BPF_REG_1, CTX_TASK),
		LEAVE_IF_NULL(BPF_REG_3, 21),
		LOAD(BPF_DW, BPF_REG_4, BPF_REG_2, VMA_START),
		STORE(BPF_DW, offsetof(struct row, start), BPF_REG_4),
		LOAD(BPF_DW, BPF_REG_4, BPF_REG_2, file),
		LEAVE_IF_NULL(BPF_REG_4, 17),
		LOAD(BPF_DW, BPF_REG_4, BPF_REG_4, inode),
		STORE(BPF_DW, offsetof(struct row, inode), BPF_REG_4),
		LOAD(BPF_DW, BPF_REG_5, BPF_REG_4, ino),
		STORE(BPF_DW, offsetof(struct row, ino), BPF_REG_5),
		LOAD(BPF_DW, BPF_REG_4, BPF_REG_4, super),
		LOAD(BPF_DW, BPF_REG_5, BPF_REG_4, magic),
		STORE(BPF_DW, offsetof(struct row, magic), BPF_REG_5),
		LOAD(BPF_W, BPF_REG_4, BPF_REG_4, dev),
		STORE(BPF_DW, offsetof(struct row, dev), BPF_REG_4),
		LOAD(BPF_W, BPF_REG_4, BPF_REG_3, pid),
		STORE(BPF_DW, offsetof(struct row, pid), BPF_REG_4),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_1, CTX_META),
		LOAD(BPF_DW, BPF_REG_1, BPF_REG_1, META_SEQ),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -(int)sizeof(struct row)),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, sizeof(struct row)),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_seq_write),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER, .attach_btf_id = (uint32_t)id);

	if (file < 0 || inode < 0 || ino < 0 || super < 0 || magic < 0 || dev < 0 || pid < 0 || id < 0)
		return -1;
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "ct_inodes", "GPL", code, sizeof(code) / sizeof(code[0]), &opts);
}

static int iterate(int program, pid_t pid)
{
	struct task_filter filter = {.tid = (uint32_t)pid};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = (union bpf_iter_link_info *)&filter,
		    .iter_info_len = sizeof(filter));
	int link = bpf_link_create(program, 0, BPF_TRACE_ITER, &opts), fd;

	if (link < 0)
		return -1;
	fd = bpf_iter_create(link);
	close(link);
	return fd;
}

/*
 * Kernels that do not know the filter go through all processes: the second one shows it. Those that do give the last
 * rows again and again, if there were more than one read took (Linux 6.18): they come by address.
 */
static bool read_rows(struct arena *arena, int fd, struct inode_at **list, unsigned *len)
{
	struct row rows[256];
	uint32_t pid = 0;
	ssize_t got;

	while ((got = read(fd, rows, sizeof(rows))) > 0)
		for (unsigned i = 0; i < (size_t)got / sizeof(rows[0]); i++) {
			if (pid && rows[i].pid != pid)
				return false;
			if (pid && rows[i].start <= (*list)[*len - 1].start)
				return true;
			pid = rows[i].pid;
			*arena_push(arena, *list, *len) =
				(struct inode_at){.start = rows[i].start,
						  .inode = rows[i].inode,
						  .magic = rows[i].magic,
						  .dev = makedev(rows[i].dev >> DEV_MINOR_BITS,
								 rows[i].dev & ((1 << DEV_MINOR_BITS) - 1)),
						  .ino = rows[i].ino};
		}
	return !got;
}

bool inodes_read(struct arena *arena, pid_t pid, struct inode_at **list, unsigned *len)
{
	static int program;
	bool is_good;
	int fd;

	*list = NULL;
	*len = 0;
	if (!program)
		program = load();
	fd = program < 0 ? -1 : iterate(program, pid);
	if (fd < 0)
		return false;
	is_good = read_rows(arena, fd, list, len);
	close(fd);
	return is_good;
}
