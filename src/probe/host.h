/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What providers know of this host. In: the target. Out: the files that processes in scope run code from, each file
 * once, however many processes map it. /proc is read at the first question and never again by the same host; a file is
 * opened when a provider first asks for its contents, and stays open as long as the host, or until it is closed.
 */
#ifndef CEPHTAP_PROBE_HOST_H
#define CEPHTAP_PROBE_HOST_H

#include "lib/arena.h"
#include "lib/diag.h"
#include "lib/elf.h"
#include "lib/held.h"
#include "lib/proc.h"
#include "lib/unwind.h"
#include "probe/probe.h"

/*
 * The providers, each in its own file (`const struct provider provider_NAME`), in the order of a listing. `ceph` before
 * `sdt`: where both know a marker of the same name, the catalogue's is the one with names and documentation.
 */
#define PROVIDERS(ROW)                                                                                                 \
	ROW(dtrace)                                                                                                    \
	ROW(profile)                                                                                                   \
	ROW(ceph)                                                                                                      \
	ROW(pid)                                                                                                       \
	ROW(syscall)                                                                                                   \
	ROW(events)                                                                                                    \
	ROW(rawtp)                                                                                                     \
	ROW(fbt)                                                                                                       \
	ROW(sdt)

#define PROVIDER_DECLARE(name) extern const struct provider provider_##name;
PROVIDERS(PROVIDER_DECLARE)
#undef PROVIDER_DECLARE

struct ceph_verdict;
struct identity;

struct host_binary {
	const char *name; /* as the process sees it: /usr/bin/ceph-osd */
	const char *base; /* its last part: ceph-osd; what a probe calls its module */
	const char *path; /* for people: /proc/123/root/usr/bin/ceph-osd */
	dev_t dev;
	ino_t ino;
	bool is_main;	 /* some process runs it as its executable; else a library */
	bool is_deleted; /* replaced or removed since the process started */
	bool is_added;	 /* by host_add_file: no process may have it yet */
	bool is_kept;	 /* by host_keep(): no process may have it any more */
	pid_t *pids;	 /* ascending; which processes in scope map it */
	unsigned pids_len;
	const char *why;		    /* why host_binary_elf() gave NULL; NULL before it did */
	const struct ceph_verdict *verdict; /* for probe/ceph_files.c */
	/* for host_binaries.c */
	struct proc_file first; /* as the first process has it */
	struct held *held;	/* NULL: not opened, or it cannot be */
	struct elf_file *elf;
	struct unwind *unwind;
	bool is_opened;
};

/* Lives as long as the host; probes and everything that hangs on them go here. */
struct arena *host_arena(struct probe_host *host);
const struct target *host_target(const struct probe_host *host);

/*
 * The files of the processes in scope: of the target's, or of all when it names none. In the order of the lowest pid
 * that maps each, and then of its maps; the same objects each time. A target that is gone is not an error here.
 */
void host_binaries(struct probe_host *host, struct host_binary ***binaries, unsigned *binaries_len);
/* The file opened, or NULL with the sentence in binary->why, e.g. it is no ELF file or a 32-bit one. */
struct elf_file *host_binary_elf(struct probe_host *host, struct host_binary *binary);
/* Its call-frame information, read once; empty when it has none or cannot be opened. */
const struct unwind *host_binary_unwind(struct probe_host *host, struct host_binary *binary);
/*
 * Closes it again until the next call of host_binary_elf(): most files have nothing for us, and each that stays open
 * costs a descriptor and memory. Only for who has opened it: others may hold the elf_file, or sites in it.
 */
void host_binary_close(struct host_binary *binary);
bool host_binary_has_pid(const struct host_binary *binary, pid_t pid);

/* The beginning of a site in this binary, which is open and stays so. */
struct site host_binary_site(const struct host_binary *binary, uint64_t vaddr);

/*
 * Add a file to the scope by its path: one that nobody runs yet, or that a person named. 0, or a negative errno with a
 * sentence in *why. Call before the first look for probes.
 */
int host_add_file(struct probe_host *host, const char *path, struct buf *why);
int host_add_held(struct probe_host *host, struct held *held, const char *path, struct buf *why); /* shares it */

/*
 * A place of this probe in this file is left out, for this reason (a text that lives for ever). Where the probe has
 * other places, that is what there is to say of it: host_say_left_out() has one warning for each file and reason.
 */
void host_leave_out(struct probe_host *host, const struct host_binary *binary, const struct probe *probe,
		    const char *why);
void host_say_left_out(struct probe_host *host, struct diags *diags);

/*
 * A file of which an earlier look at this host took probes: it is in scope still, but not Ceph's unless a process says
 * so.
 */
void host_keep(struct probe_host *host, const struct site *site);
/* Of all processes, those alone: what others have was looked at before. Call first of all. */
void host_look_at(struct probe_host *host, const pid_t *pids, unsigned len);
/* The processes whose files have these sites, to look at them again. */
void host_pids_of(struct probe_host *host, const struct site *site, struct arena *arena, pid_t **pids, unsigned *len);

/* Can this file be taken for what it says it is, whoever runs it (enum doubt of ceph/identity.h)? One of no process
 * can. */
unsigned host_binary_doubt(struct probe_host *host, const struct host_binary *binary);
/* "process 4711 (uid 65534)": those that map the file, the first of many; "" when none does. */
const char *host_whose(struct probe_host *host, dev_t dev, ino_t ino);
/* Which processes are Ceph's: one opinion for all that ask about this host. */
struct identity *host_identity(struct probe_host *host);

/* A place for what one provider keeps per host, e.g. its index of markers: NULL at first. */
void **host_slot(struct probe_host *host, const struct provider *provider);

/*
 * Give every probe of this host its id, in the order of providers, as a full listing shows them. Else ids are given in
 * the order in which probes are found. Call before the first look for probes, when ids are shown or asked for.
 */
void host_number_all(struct probe_host *host);

/* A new probe in the host's arena, all names copied; for providers, which keep it themselves. */
struct probe *host_probe_new(struct probe_host *host, const struct provider *provider, const char *prov,
			     const char *mod, const char *func, const char *name);
void probe_list_add(struct probe_list *list, struct probe *probe);

/* Could a probe with this provider name (and these other names) match? NULL: any. What providers ask before the work.
 */
bool probe_desc_may_match(const struct probe_desc *desc, const char *prov, const char *mod, const char *func,
			  const char *name);
/* Has the pattern none of * ? [ and \: is it a plain name? */
bool probe_glob_is_plain(const char *pattern);

#endif
