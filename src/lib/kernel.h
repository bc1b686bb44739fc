/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the running kernel says of its own structures (BTF, /sys/kernel/btf/vmlinux). Read when first asked.
 */
#ifndef CEPHTAP_LIB_KERNEL_H
#define CEPHTAP_LIB_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

/* All of it; NULL: this kernel tells nothing. */
struct btf;
struct btf_type;
const struct btf *kernel_btf(void);
/* Why it tells nothing, as a sentence's end; NULL: it does. */
const char *kernel_btf_why(void);

/* Why processes cannot be found, as a sentence; NULL: they can. */
const char *kernel_proc_why(void);

/* Of a module of the kernel ("vmlinux": kernel_btf()), on top of kernel_btf(); NULL: it is not loaded, or does not
 * tell. Read once. */
const struct btf *kernel_module_btf(const char *module);
/* Those that were read so far, in turn; NULL: that was the last. */
const struct btf *kernel_module_btf_nth(unsigned n);

/* The type behind typedefs, qualifiers and tags; NULL: there is none. */
const struct btf_type *kernel_strip(const struct btf *btf, uint32_t id);

/* Byte offset of a member, or -ENOENT when the kernel has no BTF, no such structure or no such member. */
int kernel_member_offset(const char *structure, const char *member);

/* May programs read the kernel's memory? Not where it is locked down for confidentiality. */
bool kernel_is_locked_down(void);

/* The namespace of process ids that we are in, as stat(2) names it; false, and 0, for that of the whole host. */
bool kernel_pid_namespace(uint64_t *dev, uint64_t *ino);

#endif
