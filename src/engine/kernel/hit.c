/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/kernel/hit.h"

#include <bpf/bpf.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "code/insn.h"
#include "engine/kernel/bpf.h"

enum { ROUNDS = 9, PASSES = 40 };

/* An instruction that the kernel executes itself, and one that it runs as a copy, in a single step. */
void hit_executed(void);
__asm__(".pushsection .text\n.globl hit_executed\n.type hit_executed, @function\nhit_executed:\n\tnop\n\tret\n"
	".size hit_executed, . - hit_executed\n.popsection");
#ifdef __x86_64__
void hit_stepped(void);
__asm__(".pushsection .text\n.globl hit_stepped\n.type hit_stepped, @function\nhit_stepped:\n\tmov %rax, %rax\n\tret\n"
	".size hit_stepped, . - hit_stepped\n.popsection");
static void (*const places[])(void) = {hit_executed, hit_stepped};
#else
static void (*const places[])(void) = {hit_executed};
#endif

enum { PLACES = sizeof(places) / sizeof(places[0]) };

struct place {
	uintptr_t address;
	uint64_t offset;
};

/* Where it is in our own file; the program itself comes first. */
static int find_place(struct dl_phdr_info *info, size_t size, void *data)
{
	struct place *place = data;

	(void)size;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t at = place->address - info->dlpi_addr - segment->p_vaddr;

		if (segment->p_type == PT_LOAD && at < segment->p_filesz)
			place->offset = segment->p_offset + at;
	}
	return 1;
}

static int attach(int prog, uint64_t offset, bool is_multi)
{
	const uint64_t zero = 0;
	int event, link;

	if (is_multi)
		return bpf_uprobe_multi_link(prog, &(struct uprobe_multi){.path = "/proc/self/exe",
									  .offsets = &offset,
									  .refs = &zero,
									  .cookies = &zero,
									  .len = 1,
									  .pid = getpid()});
	event = perf_uprobe_open(&(struct perf_uprobe){.path = "/proc/self/exe", .offset = offset, .pid = getpid()});
	if (event < 0)
		return event;
	link = bpf_perf_link(prog, event, 0);
	if (link < 0)
		close(event);
	return link;
}

void hit_init(struct hit *hit)
{
	*hit = (struct hit){.links = {-1, -1}};
}

void hit_free(struct hit *hit)
{
	for (unsigned i = 0; i < sizeof(hit->links) / sizeof(hit->links[0]); i++)
		if (hit->links[i] >= 0)
			close(hit->links[i]);
	hit_init(hit);
}

static void attach_all(struct hit *hit)
{
	static const struct bpf_insn nothing[] = {INSN_MOV_IMM(R0, 0), INSN_EXIT()};
	bool is_multi = bpf_has_uprobe_multi(true);
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = is_multi ? (enum bpf_attach_type)ATTACH_UPROBE_MULTI : 0);
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "ct_hit", "GPL", nothing, 2, &opts);

	for (unsigned i = 0; prog >= 0 && i < PLACES; i++) {
		struct place place = {.address = (uintptr_t)places[i]};

		dl_iterate_phdr(find_place, &place);
		hit->links[i] = place.offset ? attach(prog, place.offset, is_multi) : -1;
	}
	if (prog >= 0)
		close(prog);
}

static uint64_t thread_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The median of some rounds: an interrupt in one of them does not count. */
static uint64_t measure(void (*place)(void))
{
	uint64_t rounds[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t before = thread_ns();

		for (unsigned j = 0; j < PASSES; j++)
			place();
		rounds[i] = (thread_ns() - before) / PASSES;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
	return rounds[ROUNDS / 2];
}

bool hit_measure(struct hit *hit, uint64_t *ns, uint64_t *step_ns)
{
	if (!hit->is_tried)
		attach_all(hit);
	hit->is_tried = true;
	if (hit->links[0] < 0)
		return false;
	*ns = measure(places[0]);
	*step_ns = PLACES > 1 && hit->links[1] >= 0 ? measure(places[PLACES - 1]) : 0;
	return *ns;
}
