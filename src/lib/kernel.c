/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/kernel.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Mapped (Linux 6.16): sysfs gives a page with each read, of some thousand. NULL: this kernel cannot. */
static struct btf *map_btf(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct btf *btf = NULL;
	struct stat st;
	void *data;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size > 0 && st.st_size <= UINT32_MAX) {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED) {
			btf = btf__new(data, (uint32_t)st.st_size);
			munmap(data, (size_t)st.st_size);
		}
	}
	close(fd);
	return libbpf_get_error(btf) ? NULL : btf;
}

const struct btf *kernel_btf(void)
{
	static struct btf *btf;
	static bool is_tried;

	if (!is_tried)
		btf = map_btf();
	if (!is_tried && !btf)
		btf = btf__load_vmlinux_btf();
	is_tried = true;
	return btf;
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
