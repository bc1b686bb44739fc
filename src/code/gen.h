/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Generating eBPF: what the parts of src/code, the functions (src/func) and the aggregations (src/agg) share.
 *
 * An expression's scalar value is left in R0, always extended to 64 bits as its type says. R0 to R5 do not survive a
 * call; what must, is put into a slot. A string's value is written to a place, NUL-terminated and padded with zeros to
 * the place's room: keys and comparisons rely on the padding.
 */
#ifndef CEPHTAP_CODE_GEN_H
#define CEPHTAP_CODE_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "agg/agg.h"
#include "plan/plan.h"
#include "code/code.h"
#include "code/image.h"
#include "code/insn.h"
#include "func/func.h"

/* A jump target; {0} is a new one. Bound once, by label_bind. */
struct label {
	bool bound;
	unsigned target;
	unsigned *refs;
	unsigned refs_len;
	struct label *next_open; /* of those that jumps wait for */
};

enum place_base { PLACE_SCRATCH, PLACE_RECORD, PLACE_MAP };

/* A loop over a text (text.c), by its step; it ends after so many turns for each byte, and two more, or after `turns`.
 */
struct gen;
struct text_loop {
	void (*step)(struct gen *gen, struct label *last);
	unsigned turns_each, turns;
};

/* One that the program runs: where the function and its step begin. */
struct text_use {
	const struct text_loop *loop;
	struct label entry, step;
};

/* The scratch memory of one: words, and after them texts. */
struct text_area {
	uint32_t at;
};

/* Where a string is, or is to be written. */
struct place {
	enum place_base base;
	unsigned map; /* PLACE_MAP: in the first value of this map */
	uint32_t offset;
	uint32_t room; /* bytes with the final NUL, a multiple of 8 */
};

/* What a function's gen gets: a string goes to `place`, a scalar to R0. */
struct value {
	struct place place;
};

/* Eight bytes that survive calls: on the stack, in scratch memory when the stack is full. */
struct slot {
	bool in_scratch;
	int32_t offset;
};

struct gen {
	struct arena *arena;
	struct image *image;
	struct layout *layout;
	const struct options *options;
	struct diags *diags;

	struct bpf_insn *insns;
	unsigned insns_len;
	struct image_reloc *relocs;
	unsigned relocs_len;
	struct image_line *lines;
	unsigned lines_len;

	const struct probe *probe; /* any probe that this program serves */
	const struct site *site;   /* NULL: timers, BEGIN, END, ERROR */
	enum probe_ctx ctx;
	unsigned clause;		 /* the current one */
	unsigned action;		 /* the current one of its statements, from 1; 0: the predicate */
	struct label *forget;		 /* where a clause goes on that leaves no record after all */
	struct label *fault;		 /* where a fault in the current clause goes */
	const struct agg_args *agg_args; /* of the update that is being generated */

	int32_t stack_now, stack_limit; /* bytes below the frame pointer in use; the most that may be */
	uint32_t scratch_now, scratch_max;
	/*
	 * A function is generated twice: the first round finds out what it uses, the second has a prologue for just
	 * that.
	 */
	bool first_round;
	bool needs_scratch, needs_time, needs_probe, needs_fault, needs_saved;
	bool is_claimed;    /* this run has its scratch memory from here on */
	bool claims_early;  /* even what stands before the conditions has no room on the stack */
	bool *needs_this;   /* per variable id */
	bool keeps_scratch; /* the statement made a pointer into scratch memory, which must live on: copyin() */

	struct slot time, probe_index, fault_info, fault_address, fault_pc; /* fixed slots */
	struct slot *saved;						    /* what the entry saved, one slot each */
	struct slot *this_slots;					    /* per variable id */
	struct place *this_places;
	unsigned fixed_probe;  /* the index of the only probe, where there is no cookie */
	bool is_fixed;	       /* that is so */
	unsigned map_syscalls; /* of the program: which probe a system call is; MAP_NONE: it serves no system calls */
	/* Functions of this program, made behind it when something has called them (stack.c). */
	struct label *open; /* not bound yet, and jumped to */
	struct label unwind_entry, unwind_frame, hash_entry, visible_entry;
	struct text_use *texts; /* text.c: the same */
	unsigned texts_len;
	bool calls_back;	 /* a helper calls a function of this program */
	struct text_area tokens; /* strtok(): its text, which lives as long as the firing */
	bool needs_tokens;
	uint32_t taken_at; /* alloca.c: where its memory begins; 0: it is not there yet */
	bool needs_taken;
	unsigned *functions; /* where each begins */
	unsigned functions_len;
	struct label *error_entry; /* ERROR clauses as a function of this program; NULL: none */
	bool is_dead;		   /* what is emitted now cannot be reached: it is left out */
	bool too_long;		   /* a jump did not fit */
	const struct code_rules *rules;
	bool may_wait; /* what is read now may be absent: see memory.c */
	bool sleeps;   /* the program has code that waits for memory */
};

/* emit.c: instructions */
void emit(struct gen *gen, struct bpf_insn insn);
void emit_imm64(struct gen *gen, int reg, int64_t value);
/* Was the last instruction one that set `reg` to a small constant? Takes it back, for use in another instruction. */
bool emit_take_back(struct gen *gen, int reg, int32_t *imm);
void emit_map(struct gen *gen, int reg, unsigned map);
void emit_map_value(struct gen *gen, int reg, unsigned map, uint32_t offset);
void emit_call(struct gen *gen, int helper);
void emit_jump(struct gen *gen, struct label *label);
void emit_jump_imm(struct gen *gen, int op, int dst, int32_t imm, struct label *label);
void emit_jump_reg(struct gen *gen, int op, int dst, int src, struct label *label);
/* Calls a function of the same program: the label is where it begins. */
void emit_branch_call(struct gen *gen, struct label *label);
/* Between two statements: jumps that would become too long go by way of here. */
void emit_islands(struct gen *gen);
/* How many conditional jumps a verifier may have to remember, see struct code_limits. */
unsigned emit_branches(const struct gen *gen);
/* A function behind the program begins here; the second: is there, if something calls it. */
void begin_behind(struct gen *gen, struct label *entry);
void gen_behind(struct gen *gen, struct label *entry, void (*make)(struct gen *gen));
/* Its address, for helpers that call it back. */
void emit_function_address(struct gen *gen, int reg, struct label *label);
void label_bind(struct gen *gen, struct label *label);
void emit_line(struct gen *gen, struct loc loc);
/* The value in `reg` is brought to the width and sign of an integer or pointer type. */
void emit_extend(struct gen *gen, int reg, uint32_t size, bool is_signed);
void emit_convert(struct gen *gen, int reg, const struct type *type);
struct slot slot_new(struct gen *gen);
void slot_release(struct gen *gen, struct slot slot); /* last taken, first released */
void slot_store(struct gen *gen, struct slot slot, int reg);
void slot_load(struct gen *gen, int reg, struct slot slot);
void slot_address(struct gen *gen, int reg, struct slot slot);
uint32_t scratch_new(struct gen *gen, uint32_t size);
/* Gives back what was taken since scratch_now was `mark`, unless something of it may still be pointed to. */
void scratch_release(struct gen *gen, uint32_t mark);
/* Would every jump still reach its target after the kernel has replaced calls by longer sequences? */
bool emit_jumps_fit(const struct gen *gen, struct arena *arena);
void emit_drop(struct gen *gen, enum drop_cause cause); /* counts one; R0 to R5 are lost */
/* Forgets where a pointer came from, so that the verifier lets it be used as a number. */
void emit_launder(struct gen *gen);
/* Jumps to the clause's fault handling; the address is in `reg`, or 0 with reg < 0. */
void emit_fault(struct gen *gen, enum fault fault, int reg, struct loc loc);

/* memory.c: reads at an address in R0; each faults when nothing is mapped there */
/* R0 = `size` bytes. */
void emit_deref(struct gen *gen, uint32_t size, bool is_signed, bool userland, struct loc loc);
/* Text, at most limit - 1 bytes of it, into the place. */
void emit_read_string(struct gen *gen, struct place to, uint32_t limit, bool userland, struct loc loc);
/* The same of a process, the limit in a slot. */
void emit_read_text(struct gen *gen, struct place to, struct slot size, struct loc loc);
/* As many bytes of a process as the slot says, at most `max`, into the place; the rest of it is zero. */
void emit_read_bytes(struct gen *gen, struct place to, struct slot size, uint32_t max, struct loc loc);
/* As many bytes as the place has. */
void emit_read_object(struct gen *gen, struct place to, bool userland, struct loc loc);

/* alloca.c: memory that a script takes, and writes by pointers */
void gen_taken_new(struct gen *gen);					 /* in a program's prologue */
void gen_taken_clear(struct gen *gen);					 /* at the start of each clause */
void gen_take(struct gen *gen, const struct expr *size, struct loc loc); /* R0 = the address of so many bytes */
void emit_taken_fill(struct gen *gen, struct slot to, struct slot from, struct slot size, bool userland,
		     struct loc loc);
/* Faults where the address in R0 is one of that memory, and so many bytes there were not taken. */
void emit_taken_check_read(struct gen *gen, uint32_t size, struct loc loc);
/* Assignments to a place that a pointer leads to, EXPR_ASSIGN or EXPR_UPDATE, and steps. */
void gen_memory_assign(struct gen *gen, const struct expr *expr);
void gen_memory_step(struct gen *gen, const struct expr *expr);

/* A field's value in R0, and the other bits of its unit, which lies at R2 + `at`: R0 = the whole unit. */
void emit_field_in(struct gen *gen, const struct expr *place, int32_t at);
/* R0: the unit that a field lies in, then what the field holds; or, of a value, what the field keeps of it. */
void emit_field_out(struct gen *gen, const struct expr *place);
void emit_field_cut(struct gen *gen, const struct expr *place);
/* How many bytes are read and written for a scalar place. */
uint32_t place_bytes(const struct expr *place);
bool place_is_field(const struct expr *place);
void emit_scale(struct gen *gen, const struct type *type, int reg); /* a count of elements becomes one of bytes */
int32_t step_size(const struct expr *expr);			    /* of EXPR_STEP, with its sign */

/* object.c: structures, unions and arrays that variables hold */
/* The variable that a place is a part of, without any pointer being followed; NULL: it lies elsewhere. */
const struct expr *object_root(const struct expr *place);
void gen_object_load(struct gen *gen, const struct expr *place);    /* R0 = what a scalar part holds */
void gen_object_address(struct gen *gen, const struct expr *place); /* R0, as a number */
void gen_part_assign(struct gen *gen, const struct expr *expr);	    /* EXPR_ASSIGN or EXPR_UPDATE of a scalar part */
void gen_part_step(struct gen *gen, const struct expr *expr);
/* Of whole objects, wherever they lie; R0 = where a copy of what was assigned is. */
void gen_object_assign(struct gen *gen, const struct expr *expr);

/* place.c: strings */
void emit_place_address(struct gen *gen, int reg, struct place place);
void emit_place_zero(struct gen *gen, struct place place);
void emit_place_copy(struct gen *gen, struct place to, struct place from);
struct place place_scratch(struct gen *gen, uint32_t room);
struct place place_const(struct gen *gen, const char *text, size_t size);
void gen_string(struct gen *gen, const struct expr *expr, struct place to);
struct place gen_string_anywhere(struct gen *gen, const struct expr *expr);
void gen_string_compare(struct gen *gen, const struct expr *expr); /* R0 = 0 or 1 */
uint32_t string_room(const struct type *type);

/* text.c: loops over texts. A clause fills an area, runs loops on it, and reads the words that they leave. */
enum text_word {
	TEXT_I,	    /* the byte that the step is about */
	TEXT_J,	    /* its state */
	TEXT_FOUND, /* where what was found begins; below 0: nothing was */
	TEXT_LEN,   /* of the first text; of what emit_text_give() gives: where it ends */
	TEXT_LEN2,  /* of the second one */
	TEXT_VALUE,
	TEXT_BASE,
	TEXT_LAST, /* not 0: the last is looked for, not the first */
	TEXT_SET,  /* four words: a set of bytes */
	TEXT_WORDS = TEXT_SET + 4
};
/* Parts of an area, each as long as the longest string. */
enum text_part { TEXT_FIRST, TEXT_SECOND, TEXT_THIRD };
uint32_t text_room(const struct gen *gen);
struct text_area text_area_new(struct gen *gen, unsigned rooms);
void emit_text_set(struct gen *gen, struct text_area area, enum text_word word, int reg);
void emit_text_set_imm(struct gen *gen, struct text_area area, enum text_word word, int32_t imm);
void emit_text_get(struct gen *gen, struct text_area area, enum text_word word, int reg);
/* The text into the part, and its length into the word for it. */
void emit_text_take(struct gen *gen, struct text_area area, enum text_part part, const struct expr *text);
int32_t text_part_at(const struct gen *gen, struct text_area area, enum text_part part); /* from REG_SCRATCH on */
void emit_text_run(struct gen *gen, struct text_area area, const struct text_loop *loop);
/* As many bytes as one slot says from the one in the other on, as a string; the latter slot is lost. */
void emit_text_cut(struct gen *gen, struct place from, struct slot start, struct slot len, struct place to);
/* The same from TEXT_FOUND to TEXT_LEN. */
void emit_text_give(struct gen *gen, struct text_area area, enum text_part part, struct place to);
/* Steps: R0 to R8 are theirs, the area is in REG_TEXT. R5 is lost where a byte is read or written. */
enum { REG_TEXT = R9 };
void emit_step_get(struct gen *gen, int reg, enum text_word word);
void emit_step_address(struct gen *gen, int reg, enum text_word word);
void emit_step_set(struct gen *gen, enum text_word word, int reg);
void emit_step_set_imm(struct gen *gen, enum text_word word, int32_t imm);
/* The byte whose index is in a register; one behind the room ends the loop. */
void emit_step_byte(struct gen *gen, int reg, enum text_part part, int index, struct label *last);
void emit_step_put(struct gen *gen, enum text_part part, int index, int reg, struct label *last);
void emit_step_put_imm(struct gen *gen, enum text_part part, int index, char byte, struct label *last);
/* The same of a table of 16-bit numbers, which takes two parts. */
void emit_step_half(struct gen *gen, int reg, enum text_part part, int index, struct label *last);
void emit_step_put_half(struct gen *gen, enum text_part part, int index, int reg, struct label *last);
/* The functions that the loops need, behind the program. */
void gen_text_functions(struct gen *gen);
/* Which are used so far; and back to that, as the function that used more is generated once more. */
unsigned *text_uses(const struct gen *gen, struct arena *arena);
void text_uses_back(struct gen *gen, const unsigned *refs);

/* expr.c: scalars */
void gen_scalar(struct gen *gen, const struct expr *expr); /* into R0 */
void gen_scalar_as(struct gen *gen, const struct expr *expr, const struct type *type);
void gen_condition(struct gen *gen, const struct expr *expr, struct label *when_false);
void gen_effect(struct gen *gen, const struct expr *expr); /* for its effect only: strings and void too */

/* op.c */
void gen_binary_op(struct gen *gen, enum plan_op op, const struct type *type, struct loc loc); /* R0 = R0 op R1 */
/* R0 = what the scalar place at the address in R0 holds. */
void gen_place_at(struct gen *gen, const struct expr *expr, bool userland);
void gen_address(struct gen *gen, const struct expr *expr, bool *userland); /* R0 = address of what expr names */

/* arg.c: arguments of probes */
void gen_argloc(struct gen *gen, const struct argloc *loc, struct loc where);
void gen_probe_arg(struct gen *gen, unsigned index, struct loc where);
void gen_probe_arg_string(struct gen *gen, unsigned index, struct place to, struct loc where);
void gen_conditions(struct gen *gen, const struct argcond *conds, unsigned conds_len, struct label *no);
/* What the data has to be (code/check.c); `probe` is the index in the plan. */
void gen_checks(struct gen *gen, unsigned probe, struct label *no);

/* var.c: variables */
void gen_var_load(struct gen *gen, const struct expr *expr);
void gen_var_string(struct gen *gen, const struct expr *expr, struct place to);
bool var_string_place(struct gen *gen, const struct expr *expr, struct place *place); /* a string that lies still */
/* Text of `room` bytes in a map's value at address R0, or none when R0 is 0, into the place. */
void emit_copy_value(struct gen *gen, struct place to, uint32_t room);
void gen_var_assign(struct gen *gen, const struct expr *expr);
void gen_var_step(struct gen *gen, const struct expr *expr); /* ++ and -- */
/* Does it lie in a map of its own, by key, rather than with others? */
bool var_in_hash(const struct var *var);
struct place gen_this_place(struct gen *gen, const struct var *var);
/* Writes a key of these expressions; returns where it lies. */
struct key_place {
	bool in_scratch;
	int32_t offset;
	uint32_t mark;	   /* scratch memory before it */
	struct slot first; /* stack: the slots it takes, for release */
	uint32_t size;
};
/* What stands before the script's own keys, 8 bytes. */
enum key_prefix { KEY_PLAIN, KEY_THREAD, KEY_CPU };
struct key_place gen_key(struct gen *gen, struct expr **exprs, const struct type *const *types, unsigned n,
			 enum key_prefix prefix);
struct key_place gen_var_key(struct gen *gen, const struct expr *expr);
/* R0 = address of the value of a variable in a hash, or 0. */
void emit_var_lookup(struct gen *gen, const struct var *var, const struct key_place *key);
/* The value's address is in R3: insert or replace; count what has no room. */
void emit_var_update(struct gen *gen, const struct var *var, const struct key_place *key);
void emit_key_address(struct gen *gen, int reg, const struct key_place *key);
void key_release(struct gen *gen, const struct key_place *key);
uint32_t key_size(const struct type *const *types, unsigned n, enum key_prefix prefix);

/* agg.c */
/* A run of updates with the same key, of which there may be one: the key is made once. */
void gen_aggregates(struct gen *gen, const struct plan_update *const *updates, unsigned n);
/* May the second update use the key that the first one made? */
bool agg_shares_key(const struct plan_update *first, const struct plan_update *second);
/* For src/agg: the value's address is in REG_KEEP. Adds R1 (lost) to its word. */
void emit_agg_add(struct gen *gen, unsigned word);
void emit_agg_add_imm(struct gen *gen, unsigned word, int32_t imm);
/* Adds R1 to the word whose index is in R0 (0 to last, checked again for the verifier). */
void emit_agg_add_at(struct gen *gen, unsigned last);
/* What is aggregated, and how much it counts: evaluated before the look-up. */
void emit_agg_value(struct gen *gen, int reg);
void emit_agg_weight(struct gen *gen, int reg);
bool agg_has_weight(const struct plan_update *update);

/* task.c: the thread and the process that the probe is about */
bool gen_is_of_other(const struct gen *gen); /* not the current thread, but one whose task_struct is known */
int gen_task_offset(struct gen *gen, const char *structure, const char *member, struct loc loc); /* 0 after a message */
void emit_task(struct gen *gen); /* R0 = the address of its task_struct */
/* R0 = `size` bytes at a member of it, which is a structure's address where `then` is not NULL: a member of that. */
void emit_task_member(struct gen *gen, const char *member, const char *of, const char *then, uint32_t size,
		      struct loc loc);
void emit_pid(struct gen *gen);
void emit_tid(struct gen *gen);
/* R0 = the process, 0 where it cannot be seen from where we run: for what is chosen and found by numbers. */
void emit_visible_pid(struct gen *gen);
/* The same of the thread whose task_struct is there. */
void emit_visible_pid_of(struct gen *gen, const struct argloc *task);
/* R0 = the current process as struct stack_value has it. */
void emit_stack_pid(struct gen *gen);
/* R0 = a number of the thread, the same wherever the script asks: key of its self-> variables. */
void emit_thread_key(struct gen *gen);
/* R0 = half of a pair of 32-bit numbers in R0. */
void emit_half(struct gen *gen, bool high, bool is_signed);
void emit_time(struct gen *gen); /* R0 = nanoseconds, read once in a firing */

/* stack.c: R0 = the number of what the reader turns into addresses or names. `name` and `loc` are for messages. */
void emit_kernel_stack(struct gen *gen, int32_t frames);
void emit_process_stack(struct gen *gen, int32_t frames, const char *name, struct loc loc);
/* Of these stacks: how many frames, or where the second one is; 0: none. */
enum stack_part { STACK_DEPTH, STACK_CALLER };
void emit_kernel_part(struct gen *gen, enum stack_part part);
void emit_process_part(struct gen *gen, enum stack_part part, const char *name, struct loc loc);
void emit_symbol(struct gen *gen, const struct expr *address, bool is_user);
/* The functions that stacks need, behind the program. */
void gen_stack_functions(struct gen *gen);
enum { STACK_FUNCTIONS_DEPTH = 96 }; /* bytes of the 512 that they need */
/* The same for numbers of processes in a container, where they need one. */
void gen_task_functions(struct gen *gen);
enum { TASK_FUNCTIONS_DEPTH = 32 };

/* clause.c */
void gen_clause(struct gen *gen, unsigned clause);
void gen_probe_index(struct gen *gen, int reg); /* the index in plan->probes of the probe that fired */
void gen_epid_into(struct gen *gen, int reg);	/* a number for the probe that fired and the clause together: epid */

/* The value of the map of probes' names, by index in plan->probes. */
struct probe_names {
	char prov[64], mod[128], func[128], name[128];
	uint64_t id;
};

/* schema.c: what readers need besides layouts; the places that errors can name are known once all programs are made. */
struct schema *schema_new(struct arena *arena, const struct plan *plan, const struct options *options);
void schema_finish(struct arena *arena, const struct plan *plan, struct schema *schema);

/* layout.c: maps and record layouts, made before any program */
struct layout {
	unsigned map_globals, map_rodata, map_zeros, map_scratch, map_saves;
	uint32_t *global_offsets; /* per variable id */
	unsigned *var_maps;	  /* per variable id: MAP_NONE for scalars */
	struct buf rodata;
	uint32_t zeros_size, saves_max; /* bytes; most words that an entry saves for its return */
	uint32_t scratch_max;		/* bytes of one claim */
	bool has_error_clauses;
};
struct layout *layout_new(struct arena *arena, struct image *image, const struct options *options);
unsigned layout_daemons_map(struct arena *arena, struct image *image); /* made when first asked for */
unsigned layout_probes_map(struct arena *arena, struct image *image);
unsigned layout_speculations_map(struct arena *arena, struct image *image);
unsigned layout_pids_map(struct arena *arena, struct image *image);
unsigned layout_stacks_map(struct arena *arena, struct image *image);  /* the same */
unsigned layout_symbols_map(struct arena *arena, struct image *image); /* the same */
void layout_unwind_maps(struct arena *arena, struct image *image);
unsigned layout_syscalls_map(struct arena *arena, struct image *image); /* a new one */
enum { SYSCALLS_MAX = 1024 };
void layout_finish(struct layout *layout, struct arena *arena, struct image *image);
/* A name that the kernel accepts for a map or a program: 15 letters, digits and underscores. */
char *kernel_name(struct arena *arena, const char *text);
unsigned image_map_new(struct arena *arena, struct image *image, struct image_map map);

#endif
