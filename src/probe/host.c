/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/host.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ceph/identity.h"
#include "lib/clock.h"
#include "lib/markers.h"
#include "lib/proc.h"
#include "lib/shown.h"
#include "lib/trouble.h"

/*
 * In the order of a listing. `ceph` before `sdt`: where both know a marker of the same name, the catalogue's is the one
 * with names and documentation.
 */
static const struct provider *const providers[] = {
	&provider_dtrace,
	&provider_profile,
	&provider_ceph,
	&provider_pid,
	&provider_syscall,
	&provider_events,
	&provider_rawtp,
	&provider_fbt,
	&provider_sdt,
};

enum { PROVIDERS = sizeof(providers) / sizeof(providers[0]), BINARY_HEADS = 512, PROBE_HEADS = 4096 };

struct binary_link {
	struct host_binary *binary;
	struct binary_link *next;
};

struct probe_link {
	struct probe *probe;
	struct probe_link *next;
};

/* Places of probes in one file, for one reason. */
struct left_out {
	const struct host_binary *binary;
	const char *why;
	const struct probe **probes; /* of each place; those of one probe come one after the other */
	unsigned len;
	unsigned said_len; /* of them, in an earlier warning */
};

/* What may have markers, and could not be looked at. */
struct unread {
	const char *why; /* of the first */
	unsigned len, said_len;
};

struct probe_host {
	struct arena *arena;
	struct target target;
	struct identity *identity; /* NULL: nobody has asked */
	bool is_scanned, is_numbered;
	struct host_binary **binaries;
	unsigned binaries_len;
	struct binary_link *binary_heads[BINARY_HEADS]; /* by inode */
	struct probe_list all;			     /* every probe that was ever found; ids are places in it, from 1 */
	struct probe_link *probe_heads[PROBE_HEADS]; /* by names */
	struct left_out *left_out;
	unsigned left_out_len;
	struct unread silent;		/* files whose file system does not answer */
	struct unread hidden;		/* processes that were chosen, and that we may not look at */
	void *slots[PROVIDERS];
};

struct arena *host_arena(struct probe_host *host)
{
	return host->arena;
}

const struct target *host_target(const struct probe_host *host)
{
	return &host->target;
}

struct identity *host_identity(struct probe_host *host)
{
	if (!host->identity)
		host->identity = identity_new(host->arena);
	return host->identity;
}

bool target_vouches_for(const struct target *target, pid_t pid)
{
	if (!target)
		return false;
	for (unsigned i = 0; i < target->vouched_len; i++)
		if (target->vouched[i] == pid)
			return true;
	return target->vouches_for_all;
}

void **host_slot(struct probe_host *host, const struct provider *provider)
{
	unsigned i;

	for (i = 0; i < PROVIDERS - 1 && providers[i] != provider;)
		i++;
	return &host->slots[i];
}

/* ---- binaries ---- */

static struct binary_link **binary_head(struct probe_host *host, ino_t ino)
{
	return &host->binary_heads[(ino ^ ino / BINARY_HEADS) % BINARY_HEADS];
}

static struct host_binary *binary_find(struct probe_host *host, dev_t dev, ino_t ino)
{
	struct binary_link *link;

	for (link = *binary_head(host, ino); link; link = link->next)
		if (link->binary->ino == ino && link->binary->dev == dev)
			return link->binary;
	return NULL;
}

/* The name of a file as the module of a probe: nothing that cannot be typed, or that a terminal would obey. */
static const char *module_name(struct arena *arena, const char *name)
{
	const char *slash = strrchr(name, '/');
	char *base = arena_strdup(arena, slash ? slash + 1 : name);
	size_t n;

	for (char *p = base; *p; p += n ? n : 1) {
		n = shown_plain_size(p, strlen(p));
		if (!n || *p == ' ' || *p == ':')
			*p = '?';
	}
	return base;
}

static struct host_binary *binary_new(struct probe_host *host, dev_t dev, ino_t ino, const char *name, const char *path)
{
	struct host_binary *binary = arena_new_one(host->arena, struct host_binary);
	struct binary_link *link = arena_new_one(host->arena, struct binary_link), **head = binary_head(host, ino);

	binary->name = arena_strdup(host->arena, name);
	binary->path = arena_strdup(host->arena, path);
	binary->base = module_name(host->arena, name);
	binary->dev = dev;
	binary->ino = ino;
	*arena_push(host->arena, host->binaries, host->binaries_len) = binary;
	link->binary = binary;
	link->next = *head;
	*head = link;
	return binary;
}

static void add_unread(struct unread *unread, const char *why)
{
	if (!unread->len++)
		unread->why = why;
}

/* `scratch` holds what is only of use during the scan: most files are those of an earlier process. */
static void scan_process(struct probe_host *host, struct arena *scratch, pid_t pid)
{
	struct host_binary *binary;
	struct proc_file *files;
	unsigned files_len, i;

	int error = proc_files(scratch, pid, &files, &files_len);

	if (error == -EACCES || error == -EPERM)
		add_unread(&host->hidden, arena_printf(host->arena, "process %d cannot be looked at: that needs root, or CAP_SYS_PTRACE", (int)pid));
	if (error)
		return; /* it has ended, or is not ours to look at: both show as a probe that is not found */
	for (i = 0; i < files_len; i++) {
		binary = binary_find(host, files[i].dev, files[i].ino);
		if (!binary) {
			binary = binary_new(host, files[i].dev, files[i].ino, files[i].name, files[i].path);
			binary->is_deleted = files[i].is_deleted;
			binary->first = files[i];
			binary->first.name = binary->name;
			binary->first.path = binary->path;
		}
		binary->is_main |= files[i].is_main;
		*arena_push(host->arena, binary->pids, binary->pids_len) = pid;
	}
}

static int pid_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* The pids in scope, ascending, each once. */
static void target_pids(struct probe_host *host, struct arena *scratch, pid_t **pids, unsigned *pids_len)
{
	const struct target *target = &host->target;
	unsigned i, n = 0;

	if (!target->pids_len && !target->main_pid) {
		proc_pids(scratch, pids, pids_len);
		return;
	}
	*pids = arena_new_array(scratch, pid_t, target->pids_len + 1);
	for (i = 0; i < target->pids_len; i++)
		(*pids)[n++] = target->pids[i];
	if (target->main_pid)
		(*pids)[n++] = target->main_pid;
	qsort(*pids, n, sizeof(**pids), pid_compare);
	*pids_len = 0;
	for (i = 0; i < n; i++) {
		if (!i || (*pids)[i] != (*pids)[i - 1])
			(*pids)[(*pids_len)++] = (*pids)[i];
	}
}

static void scan(struct probe_host *host)
{
	struct arena *scratch = arena_new();
	unsigned pids_len = 0, i;
	uint64_t start = now_ns();
	pid_t *pids = NULL;

	mark_scan_start();
	target_pids(host, scratch, &pids, &pids_len);
	for (i = 0; i < pids_len; i++)
		scan_process(host, scratch, pids[i]);
	arena_free(scratch);
	host->is_scanned = true;
	mark_scan_done(pids_len, host->binaries_len, now_ns() - start);
}

void host_binaries(struct probe_host *host, struct host_binary ***binaries, unsigned *binaries_len)
{
	if (!host->is_scanned)
		scan(host);
	*binaries = host->binaries;
	*binaries_len = host->binaries_len;
}

/* ---- their contents ---- */

/* As another process has it mapped. */
static int hold_of(struct host_binary *binary, pid_t pid, struct buf *why)
{
	struct arena *scratch = arena_new();
	struct proc_file *files;
	unsigned files_len, i;
	int error = proc_files(scratch, pid, &files, &files_len);

	for (i = 0; !error && i < files_len && (files[i].dev != binary->dev || files[i].ino != binary->ino);)
		i++;
	if (!error)
		error = i < files_len ? held_open_mapped(&files[i], &binary->held, why) : -ESRCH;
	arena_free(scratch);
	return error;
}

/* The process that was looked at first may be gone, or may have let go of the file: the others have it too. */
static int hold(struct host_binary *binary, struct buf *why)
{
	int error = held_open_mapped(&binary->first, &binary->held, why);
	unsigned i;

	for (i = 0; (error == -ENOENT || error == -ESTALE) && i < binary->pids_len; i++) {
		struct buf other = {0};

		error = hold_of(binary, binary->pids[i], &other);
		buf_free(&other);
	}
	return error;
}

static void open_binary(struct probe_host *host, struct host_binary *binary)
{
	struct buf why = {0};
	int error = binary->held ? 0 : hold(binary, &why);

	if (error) {
		binary->why = arena_strdup(host->arena, why.size ? why.data : "its processes have ended");
	} else {
		error = elf_file_read(binary->held, binary->path, &binary->elf);
		if (error) {
			binary->why = arena_strdup(host->arena, elf_error());
			held_close(binary->held);
			binary->held = NULL;
		}
	}
	if (error == -ETIMEDOUT)
		add_unread(&host->silent, binary->why);
	buf_free(&why);
}

struct elf_file *host_binary_elf(struct probe_host *host, struct host_binary *binary)
{
	if (!binary->is_opened)
		open_binary(host, binary);
	binary->is_opened = true;
	return binary->elf;
}

const struct unwind *host_binary_unwind(struct probe_host *host, struct host_binary *binary)
{
	static const struct unwind nothing;
	const struct elf_file *elf = host_binary_elf(host, binary);

	if (!binary->unwind && elf)
		binary->unwind = unwind_read(elf);
	return binary->unwind ? binary->unwind : &nothing;
}

void host_binary_close(struct host_binary *binary)
{
	elf_file_close(binary->elf);
	binary->elf = NULL;
	if (!binary->is_added) {
		held_close(binary->held);
		binary->held = NULL;
	}
	binary->is_opened = binary->why != NULL; /* one that could not be read is not tried again */
}

struct site host_binary_site(const struct host_binary *binary, uint64_t vaddr)
{
	return (struct site){
		.path = binary->path, .held = binary->held, .dev = binary->dev, .ino = binary->ino, .vaddr = vaddr};
}

bool host_binary_has_pid(const struct host_binary *binary, pid_t pid)
{
	return binary->pids_len && bsearch(&pid, binary->pids, binary->pids_len, sizeof(pid), pid_compare);
}

/* Asks the first process that still has it. */
unsigned host_binary_doubt(struct probe_host *host, const struct host_binary *binary)
{
	enum doubt doubt = binary->pids_len ? DOUBT_UNKNOWN : DOUBT_NONE;

	for (unsigned i = 0; doubt == DOUBT_UNKNOWN && i < binary->pids_len; i++) {
		struct arena *scratch = arena_new();
		struct proc_file *files;
		unsigned len = 0;

		if (proc_files(scratch, binary->pids[i], &files, &len))
			len = 0;
		for (unsigned j = 0; j < len; j++)
			if (files[j].ino == binary->ino && files[j].dev == binary->dev)
				doubt = identity_of_file(host_identity(host), NULL, &files[j]);
		arena_free(scratch);
	}
	return doubt;
}

const char *host_whose(struct probe_host *host, dev_t dev, ino_t ino)
{
	enum { NAMED_MAX = 3 };
	const struct host_binary *binary = binary_find(host, dev, ino);
	struct proc_user user;
	const char *text = "";

	for (unsigned i = 0; binary && i < binary->pids_len && i < NAMED_MAX; i++) {
		text = arena_printf(host->arena, "%s%s%d", text, i ? ", " : binary->pids_len > 1 ? "processes " : "process ",
				    (int)binary->pids[i]);
		if (!proc_user(binary->pids[i], &user))
			text = arena_printf(host->arena, "%s (uid %u)", text, user.real);
	}
	if (binary && binary->pids_len > NAMED_MAX)
		text = arena_printf(host->arena, "%s and %u more", text, binary->pids_len - NAMED_MAX);
	return text;
}

static struct host_binary *binary_of(struct probe_host *host, struct held *held, const char *path)
{
	struct host_binary *binary = binary_find(host, held_dev(held), held_ino(held));
	char real[PATH_MAX];

	if (binary)
		return binary;
	if (held_name(held, real, sizeof(real))) /* which it will have in a process's maps */
		path = real;
	return binary_new(host, held_dev(held), held_ino(held), path, path);
}

int host_add_held(struct probe_host *host, struct held *held, const char *path, struct buf *why)
{
	struct host_binary *binary;
	struct elf_file *elf;
	int error = elf_file_read(held, path, &elf);

	if (error) {
		buf_puts(why, elf_error());
		return error;
	}
	binary = binary_of(host, held, path);
	if (binary->elf) {
		elf_file_close(elf);
	} else {
		binary->held = held_share(held);
		binary->elf = elf;
		binary->is_opened = true;
	}
	binary->is_added = true;
	return 0;
}

int host_add_file(struct probe_host *host, const char *path, struct buf *why)
{
	struct held *held;
	int error = held_open(path, &held, why);

	if (!error) {
		error = host_add_held(host, held, path, why);
		held_close(held);
	}
	return error;
}

/* ---- probes ---- */

void probe_list_add(struct probe_list *list, struct probe *probe)
{
	*arena_push(list->arena, list->probes, list->len) = probe;
}

struct probe *host_probe_new(struct probe_host *host, const struct provider *provider, const char *prov,
			     const char *mod, const char *func, const char *name)
{
	struct probe *probe = arena_new_one(host->arena, struct probe);

	probe->provider = provider;
	probe->prov = arena_strdup(host->arena, prov);
	probe->mod = arena_strdup(host->arena, mod);
	probe->func = arena_strdup(host->arena, func);
	probe->name = arena_strdup(host->arena, name);
	return probe;
}

static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619;
	return (hash ^ ':') * 16777619;
}

/* A function is known by its place: it may have several names, and one name several functions. */
static bool is_of_same_function(const struct probe *a, const struct probe *b)
{
	return a->binary && a->binary == b->binary && a->function == b->function && !strcmp(a->prov, b->prov);
}

static bool is_same_probe(const struct probe *a, const struct probe *b)
{
	if (a == b)
		return true;
	if (strcmp(a->name, b->name) != 0 || strcmp(a->prov, b->prov) != 0 || a->binary != b->binary)
		return false;
	return a->binary ? a->function == b->function : !strcmp(a->mod, b->mod) && !strcmp(a->func, b->func);
}

static uint32_t hash_probe(const struct probe *probe)
{
	uint32_t hash = hash_text(2166136261u, probe->prov);

	if (probe->binary)
		return (hash ^ (uint32_t)(probe->function ^ probe->function >> 32)) * 16777619;
	return hash_text(hash_text(hash_text(hash, probe->name), probe->mod), probe->func);
}

/*
 * The one object for this probe: the first that a provider made of it. A new one gets its id here; the entry and the returns of a
 * function have one text, though the descriptions that they were found by differ.
 */
static struct probe *intern(struct probe_host *host, struct probe *probe)
{
	struct probe_link **head = &host->probe_heads[hash_probe(probe) % PROBE_HEADS], *link;

	for (link = *head; link; link = link->next) {
		if (is_same_probe(link->probe, probe))
			return link->probe;
		if (is_of_same_function(link->probe, probe)) {
			probe->mod = link->probe->mod;
			probe->func = link->probe->func;
		}
	}
	link = arena_new_one(host->arena, struct probe_link);
	link->probe = probe;
	link->next = *head;
	*head = link;
	probe_list_add(&host->all, probe);
	probe->id = host->all.len;
	return probe;
}

static int id_compare(const void *a, const void *b)
{
	const struct probe *x = *(struct probe *const *)a, *y = *(struct probe *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

/* By id, each once. */
static void list_settle(struct probe_list *list)
{
	unsigned i, n = 0;

	if (list->len)
		qsort(list->probes, list->len, sizeof(*list->probes), id_compare);
	for (i = 0; i < list->len; i++) {
		if (!i || list->probes[i] != list->probes[i - 1])
			list->probes[n++] = list->probes[i];
	}
	list->len = n;
}

/* What one provider has for the description is added to `result`; its sentence, when it cannot say, goes to *why. */
static void ask(struct probe_host *host, const struct provider *provider, const struct probe_desc *desc,
		struct probe_list *result, const char **why)
{
	struct probe_list found = {.arena = host->arena};
	const char *sentence = NULL;
	unsigned i;

	if (provider->match(host, desc, &found, &sentence) && !*why)
		*why = sentence;
	for (i = 0; i < found.len; i++) {
		if (provider->is_exact || probe_matches(found.probes[i], desc))
			probe_list_add(result, intern(host, found.probes[i]));
	}
}

void host_number_all(struct probe_host *host)
{
	static const struct probe_desc everything = {"", "", "", "", 0};
	struct probe_list list = {.arena = host->arena};
	const char *why = NULL;
	unsigned i;

	if (host->is_numbered)
		return;
	host->is_numbered = true;
	for (i = 0; i < PROVIDERS; i++)
		ask(host, providers[i], &everything, &list, &why);
}

static void find_by_id(struct probe_host *host, unsigned id, struct probe_list *result, const char **why)
{
	host_number_all(host);
	if (id <= host->all.len)
		probe_list_add(result, host->all.probes[id - 1]);
	else
		*why = arena_printf(host->arena, "there is no probe with id %u: ids go up to %u here", id,
				    host->all.len);
}

/*
 * BEGIN, END, ERROR, tick-N and profile-N are their providers' alone, also where a script leaves the provider out: to
 * look for markers of these names would cost each script a scan of the host.
 */
static bool is_settled(const struct provider *provider, const struct probe_desc *desc, bool is_answered)
{
	if (!is_answered)
		return false;
	if (provider == &provider_ceph || provider == &provider_fbt) /* the one has the notes of Ceph's own markers too */
		return *desc->prov && glob_is_plain(desc->prov);
	return (provider == &provider_dtrace || provider == &provider_profile) && *desc->name &&
	       glob_is_plain(desc->name);
}

/* Providers that people know from DTrace, and that are not here yet: better said than "no such provider". */
static const char *not_yet(struct arena *arena, const char *prov)
{
	static const char *const names[] = {"ip", "lockstat", "sysinfo", "tcp", "vminfo", "fpuinfo", "cpc", "udp"};

	if (!strcmp(prov, "rawfbt"))
		return "there is no provider `rawfbt`: `fbt` has every function of the kernel that can be traced";
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], prov))
			return arena_printf(arena, "the provider `%s` (probes of the kernel) is not supported yet", prov);
	return NULL;
}

static struct probe_list host_find(struct probe_source *source, const struct probe_desc *desc, const char **why_not)
{
	struct probe_host *host = source->data;
	struct probe_list result = {.arena = host->arena};
	const char *why = NULL;
	unsigned i;

	if (desc->id) {
		find_by_id(host, desc->id, &result, &why);
	} else {
		for (i = 0; i < PROVIDERS; i++) {
			ask(host, providers[i], desc, &result, &why);
			if (is_settled(providers[i], desc, result.len || why))
				break;
		}
		list_settle(&result);
		if (!result.len && !why)
			why = not_yet(host->arena, desc->prov);
		for (i = 0; !result.len && !why && i < PROVIDERS; i++)
			why = providers[i]->why_not ? providers[i]->why_not(host, desc) : NULL;
	}
	if (why_not)
		*why_not = result.len ? NULL : why;
	return result;
}

/* ---- what is left out ---- */

void host_leave_out(struct probe_host *host, const struct host_binary *binary, const struct probe *probe, const char *why)
{
	struct left_out *out = NULL;

	for (unsigned i = 0; i < host->left_out_len && !out; i++)
		if (host->left_out[i].binary == binary && host->left_out[i].why == why)
			out = &host->left_out[i];
	if (!out) {
		out = arena_push(host->arena, host->left_out, host->left_out_len);
		*out = (struct left_out){.binary = binary, .why = why};
	}
	*arena_push(host->arena, out->probes, out->len) = probe;
}

/* A probe without any other place is one that cannot be traced, and is said to be so where it is asked for. */
static void say_left_out(struct left_out *out, struct diags *diags)
{
	const struct probe *first = NULL, *last = NULL;
	const struct loc nowhere = {0};
	unsigned places = 0, probes = 0;

	for (; out->said_len < out->len; out->said_len++) {
		const struct probe *probe = out->probes[out->said_len];

		if (!probe->sites_len)
			continue;
		first = first ? first : probe;
		places++;
		probes += probe != last;
		last = probe;
	}
	if (places == 1)
		diag_warning(diags, nowhere, NULL, "a place of %s:::%s in %s is left out: %s", first->prov, first->name,
			     out->binary->path, out->why);
	else if (places)
		diag_warning(diags, nowhere, NULL, "%u places of %u marker%s in %s are left out, first of %s:::%s: %s", places,
			     probes, probes == 1 ? "" : "s", out->binary->path, first->prov, first->name, out->why);
}

static void say_unread(struct unread *unread, struct diags *diags)
{
	const struct loc nowhere = {0};
	unsigned others = unread->len - unread->said_len - 1;

	if (unread->len == unread->said_len)
		return;
	if (others)
		diag_warning(diags, nowhere, NULL, "%s; and %u more", unread->why, others);
	else
		diag_warning(diags, nowhere, NULL, "%s", unread->why);
	unread->said_len = unread->len;
}

static void warn(void *diags, const char *sentence)
{
	diag_warning(diags, (struct loc){0}, NULL, "%s", sentence);
}

void host_say_left_out(struct probe_host *host, struct diags *diags)
{
	say_unread(&host->silent, diags);
	trouble_tell(warn, diags);
	if (host->target.pids_len || host->target.main_pid)
		say_unread(&host->hidden, diags);
	for (unsigned i = 0; i < host->left_out_len; i++)
		say_left_out(&host->left_out[i], diags);
}

void probe_load_args(struct probe_host *host, struct probe *probe)
{
	if (!probe->has_typed || probe->is_loaded)
		return;
	probe->is_loaded = true;
	probe->provider->load_args(host, probe);
}

static void host_load_args(struct probe_source *source, struct probe *probe)
{
	probe_load_args(source->data, probe);
}

static const char *source_whose(struct probe_source *source, const struct site *site)
{
	return site_is_kernel(site) ? "" : host_whose(source->data, site->dev, site->ino);
}

struct probe_source probe_host_source(struct probe_host *host)
{
	return (struct probe_source){.data = host, .find = host_find, .load_args = host_load_args, .whose = source_whose};
}

struct probe_host *probe_host_new(struct arena *arena, const struct target *target)
{
	static const struct probe_desc dtrace = {"dtrace", "", "", "", 0};
	struct probe_host *host = arena_new_one(arena, struct probe_host);
	struct probe_list list = {.arena = arena};
	const char *why = NULL;

	host->arena = arena;
	host->all.arena = arena;
	if (target)
		host->target = *target;
	host->identity = host->target.identity;
	ask(host, &provider_dtrace, &dtrace, &list,
	    &why); /* BEGIN, END and ERROR are 1, 2 and 3, whatever else is found */
	return host;
}

void probe_host_free(struct probe_host *host)
{
	unsigned i;

	if (!host)
		return;
	for (i = 0; i < PROVIDERS; i++)
		if (providers[i]->forget)
			providers[i]->forget(host);
	for (i = 0; i < host->binaries_len; i++) {
		elf_file_close(host->binaries[i]->elf);
		held_close(host->binaries[i]->held);
		unwind_free(host->binaries[i]->unwind);
	}
	host->binaries_len = 0;
}
