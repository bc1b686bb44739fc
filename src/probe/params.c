/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe/params.h"

#include <dwarf.h>
#include <string.h>

#include "lib/dwarf_location.h"
#include "probe/entry_stores.h"
#include "probe/passing.h"
#include "probe/signature.h"
#include "probe/slot_use.h"

enum { PARAMS_MAX = 255, FIRST_VECTOR = 17, LAST_VECTOR = 32 /* DWARF's numbers of %xmm0 to %xmm15 */, CC_NOCALL = 3 };

static const char is_vector[] = "it is in a floating-point register, which a probe cannot read";
static const char is_not_known[] =
	"where it is when the function is entered cannot be told from its debug information and its code";

/* What is known of a function, while its parameters are looked for. */
struct param_search {
	struct arena *arena;
	const struct params_function *from;
	struct entry_stores stores; /* of the whole beginning */
	bool has_stores;
	bool keeps_convention; /* the calling convention holds: others call it, or its compiler never changes that */
	/* of what is looked at: */
	bool is_list;			   /* it is said of one address in particular */
	const struct entry_stores *before; /* NULL: that is the entry; else what has happened between: */
	struct entry_stores until;
};

/* ---- the calling convention ---- */

static uint64_t number_of(Dwarf_Die *die, unsigned name, uint64_t otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	return dwarf_attr_integrate(die, name, &attr) && !dwarf_formudata(&attr, &word) ? word : otherwise;
}

static bool is_c_family(const struct dwarf_unit *unit)
{
	switch (number_of((Dwarf_Die *)&unit->die, DW_AT_language, 0)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC:
	case DW_LANG_ObjC_plus_plus:
	case 0x002b: /* C++17, C++20, C17: DWARF 6 */
	case 0x002c:
	case 0x002a:
		return true;
	default:
		return false;
	}
}

static bool is_of_gcc(const struct dwarf_unit *unit)
{
	Dwarf_Attribute attr;
	const char *producer =
		dwarf_attr((Dwarf_Die *)&unit->die, DW_AT_producer, &attr) ? dwarf_formstring(&attr) : NULL;

	return producer && !strncmp(producer, "GNU ", 4);
}

/* As far as the debug information says it: from DWARF 4 on. */
static bool is_optimised(const struct dwarf_function *function)
{
	static const unsigned signs[] = {DW_AT_call_all_calls, DW_AT_call_all_tail_calls, DW_AT_GNU_all_call_sites,
					 DW_AT_GNU_all_tail_call_sites};
	bool is = function->unit.version < 4;

	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		is |= dwarf_hasattr((Dwarf_Die *)&function->die, signs[i]);
	return is;
}

/*
 * When it optimises, GCC gives a function that it changes another name, foo.isra.0; clang changes what nobody else can
 * call and keeps the name.
 */
static bool may_be_changed(const struct params_function *from)
{
	return from->is_clone ||
	       number_of((Dwarf_Die *)&from->function->die, DW_AT_calling_convention, 1) == CC_NOCALL ||
	       (from->is_local && !is_of_gcc(&from->function->unit) && is_optimised(from->function));
}

/* ---- numbers at the entry ---- */

static struct argloc in_reg(unsigned reg, int64_t offset)
{
	struct argloc loc = {.n = 1, .steps = {{.op = STEP_REG, .reg = (uint8_t)reg}}};

	if (offset)
		loc.steps[loc.n++] = (struct argstep){.op = STEP_ADD, .imm = offset};
	return loc;
}

/* At the entry the stack pointer is at the return address, 8 below the CFA. False: the distance is not known. */
static bool from_cfa(int64_t offset, struct argloc *loc)
{
	*loc = in_reg(ABI_REG_SP, offset + ABI_ENTRY_CFA);
	return offset > ENTRY_ALIGNED / 2;
}

static void add_load(struct argloc *loc, unsigned size, int64_t offset, bool is_signed)
{
	loc->steps[loc->n++] =
		(struct argstep){.op = STEP_LOAD, .size = (uint8_t)size, .imm = offset, .is_signed = is_signed};
}

static const struct entry_stores *stores_of(struct param_search *looking)
{
	const struct params_function *from = looking->from;

	if (!looking->has_stores && from->code)
		entry_stores_find(from->code, from->size, from->vaddr, 0, &looking->stores);
	looking->has_stores = true;
	return &looking->stores;
}

/* What a register is relative to the frame; NULL: it is not said of the entry in particular. */
static const struct entry_value *frame_base(struct param_search *looking, unsigned reg)
{
	static const struct entry_value entry_sp = {.kind = ENTRY_FRAME, .offset = -ABI_ENTRY_CFA};

	if (reg >= ENTRY_REGS)
		return NULL;
	if (looking->before)
		return &looking->before->regs[reg];
	if (reg == ABI_REG_SP)
		return looking->is_list ? &entry_sp : &stores_of(looking)->body_sp;
	return reg == ABI_REG_FRAME ? &stores_of(looking)->body_bp : NULL;
}

/* The sum without its load, as an offset from the CFA; false: it is none. */
static bool frame_offset(struct param_search *looking, const struct dwarf_sum *sum, int64_t *offset)
{
	const struct entry_value *base = sum->base == DWARF_BASE_REG ? frame_base(looking, sum->reg) : NULL;

	*offset = sum->offset;
	if (sum->base == DWARF_BASE_CFA)
		return true;
	if (!base || base->kind != ENTRY_FRAME)
		return false;
	*offset += base->offset;
	return true;
}

/* What a word of the frame will hold, or a register holds later; false: not known. */
static bool value_loc(const struct entry_value *value, unsigned size, bool is_signed, struct argloc *loc)
{
	if (value->size < size)
		return false;
	switch (value->kind) {
	case ENTRY_REG:
		*loc = in_reg(value->reg, 0);
		if (value->shift)
			loc->steps[loc->n++] = (struct argstep){.op = STEP_SHR, .imm = value->shift};
		passing_cast(loc, size, is_signed);
		return true;
	case ENTRY_MEMORY:
		*loc = in_reg(ABI_REG_SP, 0);
		add_load(loc, size, value->offset + 8, is_signed);
		return true;
	case ENTRY_FRAME:
		return from_cfa(value->offset, loc);
	default:
		return false;
	}
}

/*
 * What is in `size` bytes at an offset from the CFA: the caller's frame is there; the function's own is filled in.
 * Gives how many bytes are known.
 */
static unsigned frame_known(struct param_search *looking, int64_t offset, unsigned size, struct entry_value *value)
{
	if (looking->before)
		return entry_stores_last(looking->before, offset, size, value);
	if (offset < 0)
		return entry_stores_first(stores_of(looking), offset, size, value);
	*value = (struct entry_value){.kind = ENTRY_MEMORY, .size = size, .offset = offset};
	return size;
}

static bool frame_value(struct param_search *looking, int64_t offset, unsigned size, bool is_signed, struct argloc *loc)
{
	struct entry_value value;

	return frame_known(looking, offset, size, &value) >= size && value_loc(&value, size, is_signed, loc);
}

/* What a register holds there, at the entry. */
static bool reg_value(struct param_search *looking, unsigned reg, unsigned size, bool is_signed, struct argloc *loc)
{
	if (reg >= ABI_REG_PC)
		return false;
	if (looking->before)
		return value_loc(&looking->before->regs[reg], size, is_signed, loc);
	/* without a list it is said of the function's body, which may have moved a parameter there */
	if (!looking->is_list && abi_reg_is_kept_by_calls(reg))
		return false;
	*loc = in_reg(reg, 0);
	passing_cast(loc, size, is_signed);
	return true;
}

/* The number itself; false: not known at the entry. */
static bool sum_loc(struct param_search *looking, const struct dwarf_sum *sum, struct argloc *loc)
{
	int64_t offset;

	if (frame_offset(looking, sum, &offset)) {
		if (sum->is_loaded ? !frame_value(looking, offset, 8, false, loc) : !from_cfa(offset, loc))
			return false;
	} else if (sum->base == DWARF_BASE_NUMBER) {
		*loc = (struct argloc){.n = 1, .steps = {{.op = STEP_CONST, .imm = sum->offset}}};
		return !sum->is_loaded;
	} else if (sum->base != DWARF_BASE_REG || sum->reg == ABI_REG_SP || sum->reg == ABI_REG_FRAME ||
		   !reg_value(looking, sum->reg, 8, false, loc)) {
		return false;
	} else if (sum->is_loaded) {
		add_load(loc, 8, sum->offset, false);
	} else if (sum->offset) {
		loc->steps[loc->n++] = (struct argstep){.op = STEP_ADD, .imm = sum->offset};
	}
	if (sum->is_loaded && sum->after)
		loc->steps[loc->n++] = (struct argstep){.op = STEP_ADD, .imm = sum->after};
	if (sum->shift)
		loc->steps[loc->n++] = (struct argstep){.op = STEP_SHR, .imm = sum->shift};
	passing_cast(loc, sum->size, sum->is_signed);
	return true;
}

/* ---- pieces ---- */

/*
 * A register or word plus something is no place of a parameter that has just come: clang lets what it knows of a
 * variable that the function changes at once begin at the entry.
 */
static bool is_changed(struct param_search *looking, const struct dwarf_sum *sum)
{
	int64_t offset;

	return sum->is_loaded ? sum->after != 0
			      : sum->base == DWARF_BASE_REG && sum->offset && !frame_offset(looking, sum, &offset);
}

/* The first `size` bytes of a piece as a number. False: not at the entry; *why says when they are nowhere. */
static bool piece_value(struct param_search *looking, const struct dwarf_piece *piece, unsigned size, bool is_signed,
			struct argloc *loc, const char **why)
{
	int64_t offset;

	switch (piece->kind) {
	case DWARF_PIECE_REG:
		if (piece->reg >= FIRST_VECTOR && piece->reg <= LAST_VECTOR)
			*why = is_vector;
		return reg_value(looking, piece->reg, size, is_signed, loc);
	case DWARF_PIECE_VALUE:
		if (is_changed(looking, &piece->sum)) {
			*why = "the function changes it, and the debug information knows it only as it is afterwards";
			return false;
		}
		if (!sum_loc(looking, &piece->sum, loc))
			return false;
		passing_cast(loc, size, is_signed);
		return true;
	case DWARF_PIECE_MEMORY:
		if (!piece->sum.is_loaded && frame_offset(looking, &piece->sum, &offset))
			return frame_value(looking, offset, size, is_signed, loc);
		if (!sum_loc(looking, &piece->sum, loc))
			return false;
		add_load(loc, size, 0, is_signed);
		return true;
	default:
		*why = "the compiler left it out";
		return false;
	}
}

/* What the function stores of a structure into its frame, piece by piece. */
static bool stored_pieces(struct param_search *looking, int64_t at, uint64_t size, struct arg *arg)
{
	bool is_any = false, is_all = true;

	for (uint64_t done = 0, step; done < size; done += step) {
		struct entry_value value = {.kind = ENTRY_UNKNOWN};
		struct arg_piece *piece = arena_push(looking->arena, arg->pieces, arg->pieces_len);
		unsigned known = 0;

		for (unsigned want = size - done < 8 ? (unsigned)(size - done) : 8; want && !known; want /= 2)
			known = frame_known(looking, at + (int64_t)done, want, &value);
		step = known && known <= size - done ? known : size - done < 8 ? size - done : 8;
		*piece = (struct arg_piece){.offset = (uint32_t)done, .size = (uint32_t)(step < 8 ? step : 8)};
		if (known && value_loc(&value, value.size, false, &piece->loc)) {
			is_any = true;
		} else {
			piece->why = value.kind == ENTRY_VECTOR ? is_vector : is_not_known;
			is_all &= value.kind == ENTRY_VECTOR;
		}
	}
	return is_all || (is_any && !looking->keeps_convention); /* else the convention knows more */
}

/* How many bytes of a register that a piece is in are known: fewer where a part of a parameter was moved there. */
static uint64_t known_size(const struct param_search *looking, const struct dwarf_piece *piece)
{
	unsigned size = looking->before && piece->kind == DWARF_PIECE_REG && piece->reg < ENTRY_REGS
				? looking->before->regs[piece->reg].size
				: 8;

	return size ? size : 8;
}

/* As many bytes can be read at once. */
static unsigned pow2(uint64_t size)
{
	return size > 4 ? 8 : size > 2 ? 4 : (unsigned)size;
}

static void take_piece(struct param_search *looking, const struct dwarf_piece *from, uint64_t size, struct arg *arg)
{
	uint64_t most = known_size(looking, from), step;

	for (uint64_t done = 0; done < size; done += step) {
		struct arg_piece *piece = arena_push(looking->arena, arg->pieces, arg->pieces_len);
		struct dwarf_piece part = *from;

		step = size - done < most ? size - done : most;
		*piece = (struct arg_piece){.offset = (uint32_t)(from->offset + done), .size = (uint32_t)step};
		if (done && part.kind != DWARF_PIECE_MEMORY) {
			piece->why =
				part.kind == DWARF_PIECE_REG && part.reg >= FIRST_VECTOR ? is_vector : is_not_known;
			continue;
		}
		if (part.sum.is_loaded)
			part.sum.after += (int64_t)done;
		else
			part.sum.offset += (int64_t)done;
		if (!piece_value(looking, &part, pow2(step), false, &piece->loc, &piece->why) && !piece->why)
			piece->why = is_not_known;
	}
}

/* ---- a parameter ---- */

static bool locate_scalar(struct param_search *looking, const struct dwarf_location *location, Dwarf_Die *type,
			  struct arg *arg)
{
	uint64_t size = passing_size(type);
	const struct dwarf_piece *piece = &location->pieces[0];

	if (!size || (piece->size && piece->size < size) || (size != 1 && size != 2 && size != 4 && size != 8))
		return false;
	arg->is_signed = dwarf_is_signed(type);
	return piece_value(looking, piece, (unsigned)size, arg->is_signed, &arg->loc, &arg->why);
}

/*
 * Of a class whose copies are more than bytes the caller hands over the address. GCC says where that is as if it were
 * the object; clang says of an address on the stack as if the object were there.
 */
static bool locate_by_address(struct param_search *looking, const struct dwarf_location *location, struct arg *arg)
{
	struct dwarf_piece piece = location->pieces[0];
	int64_t offset;

	if (location->len > 1)
		return false;
	if (piece.kind != DWARF_PIECE_MEMORY)
		return piece_value(looking, &piece, 8, false, &arg->loc, &arg->why);
	if (!piece.sum.is_loaded && frame_offset(looking, &piece.sum, &offset))
		return offset >= 0 && frame_value(looking, offset, 8, false, &arg->loc);
	return sum_loc(looking, &piece.sum, &arg->loc);
}

static bool locate_object(struct param_search *looking, const struct dwarf_location *location, Dwarf_Die *type,
			  struct arg *arg)
{
	const struct dwarf_piece *first = &location->pieces[0];
	uint64_t size = passing_size(type), done = 0;
	int64_t offset;

	if (passing_is_by_address(type))
		return locate_by_address(looking, location, arg);
	if (location->len == 1 && first->kind == DWARF_PIECE_MEMORY) {
		if (!first->sum.is_loaded && frame_offset(looking, &first->sum, &offset) && offset < 0)
			return stored_pieces(looking, offset, size, arg);
		return sum_loc(looking, &first->sum, &arg->loc);
	}
	for (unsigned i = 0; i < location->len; i++) {
		const struct dwarf_piece *piece = &location->pieces[i];

		take_piece(looking, piece, piece->size ? piece->size : size, arg);
		done = piece->offset + (piece->size ? piece->size : size);
	}
	if (done < size)
		take_piece(looking, &(struct dwarf_piece){.offset = done}, size - done, arg);
	return true;
}

/* By the debug information and the function's first instructions. False: these do not tell, unless arg->why does. */
static bool locate(struct param_search *looking, Dwarf_Die *parameter, Dwarf_Die *type, struct arg *arg)
{
	const struct params_function *from = looking->from;
	struct dwarf_location location;

	dwarf_locate(from->function, parameter, from->vaddr, &location);
	looking->is_list = location.is_list;
	looking->before = NULL;
	if (location.is_there && location.vaddr != from->vaddr) { /* something is said of a later address only */
		looking->before = &looking->until;
		if (!from->code)
			return false;
		entry_stores_find(from->code, from->size, from->vaddr, location.vaddr, &looking->until);
		if (!looking->until.is_reached)
			return false;
	}
	if (!location.is_there) {
		arg->why = location.why;
		return false;
	}
	if (passing_is_float(type))
		return false; /* by the convention it is known why it cannot be read */
	return passing_is_object(type) ? locate_object(looking, &location, type, arg)
				       : locate_scalar(looking, &location, type, arg);
}

static const void *keep(struct arena *arena, const struct dwarf_file *file, const Dwarf_Die *die)
{
	const struct dwarf_type type = {file, *die};

	return arena_memdup(arena, &type, sizeof(type));
}

/* Of a structure that is on the stack as a whole: where; false: it is elsewhere. */
static bool is_in_callers_frame(const struct argloc *loc, int64_t *offset)
{
	if (!loc->n || loc->n > 2 || loc->steps[0].op != STEP_REG || loc->steps[0].reg != ABI_REG_SP ||
	    (loc->n == 2 && loc->steps[1].op != STEP_ADD))
		return false;
	*offset = (loc->n == 2 ? loc->steps[1].imm : 0) - 8;
	return *offset >= 0;
}

/* When it optimises, clang leaves what it would put onto the stack for a function of the same unit that does not use
 * it. */
static void doubt_unused(struct param_search *looking, Dwarf_Die *type, struct arg *arg)
{
	const struct params_function *from = looking->from;
	int64_t offset;

	if (arg->why || arg->pieces_len || !passing_is_object(type) || passing_is_by_address(type) ||
	    !is_in_callers_frame(&arg->loc, &offset) || !passing_clang(&from->function->unit) ||
	    !is_optimised(from->function))
		return;
	if (from->code &&
	    slot_is_used(from->code, from->size, from->vaddr, stores_of(looking), offset, passing_size(type)))
		return;
	arg->loc.n = 0;
	arg->why = "the function does not use it, and clang then may not put it onto the stack";
}

static void take_parameter(struct param_search *looking, struct passing *passing, Dwarf_Die *parameter, struct arg *arg)
{
	struct arg by_convention;
	Dwarf_Die type;

	*arg = (struct arg){.name = dwarf_diename(parameter), .type = ARGTYPE_INT, .size = 8};
	if (!dwarf_type_of(parameter, &type)) {
		arg->why = "its type is not described here";
		looking->keeps_convention = false; /* where the next one is depends on it */
		return;
	}
	arg->type = ARGTYPE_NATIVE;
	arg->is_object = dwarf_is_class(&type);
	arg->native = keep(looking->arena, looking->from->file, &type);
	by_convention = *arg;
	passing_next(looking->arena, passing, &type, &by_convention);
	if (!locate(looking, parameter, &type, arg) && !arg->why) {
		*arg = by_convention;
		if (!looking->keeps_convention && !arg->why) {
			arg->loc.n = 0;
			arg->pieces_len = 0;
			arg->why = is_not_known;
		}
	}
	doubt_unused(looking, &type, arg);
}

/* ---- functions ---- */

/* The function as it was written: what the compiler left out of this instance of it is there too. */
static Dwarf_Die origin_of(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die origin;

	return dwarf_attr(die, DW_AT_abstract_origin, &attr) && dwarf_formref_die(&attr, &origin) ? origin : *die;
}

/* Of this instance, the parameter that was made of that one. */
static bool find_instance(Dwarf_Die *function, Dwarf_Die *wanted, Dwarf_Die *found)
{
	bool started = false;

	while (dwarf_next_child(function, &started, found)) {
		Dwarf_Die origin = origin_of(found);

		if (origin.addr == wanted->addr)
			return true;
	}
	return false;
}

/* Of Go's functions results are parameters too. */
static bool is_parameter(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_formal_parameter && !number_of(die, DW_AT_variable_parameter, 0);
}

static bool is_artificial(Dwarf_Die *parameter)
{
	Dwarf_Attribute attr;
	bool is;

	return dwarf_attr_integrate(parameter, DW_AT_artificial, &attr) && !dwarf_formflag(&attr, &is) && is;
}

/* What the compiler hands to constructors beside the parameters: __in_chrg, __vtt_parm. */
static bool is_hidden(Dwarf_Die *parameter)
{
	const char *name = dwarf_diename(parameter);

	return is_artificial(parameter) && name && !strncmp(name, "__", 2) &&
	       strcmp(name, "__closure") != 0; /* a lambda's `this` */
}

/* It has no number, but a register. */
static void pass_hidden(struct arena *arena, struct passing *passing, Dwarf_Die *parameter)
{
	struct arg ignored = {0};
	Dwarf_Die type;

	if (dwarf_type_of(parameter, &type))
		passing_next(arena, passing, &type, &ignored);
}

static bool has_parameters(Dwarf_Die *function)
{
	Dwarf_Die child;
	bool started = false;

	while (dwarf_next_child(function, &started, &child))
		if (is_parameter(&child))
			return true;
	return false;
}

/* What there is of the function's parameters, in their order. */
struct described {
	Dwarf_Die dies[PARAMS_MAX];
	unsigned len;
	unsigned first; /* 1: the first one is `this` */
};

static void take_hidden_or_list(struct param_search *looking, struct passing *passing, Dwarf_Die *written,
				Dwarf_Die *own, bool is_here, struct described *out)
{
	if (!is_hidden(written))
		out->dies[out->len++] = is_here ? *own : *written;
	else if (is_here)
		pass_hidden(looking->arena, passing, own);
}

static void list_described(struct param_search *looking, struct passing *passing, struct described *out)
{
	Dwarf_Die *instance = (Dwarf_Die *)&looking->from->function->die, origin = origin_of(instance), child, own;
	bool started = false;

	out->len = 0;
	if (!has_parameters(&origin))
		origin = *instance;
	while (out->len < PARAMS_MAX && dwarf_next_child(&origin, &started, &child)) {
		bool is_here = origin.addr == instance->addr;

		if (!is_parameter(&child))
			continue;
		own = child;
		is_here |= find_instance(instance, &child, &own);
		take_hidden_or_list(looking, passing, &child, &own, is_here, out);
	}
	out->first = out->len && is_artificial(&out->dies[0]);
}

/* One that the debug information does not describe, though the function's mangled name has it: an object that goes by
 * its address. */
static void take_missing(struct passing *passing, const char *why, struct arg *arg)
{
	*arg = (struct arg){.type = ARGTYPE_INT, .size = 8, .why = why};
	passing->regs++;
}

static void take_all(struct param_search *looking, struct passing *passing, struct described *described,
		     struct arg **args, unsigned *args_len)
{
	static const char is_missing
		[] = "the compiler left it out of the debug information",
      is_uneven[] = "the debug information describes fewer parameters than the function has, and does not say which";
	struct signature signature;
	int which[PARAMS_MAX];
	unsigned len = described->len - described->first;
	bool has_more = signature_read(looking->arena, (Dwarf_Die *)&looking->from->function->die, &signature) &&
			signature.len > len && signature.len < PARAMS_MAX;
	bool is_even = !has_more ||
		       signature_align(looking->arena, &signature, described->dies + described->first, len, which);

	if (has_more)
		len = signature.len;
	for (unsigned i = 0; i < len + described->first; i++) {
		struct arg *arg = arena_push(looking->arena, *args, *args_len);
		bool is_first = i < described->first;

		if (!is_even && !is_first)
			take_missing(passing, is_uneven, arg);
		else if (is_first || !has_more)
			take_parameter(looking, passing, &described->dies[i], arg);
		else if (which[i - described->first] < 0)
			take_missing(passing,
				     which[i - described->first] == SIGNATURE_NOT_KNOWN ? is_uneven : is_missing, arg);
		else
			take_parameter(looking, passing,
				       &described->dies[which[i - described->first] + (int)described->first], arg);
	}
}

void params_of(struct arena *arena, const struct params_function *from, struct arg **args, unsigned *args_len)
{
	struct param_search looking = {.arena = arena,
				       .from = from,
				       .keeps_convention = is_c_family(&from->function->unit) && !may_be_changed(from)};
	struct passing passing = passing_begin(from->function);
	struct described *described = arena_new_one(arena, struct described);

	*args = NULL;
	*args_len = 0;
	list_described(&looking, &passing, described);
	take_all(&looking, &passing, described, args, args_len);
}

void params_return(struct arena *arena, const struct params_function *from, struct arg **args, unsigned *args_len)
{
	Dwarf_Die *function = (Dwarf_Die *)&from->function->die, type;
	struct arg *result;

	*args_len = 1;
	*args = arena_new_array(arena, struct arg, 2);
	(*args)[0] = (struct arg){.name = "offset",
				  .type = ARGTYPE_INT,
				  .size = 8,
				  .is_signed = true,
				  .loc = {.n = 1, .steps = {{.op = STEP_EXTRA}}}};
	if (!dwarf_type_of(function, &type))
		return;
	result = &(*args)[(*args_len)++];
	*result = (struct arg){
		.name = "result", .type = ARGTYPE_NATIVE, .size = 8, .native = keep(arena, from->file, &type)};
	result->is_object = dwarf_is_class(&type);
	if (may_be_changed(from))
		result->why = "the compiler may have taken it away, as nobody else calls the function; arg1 is what "
			      "%rax holds";
	else if (!is_c_family(&from->function->unit) && passing_is_object(&type))
		result->why = "how its language returns structures is not known";
	else
		passing_return(arena, function, &type, result);
}
