/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/kernel.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct btf *kernel_btf(void)
{
	static struct btf *btf;
	static bool is_tried;

	if (!is_tried) {
		libbpf_set_print(NULL); /* it would say by itself that there is none */
		btf = btf__load_vmlinux_btf();
	}
	is_tried = true;
	return btf;
}

const char *kernel_btf_why(void)
{
	if (kernel_btf())
		return NULL;
	if (access("/sys/kernel", F_OK))
		return "the kernel describes its types (BTF) in /sys/kernel/btf, and /sys is not mounted here";
	return "this kernel does not describe its types: it has no BTF (/sys/kernel/btf/vmlinux; built with CONFIG_DEBUG_INFO_BTF)";
}

const char *kernel_proc_why(void)
{
	return access("/proc/self/stat", F_OK) ? "there is no /proc here, where processes and what they run are found: mount -t proc proc /proc"
					       : NULL;
}

int kernel_member_offset(const char *structure, const char *member)
{
	const struct btf *btf = kernel_btf();
	const struct btf_type *type;
	const struct btf_member *members;
	int id;

	if (!btf)
		return -ENOENT;
	id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	if (id < 0)
		return -ENOENT;
	type = btf__type_by_id(btf, (unsigned)id);
	members = btf_members(type);
	for (unsigned i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, members[i].name_off), member))
			return (int)(btf_member_bit_offset(type, i) / 8);
	return -ENOENT;
}

bool kernel_pid_namespace(uint64_t *dev, uint64_t *ino)
{
	const uint64_t whole_host = 0xeffffffc; /* PROC_PID_INIT_INO of the kernel */
	struct stat st;

	*dev = *ino = 0;
	if (stat("/proc/self/ns/pid", &st) || st.st_ino == whole_host)
		return false;
	*dev = st.st_dev;
	*ino = st.st_ino;
	return true;
}
