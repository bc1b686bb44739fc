/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/kernel.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/memory.h"

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

	if (!is_tried) {
		libbpf_set_print(NULL); /* it would say by itself that there is none */
		btf = map_btf();
	}
	if (!is_tried && !btf)
		btf = btf__load_vmlinux_btf();
	is_tried = true;
	return btf;
}

const char *kernel_btf_why(void)
{
	if (kernel_btf())
		return NULL;
	if (access("/sys/kernel", F_OK))
		return "the kernel describes its types (BTF) in /sys/kernel/btf, and /sys is not mounted here";
	return "this kernel does not describe its types: it has no BTF (/sys/kernel/btf/vmlinux; built with "
	       "CONFIG_DEBUG_INFO_BTF)";
}

const char *kernel_proc_why(void)
{
	return access("/proc/self/stat", F_OK)
		       ? "there is no /proc here, where processes and what they run are found: mount -t proc proc /proc"
		       : NULL;
}

/* Kept as long as we run, as the kernel's own: few, and each once. */
static struct module {
	char *name;
	struct btf *btf;
} * modules;
static unsigned modules_len;

const struct btf *kernel_module_btf(const char *name)
{
	struct btf *base = (struct btf *)kernel_btf();
	struct module *module;

	if (!base || !strcmp(name, "vmlinux"))
		return base;
	for (unsigned i = 0; i < modules_len; i++)
		if (!strcmp(modules[i].name, name))
			return modules[i].btf;
	modules = realloc(modules, (modules_len + 1) * sizeof(*modules));
	if (!modules)
		memory_end();
	module = &modules[modules_len++];
	module->name = strdup(name);
	module->btf = btf__load_module_btf(name, base);
	return module->btf;
}

const struct btf *kernel_module_btf_nth(unsigned n)
{
	for (unsigned i = 0; i < modules_len; i++)
		if (modules[i].btf && !n--)
			return modules[i].btf;
	return NULL;
}

enum { QUALIFIERS_MAX = 16 };

const struct btf_type *kernel_strip(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	unsigned n = 0;

	while (type && n++ < QUALIFIERS_MAX &&
	       (btf_is_mod(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_TYPE_TAG))
		type = btf__type_by_id(btf, type->type);
	return type;
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

bool kernel_is_locked_down(void)
{
	char text[128] = "";
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	bool is = file && fgets(text, sizeof(text), file) && strstr(text, "[confidentiality]");

	if (file)
		fclose(file);
	return is;
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
