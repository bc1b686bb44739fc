/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes: what a script attaches to. In: probe descriptions and the processes that the user chose. Out: probes with
 * typed, located arguments and the places to attach to. The checker sees names and types, src/code the argument
 * locations and conditions, the engine the sites. Nobody but a provider knows where a probe came from.
 */
#ifndef CEPHTAP_PROBE_PROBE_H
#define CEPHTAP_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/arena.h"
#include "lib/buf.h"
#include "probe/argloc.h"

enum {
	PROBE_PLACES_MAX =
		5000, /* of a marker in one file: more than a compiler makes, less than a stranger may write */
	PROBE_ARGS_MAX = 16,
	ARG_TYPED = 1000 /* the number of an argument that is probe.typed[0] */
};

enum { DAEMON_NAME_SIZE = 32 }; /* of `daemon`, in bytes, with the final NUL; longer names are cut */

/* What an argument is, before the checker makes a D type of it. */
enum argtype {
	ARGTYPE_INT,	 /* size and is_signed hold */
	ARGTYPE_PTR,	 /* an address in the traced process */
	ARGTYPE_CSTRING, /* NUL-terminated text at loc's value */
	ARGTYPE_STRING,	 /* text at loc's value, of the length that len_loc gives */
	ARGTYPE_D,	 /* d_type, made by `expr` out of arg0, arg1, ... */
	ARGTYPE_NATIVE, /* of the program's own type `native`, d_type for people; a structure is given by its address */
};

/* Some bytes of an argument that is a structure in registers. */
struct arg_piece {
	uint32_t offset, size; /* size: at most 8 */
	struct argloc loc;
	const char *why; /* why it cannot be read; NULL: it can */
};

struct arg {
	const char *name; /* "client"; NULL when the note has none */
	const char *doc;  /* NULL, or a few words with the unit */
	uint8_t type;	  /* enum argtype */
	uint8_t size;	  /* 1, 2, 4, 8 */
	bool is_signed;
	const char *d_type; /* for people, "lwpsinfo_t *" */
	const void *native; /* ARGTYPE_NATIVE: for probe_source.native_type */
	const char *
		expr; /* ARGTYPE_D: what args[N] stands for, in D: "xlate <lwpsinfo_t *>((struct task_struct *)arg0)" */
	struct argloc loc;     /* argN: the raw 64-bit value */
	struct argloc len_loc; /* ARGTYPE_STRING only */
	bool is_object; /* a structure itself, not a pointer to one: scripts may write args[0].m for args[0]->m */
	struct arg_piece *pieces; /* of a structure in registers, which has no address: it is put together in memory of
				     the program */
	unsigned pieces_len;
	const char *why; /* why loc is not available here; NULL when it is */
};

/* What a program's context is: decides how registers are reached, and which calls the kernel allows. */
enum probe_ctx {
	CTX_UPROBE,	/* struct pt_regs of a process, at an instruction or a function's return */
	CTX_TIMER,	/* struct bpf_perf_event_data */
	CTX_DIRECT,	/* u64 array given by the engine: BEGIN, END, ERROR */
	CTX_TRACEPOINT, /* u64 array given by the kernel: a tracepoint's own arguments */
	CTX_FUNCTION,	/* u64 array given by the kernel: arguments of one of its functions, then the result */
	CTX_KPROBE,	/* struct pt_regs of the kernel, at a function's entry or return */
};

enum probe_kind { PROBE_BEGIN, PROBE_END, PROBE_ERROR, PROBE_PROFILE, PROBE_TICK, PROBE_UPROBE, PROBE_TRACEPOINT };

struct held;
struct kernel_function;

/* What a probe is hit at. (BEGIN, END, ERROR and timers have no site.) */
enum site_kind {
	/* of a process, in a file that it has mapped: */
	SITE_INSTRUCTION,
	SITE_ENTRY,  /* a function's first instruction, or one close behind it */
	SITE_RETURN, /* an instruction that leaves a function, or behind which nothing else comes (probe/leaving.h) */
	SITE_MARKER, /* a note's: an instruction that does nothing */
	/* of the kernel: */
	SITE_TRACEPOINT,
	SITE_SYSCALL_ENTRY,  /* the tracepoint sys_enter, of one system call alone */
	SITE_SYSCALL_RETURN, /* sys_exit */
	SITE_KERNEL_ENTRY,   /* a function of the kernel */
	SITE_KERNEL_RETURN,
};

/* One address in one file, or one tracepoint or function of the kernel. */
struct site {
	enum site_kind kind;
	union {
		struct {		   /* of a process: site_is_kernel() says no */
			const char *path;  /* for people: /proc/123/root/usr/bin/ceph-osd */
			struct held *held; /* the file itself, which was read and is probed; held as long as the host of
					      probes lives */
			dev_t dev;	   /* with ino: which file it is, so that sites of one file share a link */
			ino_t ino;
			uint64_t offset;	 /* in the file, of the probed instruction */
			uint64_t ref_ctr_offset; /* in the file, of the semaphore; 0: none */
			unsigned shift;		 /* bytes from the function's entry to offset, where a probe is cheaper
						    (probe/prologue.h) */
			/* SITE_RETURN */
			struct argloc result;  /* what the function returns; n 0: not known */
			bool changes_rdx;      /* between here and the return %rdx becomes something else */
			uint64_t entry_offset; /* in the file, of the instruction where `saves` are evaluated */
		};
		struct { /* site_is_tracepoint() */
			const char *tracepoint;
			unsigned syscall; /* the number of the system call */
		};
		const struct kernel_function *function; /* site_is_kernel_function() */
	};
	struct argloc owner; /* tracepoints: the thread (a task_struct) whose process is to be a chosen one; n 0: the
				current one */
	struct argloc
		task; /* the thread that it is about (a task_struct), where that is not the current one; n 0: it is */
	const char *why_not;  /* NULL, or why this place is to be left out, by name */
	const char *evidence; /* NULL, or how it is known where its arguments are: for people */
	const char *doubt;    /* NULL, or the same in short, if that is less than debug information of the very build */
	uint64_t
		vaddr; /* in the file's own address space; of a function of the kernel in the kernel's (0: not known) */
	uint16_t extra;	    /* a number of the site's own, for arguments that are read with STEP_EXTRA */
	bool is_ours;	    /* the tracer itself runs this file: where it gets here, the probe does not fire */
	bool may_be_absent; /* arguments may lie in memory that nothing else has used yet: wait for it */
	/*
	 * Return sites whose arguments were only to be had at the entry: evaluated there, found by STEP_SAVED i. What
	 * joins the two is the stack pointer at the entry.
	 */
	struct argloc *saves;
	unsigned saves_len;
	struct argloc entry_sp; /* at the return */
	struct arg *args;	/* located for this site; the same number and types as the probe's own */
	struct arg *typed;	/* the same for probe.typed */
	struct argcond *conds;
	unsigned conds_len;
	struct argcheck *checks; /* of Ceph's markers: what is asked of the data, as the layout is not quite known */
	unsigned checks_len;
};

struct provider;

struct probe {
	unsigned id; /* from 1, as dtrace -l prints; dense over the list */
	const struct provider *provider;
	const char *prov, *mod, *func, *name; /* never NULL */
	enum probe_kind kind;
	enum probe_ctx ctx;
	const char *doc; /* NULL, or one sentence */
	struct arg *
		args; /* names and types; locations are each site's own. Without sites (BEGIN, timers): locations too */
	unsigned args_len;
	/*
	 * Functions: argN are registers, and args[N] the parameters, which are others when one is no integer. They are
	 * read from debug information when a script first asks: load_args() of the provider.
	 */
	bool has_typed, is_loaded;
	struct arg *typed;
	unsigned typed_len;
	const char *typed_why; /* why there are none */
	uint64_t period_ns;    /* timers */
	struct site *sites;    /* none for BEGIN, END, ERROR and timers */
	unsigned sites_len;
	const char *why_not; /* NULL: can be attached; else one sentence: why not and what to do */
	bool is_anybodys; /* a tracepoint hit in whichever process is current: a choice of processes does not concern it
			   */
	pid_t pid; /* not 0: only this process fires it (python1234:::line), whatever else maps the sites' files */
	/* Not NULL: it is about the function at this address of this file; two functions of one name are two probes. */
	const void *binary;
	uint64_t function;
	const char *caution; /* NULL, or a sentence: what a person might not expect of it */
};

/* `provider:module:function:name` with globs; an empty field matches all. Fields are never NULL. */
struct probe_desc {
	const char *prov, *mod, *func, *name;
	unsigned id; /* not 0: the probe of this id, and the fields are empty */
};

struct identity;
/* Which processes the user wants; all empty: every process that has the probe. */
struct target {
	const pid_t *pids;
	unsigned pids_len;
	pid_t main_pid; /* $target: of -p or -c; 0: none */
	/* Those that were chosen one by one: the user says that they are what they seem. */
	const pid_t *vouched;
	unsigned vouched_len;
	bool vouches_for_all;
	struct identity *identity; /* what was found out about processes when they were chosen; NULL: nothing */
};

/* NULL: a target that vouches for nobody. */
bool target_vouches_for(const struct target *target, pid_t pid);

struct probe_list {
	struct arena *arena;
	struct probe **probes;
	unsigned len;
};

/*
 * A provider finds probes. `match` adds every probe that may match the description (it may add more: the caller filters
 * with probe_matches) and never adds one twice. It returns 0, or a negative errno with one sentence in `*why`.
 * `why_not` answers "nothing matches": a sentence with the reason and the nearest name, or NULL when it knows nothing
 * of it.
 */
struct probe_host;
/*
 * What is a provider's alone once it has an answer, so that those behind it in the table are not asked: to look for
 * markers named BEGIN or tick-1s would cost each script a scan of the host. PROV: descriptions with a plain provider's
 * name, NAME: with a plain name of the probe, also where the provider is left out.
 */
enum provider_claims { PROVIDER_CLAIMS_NOTHING, PROVIDER_CLAIMS_PROV, PROVIDER_CLAIMS_NAME };
struct provider {
	const char *name; /* of the provider itself, e.g. "profile", "sdt", "ceph" */
	const char *doc;
	int (*match)(struct probe_host *host, const struct probe_desc *desc, struct probe_list *list, const char **why);
	const char *(*why_not)(struct probe_host *host, const struct probe_desc *desc);
	enum provider_claims claims;
	bool is_exact; /* `match` adds no more than what matches, also by other names than those that the probe shows */
	void (*load_args)(struct probe_host *host, struct probe *probe); /* NULL: its probes have args only */
	void (*forget)(struct probe_host *host); /* the host ends: closes what is open; NULL: nothing is */
};

/* Is it of the kernel itself? Then it is hit by every process, and programs ask which one it is. */
static inline bool site_is_kernel(const struct site *site)
{
	return site->kind >= SITE_TRACEPOINT;
}

/* The first instruction of a process's function: the stack pointer is at the return address. */
static inline bool site_is_at_entry(const struct site *site)
{
	return site->kind == SITE_ENTRY && !site->shift;
}

static inline bool site_is_kernel_function(const struct site *site)
{
	return site->kind == SITE_KERNEL_ENTRY || site->kind == SITE_KERNEL_RETURN;
}

static inline bool site_is_tracepoint(const struct site *site)
{
	return site_is_kernel(site) && !site_is_kernel_function(site);
}

/* Is its tracepoint that of all system calls, and only one of them counts? */
static inline bool site_is_syscall(const struct site *site)
{
	return site->kind == SITE_SYSCALL_ENTRY || site->kind == SITE_SYSCALL_RETURN;
}

/* Does a function end there, of a process or of the kernel? */
static inline bool site_is_return(const struct site *site)
{
	return site->kind == SITE_RETURN || site->kind == SITE_KERNEL_RETURN;
}

/* NULL: it is in no file. */
static inline const char *site_path(const struct site *site)
{
	return site_is_kernel(site) ? NULL : site->path;
}

/* Makes sure that probe->typed is there, or typed_why. */
void probe_load_args(struct probe_host *host, struct probe *probe);

/* Globs as DTrace documents: * ? [a-z] [!a-z] and \ to quote. An empty pattern matches all. */
bool probe_glob_match(const char *pattern, const char *text);
bool probe_matches(const struct probe *probe, const struct probe_desc *desc);

/*
 * The checker's only way to the host: given as an argument so that a test can hand in made-up probes.
 * `find` returns the probes that match, in a stable order, each always the same object for the same probe.
 */
struct type;
struct type_source;
struct probe_source {
	void *data;
	const struct type_source *types; /* the kernel's; NULL: none are known */
	struct probe_list (*find)(struct probe_source *source, const struct probe_desc *desc, const char **why_not);
	void (*load_args)(struct probe_source *source, struct probe *probe); /* as probe_load_args() */
	const struct type *(*native_type)(struct probe_source *source, const void *native);
	const char *(*whose)(struct probe_source *source,
			     const struct site *site); /* which processes have it; NULL: nobody can say */
	void *natives;				       /* for native_type() */
};

/* The real one: all providers of this host, for these processes. */
struct probe_host *probe_host_new(struct arena *arena, const struct target *target);
void probe_host_free(struct probe_host *host);
struct probe_source probe_host_source(struct probe_host *host);

#endif
