/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * D's library: what scripts find declared, beside the language's own types. Names and meanings are those that DTrace
 * documents for its sched, proc and io providers; the right sides say where Linux (5.16 and later) keeps each. What Linux
 * has no counterpart for is 0, -1 or "", as documented for a member without a value.
 */

/* ---- processes and threads ---- */

inline int SSLEEP = 1;	/* pr_state: waits for something */
inline int SRUN = 2;	/* could run, but no processor is free */
inline int SZOMB = 3;
inline int SSTOP = 4;	/* by a signal or a debugger */
inline int SIDL = 5;
inline int SONPROC = 6; /* runs */
inline int SWAIT = 7;

typedef struct lwpsinfo {
	int pr_flag;		/* the task's flags (PF_...) */
	id_t pr_lwpid;		/* thread id */
	uintptr_t pr_addr;	/* address of the task_struct */
	uintptr_t pr_wchan;
	char pr_stype;
	char pr_state;		/* SSLEEP ... */
	char pr_sname;		/* 'S' 'R' 'Z' 'T' 'I' 'O' 'W' */
	short pr_syscall;	/* always -1 */
	int pr_pri;		/* the kernel's priority: 0 to 99 real time, 100 to 139 others */
	char pr_clname[8];	/* scheduling class: TS RT DL BATCH IDLE EXT */
	processorid_t pr_onpro; /* runs on this processor, or did last */
	processorid_t pr_bindpro; /* the only one that it may run on, or -1 */
} lwpsinfo_t;

translator lwpsinfo_t < struct task_struct *T > {
	pr_flag = T->flags;
	pr_lwpid = T->pid;
	pr_addr = (uintptr_t)T;
	pr_wchan = 0;
	pr_stype = 0;
	pr_state = T->exit_state ? 3 : T->__state == 0 ? (T->on_cpu ? 6 : 2) : T->__state & 0xc ? 4 : T->__state & 0x800 ? 5 : 1;
	pr_sname = T->exit_state ? 'Z' : T->__state == 0 ? (T->on_cpu ? 'O' : 'R') : T->__state & 0xc ? 'T' : T->__state & 0x800 ? 'I' : 'S';
	pr_syscall = -1;
	pr_pri = T->prio;
	pr_clname = T->policy == 0 ? "TS" : T->policy == 1 || T->policy == 2 ? "RT" : T->policy == 3 ? "BATCH" :
		    T->policy == 5 ? "IDLE" : T->policy == 6 ? "DL" : "EXT";
	pr_onpro = T->thread_info.cpu;
	pr_bindpro = T->nr_cpus_allowed == 1 ? (processorid_t)T->thread_info.cpu : -1;
};

typedef struct psinfo {
	int pr_nlwp;	    /* threads */
	pid_t pr_pid;	    /* process id */
	pid_t pr_ppid;
	pid_t pr_pgid;
	pid_t pr_sid;
	uid_t pr_uid;
	uid_t pr_euid;
	gid_t pr_gid;
	gid_t pr_egid;
	uintptr_t pr_addr;  /* address of the task_struct */
	size_t pr_size;	    /* pages of virtual memory */
	dev_t pr_ttydev;
	uint64_t pr_start;  /* ns since the host started */
	char pr_fname[16];  /* name of the command */
	char pr_psargs[80]; /* of the current process its argv[0], else the name of the command */
	int pr_wstat;	    /* as wait(2) gives it, once the process has ended */
	char pr_dmodel;	    /* PR_MODEL_LP64 */
	int pr_taskid;
	int pr_projid;
	int pr_zoneid;
} psinfo_t;

inline char PR_MODEL_ILP32 = 1;
inline char PR_MODEL_LP64 = 2;

translator psinfo_t < struct task_struct *T > {
	pr_nlwp = T->signal->nr_threads;
	pr_pid = T->tgid;
	pr_ppid = T->real_parent->tgid;
	pr_pgid = T->signal->pids[2]->numbers[0].nr;
	pr_sid = T->signal->pids[3]->numbers[0].nr;
	pr_uid = T->real_cred->uid.val;
	pr_euid = T->cred->euid.val;
	pr_gid = T->real_cred->gid.val;
	pr_egid = T->cred->egid.val;
	pr_addr = (uintptr_t)T;
	pr_size = T->mm == NULL ? 0 : T->mm->total_vm;
	pr_ttydev = 0;
	pr_start = T->start_boottime;
	pr_fname = T->comm;
	pr_psargs = T->mm != NULL && T->mm == curthread->mm ? copyinstr(T->mm->arg_start) : stringof(T->comm);
	pr_wstat = T->exit_code;
	pr_dmodel = 2;
	pr_taskid = 0;
	pr_projid = 0;
	pr_zoneid = 0;
};

inline lwpsinfo_t *curlwpsinfo = xlate <lwpsinfo_t *> (curthread);
inline psinfo_t *curpsinfo = xlate <psinfo_t *> (curthread);

typedef struct cpuinfo {
	processorid_t cpu_id;
	int cpu_pset;
	int cpu_chip;
	int cpu_lgrp;
} cpuinfo_t;

translator cpuinfo_t < processorid_t C > {
	cpu_id = C;
	cpu_pset = 0;
	cpu_chip = 0;
	cpu_lgrp = 0;
};

inline cpuinfo_t *curcpu = xlate <cpuinfo_t *> (cpu);

/* proc:::exit: args[0] */
inline int CLD_EXITED = 1;
inline int CLD_KILLED = 2;
inline int CLD_DUMPED = 3;
inline int CLD_TRAPPED = 4;
inline int CLD_STOPPED = 5;
inline int CLD_CONTINUED = 6;

/* ---- I/O ---- */

inline int B_BUSY = 0x1;
inline int B_DONE = 0x2;
inline int B_ERROR = 0x4;
inline int B_PAGEIO = 0x10; /* of the page cache */
inline int B_PHYS = 0x20;   /* past the page cache */
inline int B_READ = 0x40;
inline int B_WRITE = 0x100;
inline int B_ASYNC = 0x400; /* nobody waits for it */

typedef struct bufinfo {
	int b_flags;	   /* B_READ or B_WRITE, B_ASYNC; neither: a flush, a discard */
	size_t b_bcount;   /* bytes */
	uintptr_t b_addr;
	uint64_t b_lblkno; /* as b_blkno */
	uint64_t b_blkno;  /* sector of 512 bytes on the disk */
	size_t b_resid;
	size_t b_bufsize;  /* bytes */
	uintptr_t b_iodone;
	int b_error;	   /* errno of io:::done */
	dev_t b_edev;	   /* the kernel's dev_t: major << 20 | minor */
} bufinfo_t;

translator bufinfo_t < struct request *R > {
	b_flags = ((R->cmd_flags & 0xff) == 0 ? 0x40 : (R->cmd_flags & 0xff) == 1 ? 0x100 : 0) |
		  (R->cmd_flags & 0x800 ? 0 : 0x400) | (arg1 ? 0x4 : 0);
	b_bcount = R->__data_len;
	b_addr = 0;
	b_lblkno = R->__sector;
	b_blkno = R->__sector;
	b_resid = 0;
	b_bufsize = R->__data_len;
	b_iodone = 0;
	b_error = arg1 == 0 ? 0 : arg1 == 1 ? 95 : arg1 == 2 ? 110 : arg1 == 3 ? 28 : arg1 == 4 ? 67 : arg1 == 5 ? 121 :
		  arg1 == 6 ? 52 : arg1 == 7 ? 61 : arg1 == 8 ? 84 : arg1 == 9 ? 12 : 5;
	b_edev = R->part != NULL ? R->part->bd_dev : R->q->disk->major << 20 | R->q->disk->first_minor;
};

typedef struct devinfo {
	int dev_major;
	int dev_minor;
	int dev_instance;      /* as dev_minor */
	char dev_name[32];     /* of the whole disk: vda */
	char dev_statname[32]; /* as dev_name: what iostat calls it */
	char dev_pathname[32]; /* as dev_name */
} devinfo_t;

translator devinfo_t < struct request *R > {
	dev_major = R->part != NULL ? R->part->bd_dev >> 20 : R->q->disk->major;
	dev_minor = R->part != NULL ? R->part->bd_dev & 0xfffff : R->q->disk->first_minor;
	dev_instance = R->part != NULL ? R->part->bd_dev & 0xfffff : R->q->disk->first_minor;
	dev_name = stringof(R->q->disk->disk_name);
	dev_statname = stringof(R->q->disk->disk_name);
	dev_pathname = stringof(R->q->disk->disk_name);
};

typedef struct fileinfo {
	char fi_name[256];     /* of the file whose page is transferred; "<none>" for direct I/O and metadata */
	char fi_dirname[256];
	char fi_pathname[256];
	uint64_t fi_offset;    /* bytes, in the file */
	char fi_fs[32];	       /* ext4, xfs, bdev, ... */
	char fi_mount[256];
	int fi_oflags;
} fileinfo_t;

translator fileinfo_t < struct inode *I > {
	fi_name = I == NULL ? "<none>" : I->i_dentry.first == NULL ? "<unknown>" :
		  stringof(((struct dentry *)((uintptr_t)I->i_dentry.first - offsetof(struct dentry, d_u)))->d_name.name);
	fi_dirname = I == NULL ? "<none>" : I->i_dentry.first == NULL ? "<unknown>" :
		     stringof(((struct dentry *)((uintptr_t)I->i_dentry.first - offsetof(struct dentry, d_u)))->d_parent->d_name.name);
	fi_pathname = I == NULL ? "<none>" : "<unknown>";
	fi_offset = 0;
	fi_fs = I == NULL ? "<none>" : stringof(I->i_sb->s_type->name);
	fi_mount = I == NULL ? "<none>" : "<unknown>";
	fi_oflags = 0;
};

/* In pages of no file the mapping has its low bits set, or is none. */
translator fileinfo_t < struct page *P > {
	fi_name = xlate <fileinfo_t *>(P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? NULL : P->mapping->host)->fi_name;
	fi_dirname = xlate <fileinfo_t *>(P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? NULL : P->mapping->host)->fi_dirname;
	fi_pathname = xlate <fileinfo_t *>(P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? NULL : P->mapping->host)->fi_pathname;
	fi_offset = P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? 0 : P->index << 12;
	fi_fs = xlate <fileinfo_t *>(P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? NULL : P->mapping->host)->fi_fs;
	fi_mount = xlate <fileinfo_t *>(P == NULL || P->mapping == NULL || (uintptr_t)P->mapping & 3 ? NULL : P->mapping->host)->fi_mount;
	fi_oflags = 0;
};

/* By the first page of the transfer; only reads (0) and writes (1) have pages. */
translator fileinfo_t < struct request *R > {
	fi_name = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_name;
	fi_dirname = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_dirname;
	fi_pathname = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_pathname;
	fi_offset = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_offset;
	fi_fs = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_fs;
	fi_mount = xlate <fileinfo_t *>(R->cmd_flags & 0xfe || R->bio == NULL || R->bio->bi_io_vec == NULL ? NULL : R->bio->bi_io_vec->bv_page)->fi_mount;
	fi_oflags = 0;
};
