/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cephtap/marker.h: named places in a C or C++ program at which a tracer can look. One header, no library.
 *
 *   CEPHTAP_MARKER(provider, name, arg...)                  a marker: a statement
 *   CEPHTAP_MARKER_NAMED(provider, name, ("text", arg)...)  the same, and what its arguments are called
 *   CEPHTAP_MARKER_ENABLED(provider, name)                  an int: not 0 while a tracer is attached to it
 *   CEPHTAP_MARKER_SEMAPHORE(provider, name)                at file scope, rarely needed: see below
 *
 *   if (CEPHTAP_MARKER_ENABLED(shop, order__done))
 *       CEPHTAP_MARKER_NAMED(shop, order__done, ("id", order->id), ("customer", full_name(order)));
 *
 * C11 and later, C++11 and later; gcc from 6, clang from 9; x86_64 and aarch64. On other machines, and with
 * -DCEPHTAP_MARKERS=0, a marker makes no code and evaluates nothing, but its arguments are still checked. Not with
 * -masm=intel, which would put operands into the notes as no tracer reads them.
 *
 * provider, name: C identifiers that are no macros. By convention lower case; two underscores in a name are shown as
 *   a dash: order-done.
 *
 * arg: 0 to 12 of: integer of 1 to 8 bytes, bool, char, enum (also enum class), pointer, array (its address is the
 *   argument), nullptr. The value is what C gives it; nothing is promoted. Refused at compile time, with a sentence:
 *   floating-point numbers (pass an integer in a smaller unit), __int128, classes and structures (pass a field, or
 *   c_str() of a string). A bit-field is written `x.bits + 0`. In C++ before 20 an argument cannot hold a lambda.
 *   An argument is evaluated once, whether or not somebody looks; where that costs something, ask _ENABLED() first.
 *   What a pointer argument points to is in memory at the marker: the compiler does not keep it in registers.
 *
 * text: a string literal without % { | } \ and ": "name", or "name:type" with a C type: "size:uint32_t". May be "".
 *
 * _ENABLED() reads the marker's semaphore, an unsigned short that a tracer (or the kernel for it) raises by one while
 *   it is attached. It costs one comparison with memory and a branch. A tracer may come or go between the test and the
 *   marker.
 *
 * _SEMAPHORE(): semaphores are made by the other macros wherever they are used, and the linker joins those of one name
 *   within one executable or library. This macro declares the variable provider_name_semaphore to C, for who wants to
 *   read it there. Nobody else may define that name.
 *
 * What a tracer sees: an ELF note of SystemTap's SDT version 3 in .note.stapsdt
 *   (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation): address of the probed instruction,
 *   address of _.stapsdt.base (tells how far prelink moved the file), address of the semaphore in .probes,
 *   provider, name, and the arguments as size@operand, with a minus before the size of a signed one. SystemTap,
 *   DTrace, bpftrace, perf, gdb and cephtap read it. And a note "cephtap" of type 1 in .note.cephtap: the first
 *   two addresses again, 8 bytes with 4 bits for each argument from the lowest (enum cephtap_marker_kind; 0
 *   ends them), provider, name, and each argument's text, all of them ended by a zero byte. Neither note is
 *   loaded into memory. strip leaves both alone.
 *
 * The probed instruction on x86_64: a nop of one byte, which is what the note points to, then a nop of ten bytes.
 *   - The one-byte nop is what a debugger or a uprobe replaces by int3; the kernel emulates it, so nothing is executed
 *     out of line. It is not five bytes long because Linux 6.18 may make a call of a five-byte nop that carries a
 *     uprobe, and a call writes its return address below the stack pointer, which is where a leaf function keeps
 *     variables (the red zone of 128 bytes, psABI x86_64, 3.2.2).
 *   - The ten bytes are for a tracer inside the process: `lea -128(%rsp),%rsp` and a call with a 32-bit displacement,
 *     which returns with `ret $128`; or a jump of five bytes. They are one instruction, so no thread can be stopped in
 *     the middle of them, and no branch leads there. The code behind them is never touched. Flags need not be saved:
 *     compilers for x86 take them as changed by any asm statement.
 * On aarch64: one nop of four bytes, which the architecture allows to be replaced by a branch while other cores
 *   execute it (Arm ARM, B2.2.5). There is no red zone.
 *
 * A marker adds these instructions (11 bytes, 4 on aarch64) and, for an argument that is not in a register, the one
 * that fetches it; _ENABLED() adds a comparison and a branch (10 bytes). In a loop that does nothing else, 0.04 and
 * 0.09 ns (bench/marker.sh). The compiler does not count them when it decides what to inline.
 *
 * CEPHTAP_MARKER_CONSTRAINT may be defined before this file is included: the asm constraint of an argument, "nr" unless
 * told. "nor" leaves values that are in memory there, with gcc.
 */
#ifndef CEPHTAP_MARKER_H
#define CEPHTAP_MARKER_H

#ifndef CEPHTAP_MARKERS
#define CEPHTAP_MARKERS 1
#endif

enum cephtap_marker_kind {
	CEPHTAP_MARKER_INTEGER = 1,
	CEPHTAP_MARKER_POINTER = 2,
	CEPHTAP_MARKER_TEXT = 3, /* a pointer to char: ends at a zero byte */
	CEPHTAP_MARKER_BOOL = 4,
	CEPHTAP_MARKER_CHAR = 5,
	CEPHTAP_MARKER_ENUM = 6 /* C++ only: in C an enum is an integer */
};

#define CEPHTAP_MARKER(...)	  CEPHTAP_M_MARKER(PLAIN, __VA_ARGS__)
#define CEPHTAP_MARKER_NAMED(...) CEPHTAP_M_MARKER(NAMED, __VA_ARGS__)

/* ---- For the compiler only from here on: nothing below is for use, names are CEPHTAP_M_ and cephtap_m_ ---- */

#define CEPHTAP_M_STR(x)      CEPHTAP_M_STR_(x)
#define CEPHTAP_M_STR_(x)     #x
#define CEPHTAP_M_JOIN(a, b)  CEPHTAP_M_JOIN_(a, b)
#define CEPHTAP_M_JOIN_(a, b) a##b

/* How many arguments follow provider and name. ISO C++ before 20 wants each `...` to get at least one. */
#define CEPHTAP_M_COUNT(...)                                                                                           \
	CEPHTAP_M_PICK(__VA_ARGS__, BAD, BAD, BAD, BAD, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, BAD, BAD)
#define CEPHTAP_M_PICK(p, n, a, b, c, d, e, f, g, h, i, j, k, l, m, o, q, r, count, ...) count

/* F(form, i, item) for each argument i, from 1. Only the items that there are are looked at. */
#define CEPHTAP_M_EACH_0(F, form, p, n)
#define CEPHTAP_M_EACH_1(F, form, p, n, a)		  F(form, 1, a)
#define CEPHTAP_M_EACH_2(F, form, p, n, a, b)		  CEPHTAP_M_EACH_1(F, form, p, n, a) F(form, 2, b)
#define CEPHTAP_M_EACH_3(F, form, p, n, a, b, c)	  CEPHTAP_M_EACH_2(F, form, p, n, a, b) F(form, 3, c)
#define CEPHTAP_M_EACH_4(F, form, p, n, a, b, c, d)	  CEPHTAP_M_EACH_3(F, form, p, n, a, b, c) F(form, 4, d)
#define CEPHTAP_M_EACH_5(F, form, p, n, a, b, c, d, e)	  CEPHTAP_M_EACH_4(F, form, p, n, a, b, c, d) F(form, 5, e)
#define CEPHTAP_M_EACH_6(F, form, p, n, a, b, c, d, e, f) CEPHTAP_M_EACH_5(F, form, p, n, a, b, c, d, e) F(form, 6, f)
#define CEPHTAP_M_EACH_7(F, form, p, n, a, b, c, d, e, f, g)                                                           \
	CEPHTAP_M_EACH_6(F, form, p, n, a, b, c, d, e, f) F(form, 7, g)
#define CEPHTAP_M_EACH_8(F, form, p, n, a, b, c, d, e, f, g, h)                                                        \
	CEPHTAP_M_EACH_7(F, form, p, n, a, b, c, d, e, f, g) F(form, 8, h)
#define CEPHTAP_M_EACH_9(F, form, p, n, a, b, c, d, e, f, g, h, i)                                                     \
	CEPHTAP_M_EACH_8(F, form, p, n, a, b, c, d, e, f, g, h) F(form, 9, i)
#define CEPHTAP_M_EACH_10(F, form, p, n, a, b, c, d, e, f, g, h, i, j)                                                 \
	CEPHTAP_M_EACH_9(F, form, p, n, a, b, c, d, e, f, g, h, i) F(form, 10, j)
#define CEPHTAP_M_EACH_11(F, form, p, n, a, b, c, d, e, f, g, h, i, j, k)                                              \
	CEPHTAP_M_EACH_10(F, form, p, n, a, b, c, d, e, f, g, h, i, j) F(form, 11, k)
#define CEPHTAP_M_EACH_12(F, form, p, n, a, b, c, d, e, f, g, h, i, j, k, l)                                           \
	CEPHTAP_M_EACH_11(F, form, p, n, a, b, c, d, e, f, g, h, i, j, k) F(form, 12, l)

/* An item is the argument itself, or ("text", argument). */
#define CEPHTAP_M_VALUE_PLAIN(item) (item)
#define CEPHTAP_M_VALUE_NAMED(item) (CEPHTAP_M_BEHIND item)
#define CEPHTAP_M_TEXT_PLAIN(item)  ""
#define CEPHTAP_M_TEXT_NAMED(item)  CEPHTAP_M_BEFORE item
#define CEPHTAP_M_BEHIND(text, ...) __VA_ARGS__
#define CEPHTAP_M_BEFORE(text, ...) text

#define CEPHTAP_M_MARKER(form, ...)	    CEPHTAP_M_MARKER_(CEPHTAP_M_COUNT(__VA_ARGS__), form, __VA_ARGS__)
#define CEPHTAP_M_MARKER_(count, form, ...) CEPHTAP_M_JOIN(CEPHTAP_M_DO_, count)(form, __VA_ARGS__)
#define CEPHTAP_M_DO_BAD(form, ...)	    CEPHTAP_M_ASSERT(0, "a marker has a provider, a name and at most 12 arguments")
#define CEPHTAP_M_DO_0(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_0, form, __VA_ARGS__)
#define CEPHTAP_M_DO_1(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_1, form, __VA_ARGS__)
#define CEPHTAP_M_DO_2(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_2, form, __VA_ARGS__)
#define CEPHTAP_M_DO_3(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_3, form, __VA_ARGS__)
#define CEPHTAP_M_DO_4(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_4, form, __VA_ARGS__)
#define CEPHTAP_M_DO_5(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_5, form, __VA_ARGS__)
#define CEPHTAP_M_DO_6(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_6, form, __VA_ARGS__)
#define CEPHTAP_M_DO_7(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_7, form, __VA_ARGS__)
#define CEPHTAP_M_DO_8(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_8, form, __VA_ARGS__)
#define CEPHTAP_M_DO_9(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_9, form, __VA_ARGS__)
#define CEPHTAP_M_DO_10(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_10, form, __VA_ARGS__)
#define CEPHTAP_M_DO_11(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_11, form, __VA_ARGS__)
#define CEPHTAP_M_DO_12(form, ...)	    CEPHTAP_M_EMIT(CEPHTAP_M_EACH_12, form, __VA_ARGS__)

/* By another name, as builds that edit what dtrace -h writes put a const before each char in a pointer's type. */
typedef char cephtap_m_text;

#define CEPHTAP_M_REFUSED                                                                                              \
	"an argument of a marker is an integer of at most 64 bits, a bool, char, enum, pointer or array, not a "       \
	"floating-point number, __int128, class or structure; a bit-field is written x + 0"

/* What an argument is. SIZE is as the note wants it: below 0 when signed. What a note cannot say is refused. */
#ifdef __cplusplus
namespace cephtap_marker
{
template <int Size, int Kind> struct known {
	static constexpr int size = Size;
	static constexpr int kind = Kind;
	static constexpr bool is_pointer = Kind == CEPHTAP_MARKER_POINTER || Kind == CEPHTAP_MARKER_TEXT;
};
template <typename T, int Kind>
struct number : known<T(-1) < T(1) ? -static_cast<int>(sizeof(T)) : static_cast<int>(sizeof(T)), Kind> {
};
typedef known<8, CEPHTAP_MARKER_POINTER> pointer;
typedef known<8, CEPHTAP_MARKER_TEXT> text;

template <typename T, bool IsEnum = __is_enum(T)> struct type : known<0, CEPHTAP_MARKER_INTEGER> {
};
template <typename T> struct type<T, true> : known<type<__underlying_type(T)>::size, CEPHTAP_MARKER_ENUM> {
};
template <> struct type<bool> : known<1, CEPHTAP_MARKER_BOOL> {
};
template <> struct type<char> : number<char, CEPHTAP_MARKER_CHAR> {
};
#define CEPHTAP_M_INTEGER(T)                                                                                           \
	template <> struct type<T> : number<T, CEPHTAP_MARKER_INTEGER> {                                               \
	}
CEPHTAP_M_INTEGER(signed char);
CEPHTAP_M_INTEGER(unsigned char);
CEPHTAP_M_INTEGER(short);
CEPHTAP_M_INTEGER(unsigned short);
CEPHTAP_M_INTEGER(int);
CEPHTAP_M_INTEGER(unsigned int);
CEPHTAP_M_INTEGER(long);
CEPHTAP_M_INTEGER(unsigned long);
CEPHTAP_M_INTEGER(long long);
CEPHTAP_M_INTEGER(unsigned long long);
CEPHTAP_M_INTEGER(wchar_t);
CEPHTAP_M_INTEGER(char16_t);
CEPHTAP_M_INTEGER(char32_t);
#ifdef __cpp_char8_t
CEPHTAP_M_INTEGER(char8_t);
#endif
#undef CEPHTAP_M_INTEGER
template <typename T> struct type<T *, false> : pointer {
};
template <> struct type<cephtap_m_text *, false> : text {
};
template <> struct type<const cephtap_m_text *, false> : text {
};
template <> struct type<decltype(nullptr), false> : pointer {
};
template <typename T> struct argument : type<T> {
	static_assert(type<T>::size != 0, CEPHTAP_M_REFUSED);
};

/* Never called. By value, as a reference would make the compiler think that the variable's address is taken. */
template <typename T> argument<T> of(T);
} // namespace cephtap_marker

#define CEPHTAP_M_ASSERT(ok, why)  static_assert(ok, why)
#define CEPHTAP_M_TYPE(i)	   cephtap_m_type_##i
#define CEPHTAP_M_DECLARE(i, x)	   typedef decltype(cephtap_marker::of(x)) CEPHTAP_M_TYPE(i);
#define CEPHTAP_M_SIZE(i, x)	   (CEPHTAP_M_TYPE(i)::size)
#define CEPHTAP_M_KIND(i, x)	   (CEPHTAP_M_TYPE(i)::kind)
#define CEPHTAP_M_IS_POINTER(i, x) (CEPHTAP_M_TYPE(i)::is_pointer)
#define CEPHTAP_M_UNUSED(x)	   +(static_cast<void>(x), static_cast<int>(sizeof(decltype(cephtap_marker::of(x)))))

#else /* C */

/* The type that x has as a value: an array's is a pointer, the others' are as they are, without promotion. */
#define CEPHTAP_M_VALUE_TYPE(x)	   __typeof__(((void)0, x))
#define CEPHTAP_M_IS_POINTER(i, x) (__builtin_classify_type(x) == 5) /* pointer_type_class of gcc's typeclass.h */
#define CEPHTAP_M_SIGN(x)                                                                                              \
	_Generic(x, char                                                                                               \
		 : (char)-1 < (char)1 ? -1 : 1, signed char                                                            \
		 : -1, short                                                                                           \
		 : -1, int                                                                                             \
		 : -1, long                                                                                            \
		 : -1, long long                                                                                       \
		 : -1, _Bool : 1, unsigned char : 1, unsigned short : 1, unsigned int : 1, unsigned long : 1,          \
		   unsigned long long : 1, default                                                                     \
		 : CEPHTAP_M_IS_POINTER(0, x))
#define CEPHTAP_M_ASSERT(ok, why) _Static_assert(ok, why)
#define CEPHTAP_M_DECLARE(i, x)	  CEPHTAP_M_ASSERT(CEPHTAP_M_SIGN(x) != 0, CEPHTAP_M_REFUSED);
#define CEPHTAP_M_SIZE(i, x)	  (CEPHTAP_M_SIGN(x) * (int)sizeof(CEPHTAP_M_VALUE_TYPE(x)))
#define CEPHTAP_M_KIND(i, x)                                                                                           \
	_Generic(x, _Bool: CEPHTAP_MARKER_BOOL, char: CEPHTAP_MARKER_CHAR, cephtap_m_text *: CEPHTAP_MARKER_TEXT,                \
		 const cephtap_m_text *: CEPHTAP_MARKER_TEXT,                                                                    \
		 default: CEPHTAP_M_IS_POINTER(i, x) ? CEPHTAP_MARKER_POINTER : CEPHTAP_MARKER_INTEGER)
#define CEPHTAP_M_UNUSED(x) +((void)x, (int)sizeof(struct { CEPHTAP_M_DECLARE(0, x) int none; }))
#endif

#define CEPHTAP_M_DECLARE_OF(form, i, item) CEPHTAP_M_DECLARE(i, CEPHTAP_M_VALUE_##form(item))

#if CEPHTAP_MARKERS && defined(__ELF__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))

/* Without `inline` the compiler takes every line of the note for an instruction when it decides what to inline. */
#if (defined(__clang__) && __clang_major__ >= 11) || (!defined(__clang__) && __GNUC__ >= 9)
#define CEPHTAP_M_ASM __asm__ __inline__ __volatile__
#else
#define CEPHTAP_M_ASM __asm__ __volatile__
#endif

#ifdef __x86_64__
#define CEPHTAP_M_NOP                                                                                                  \
	"990: .byte 0x90\n"                                                                                            \
	".byte 0x66,0x2e,0x0f,0x1f,0x84,0,0,0,0,0\n"
#define CEPHTAP_M_IS_RAISED(sym, out)                                                                                  \
	CEPHTAP_M_ASM(CEPHTAP_M_DEFINE(sym) "{cmpw $0," sym "(%%rip)|cmp word ptr " sym "[rip],0}" : "=@ccne"(out))
#else
#define CEPHTAP_M_NOP "990: nop\n"
#define CEPHTAP_M_IS_RAISED(sym, out)                                                                                  \
	CEPHTAP_M_ASM(CEPHTAP_M_DEFINE(sym) "adrp %x0," sym "\nldrh %w0,[%x0,#:lo12:" sym "]" : "=r"(out))
#endif

/*
 * The constraint of an argument: a number is written as such, anything else is in a register. With "o" too, a value in
 * memory could stay there. But what is written then may be a symbol, which --gc-sections does not see and strip takes
 * away, or (on aarch64) half of an address; clang copies each value to memory first; and a tracer may find the memory
 * paged out.
 */
#ifndef CEPHTAP_MARKER_CONSTRAINT
#define CEPHTAP_MARKER_CONSTRAINT "nr"
#endif

/* A semaphore, and the base: each object has its own, and the linker keeps one. */
#define CEPHTAP_M_DEFINE(sym)                                                                                          \
	".ifndef " sym "\n"                                                                                            \
	".pushsection .probes,\"awG\",\"progbits\"," sym ",comdat\n"                                                   \
	".balign 2\n"                                                                                                  \
	".weak " sym "\n"                                                                                              \
	".hidden " sym "\n"                                                                                            \
	".type " sym ",\"object\"\n"                                                                                   \
	".size " sym ",2\n" sym ": .2byte 0\n"                                                                         \
	".popsection\n"                                                                                                \
	".endif\n"
#define CEPHTAP_M_BASE                                                                                                 \
	".ifndef _.stapsdt.base\n"                                                                                     \
	".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                        \
	".weak _.stapsdt.base\n"                                                                                       \
	".hidden _.stapsdt.base\n"                                                                                     \
	"_.stapsdt.base: .space 1\n"                                                                                   \
	".size _.stapsdt.base,1\n"                                                                                     \
	".popsection\n"                                                                                                \
	".endif\n"

/* "?": in the group of the function's section, so that the linker drops the note with a function that it has twice. */
#define CEPHTAP_M_NOTE(owner, type, desc)                                                                              \
	".pushsection .note." owner ",\"?\",\"note\"\n"                                                                \
	".balign 4\n"                                                                                                  \
	".4byte 992f-991f,994f-993f," type "\n"                                                                        \
	"991: .asciz \"" owner "\"\n"                                                                                  \
	"992: .balign 4\n"                                                                                             \
	"993:\n" desc "994: .balign 4\n"                                                                               \
	".popsection\n"
#define CEPHTAP_M_SYMBOL(provider, name) CEPHTAP_M_STR(provider) "_" CEPHTAP_M_STR(name) "_semaphore"
#define CEPHTAP_M_NAMES(provider, name)                                                                                \
	".asciz \"" CEPHTAP_M_STR(provider) "\"\n"                                                                     \
					    ".asciz \"" CEPHTAP_M_STR(name) "\"\n"

#define CEPHTAP_M_SPACE_1
#define CEPHTAP_M_SPACE_2  " "
#define CEPHTAP_M_SPACE_3  " "
#define CEPHTAP_M_SPACE_4  " "
#define CEPHTAP_M_SPACE_5  " "
#define CEPHTAP_M_SPACE_6  " "
#define CEPHTAP_M_SPACE_7  " "
#define CEPHTAP_M_SPACE_8  " "
#define CEPHTAP_M_SPACE_9  " "
#define CEPHTAP_M_SPACE_10 " "
#define CEPHTAP_M_SPACE_11 " "
#define CEPHTAP_M_SPACE_12 " "

/* gcc takes at most 30 operands: two for each argument, and two for the kinds of all, as %c writes no more than 31
 * bits. */
#define CEPHTAP_M_TEMPLATE_OF(form, i, item) CEPHTAP_M_SPACE_##i "%c[s" #i "]@%[a" #i "]"
#define CEPHTAP_M_TEXT_OF(form, i, item)     ".asciz \"" CEPHTAP_M_TEXT_##form(item) "\"\n"
#define CEPHTAP_M_LOW_KIND_OF(form, i, item)                                                                           \
	| (i <= 8 ? CEPHTAP_M_KIND(i, CEPHTAP_M_VALUE_##form(item)) << 4 * ((i - 1) & 7) : 0)
#define CEPHTAP_M_HIGH_KIND_OF(form, i, item)                                                                          \
	| (i > 8 ? CEPHTAP_M_KIND(i, CEPHTAP_M_VALUE_##form(item)) << 4 * ((i - 1) & 7) : 0)
#define CEPHTAP_M_POINTER_OF(form, i, item) || CEPHTAP_M_IS_POINTER(i, CEPHTAP_M_VALUE_##form(item))
#define CEPHTAP_M_OPERAND_OF(form, i, item)                                                                            \
	, [s##i] "n"(CEPHTAP_M_SIZE(i, CEPHTAP_M_VALUE_##form(item))),                                                 \
		[a##i] CEPHTAP_MARKER_CONSTRAINT CEPHTAP_M_VALUE_##form(item)

/* clang warns on aarch64 of each operand below 8 bytes; that the register is called x0, not w0, is as the note has it.
 */
#if defined(__clang__) && defined(__aarch64__)
#define CEPHTAP_M_QUIET	    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wasm-operand-widths\"")
#define CEPHTAP_M_AS_BEFORE _Pragma("clang diagnostic pop")
#else
#define CEPHTAP_M_QUIET
#define CEPHTAP_M_AS_BEFORE
#endif

/* The first asm makes what pointers point to be in memory, at no instruction.
 */
#define CEPHTAP_M_EMIT(each, form, ...)                                                                                \
	CEPHTAP_M_EMIT_(each, form, CEPHTAP_M_FIRST(__VA_ARGS__), CEPHTAP_M_SECOND(__VA_ARGS__, ), __VA_ARGS__)
#define CEPHTAP_M_FIRST(provider, ...)	      provider
#define CEPHTAP_M_SECOND(provider, name, ...) name
#define CEPHTAP_M_EMIT_(each, form, provider, name, ...)                                                                \
	do {                                                                                                            \
		CEPHTAP_M_QUIET                                                                                         \
		each(CEPHTAP_M_DECLARE_OF, form,                                                                        \
		     __VA_ARGS__) if (0 each(CEPHTAP_M_POINTER_OF, form,                                                \
					     __VA_ARGS__)) __asm__ __volatile__(""                                      \
										:                                       \
										:                                       \
										: "memory");                            \
		CEPHTAP_M_ASM(                                                                                          \
			CEPHTAP_M_DEFINE(CEPHTAP_M_SYMBOL(provider, name)) CEPHTAP_M_BASE CEPHTAP_M_NOP CEPHTAP_M_NOTE( \
				"stapsdt", "3",                                                                         \
				".8byte 990b,_.stapsdt.base," CEPHTAP_M_SYMBOL(provider, name) "\n" CEPHTAP_M_NAMES(    \
					provider, name) ".asciz \"" each(CEPHTAP_M_TEMPLATE_OF, form,                   \
									 __VA_ARGS__) "\"\n")                           \
				CEPHTAP_M_NOTE("cephtap", "1",                                                          \
					       ".8byte 990b,_.stapsdt.base\n"                                           \
					       ".4byte %c[low],%c[high]\n" CEPHTAP_M_NAMES(provider, name)              \
						       each(CEPHTAP_M_TEXT_OF, form, __VA_ARGS__))                      \
			:                                                                                               \
			: [low] "n"(0 each(CEPHTAP_M_LOW_KIND_OF, form, __VA_ARGS__)),                                  \
			  [high] "n"(0 each(CEPHTAP_M_HIGH_KIND_OF, form, __VA_ARGS__))each(CEPHTAP_M_OPERAND_OF,       \
											    form, __VA_ARGS__));        \
		CEPHTAP_M_AS_BEFORE                                                                                     \
	} while (0)

#define CEPHTAP_MARKER_ENABLED(provider, name)                                                                         \
	__extension__({                                                                                                \
		int cephtap_m_is_raised;                                                                               \
		CEPHTAP_M_IS_RAISED(CEPHTAP_M_SYMBOL(provider, name), cephtap_m_is_raised);                            \
		__builtin_expect(cephtap_m_is_raised != 0, 0);                                                         \
	})

#else /* no markers */

/* An expression that is never evaluated: not even clang -O0 makes code of it, as it does of `if (0)`. */
#define CEPHTAP_M_EMIT(each, form, ...)	       ((void)(0 ? 0 each(CEPHTAP_M_UNUSED_OF, form, __VA_ARGS__) : 0))
#define CEPHTAP_M_UNUSED_OF(form, i, item)     CEPHTAP_M_UNUSED(CEPHTAP_M_VALUE_##form(item))
#define CEPHTAP_MARKER_ENABLED(provider, name) (0)
#define CEPHTAP_M_DEFINE(sym)		       ""

#endif

#ifdef __cplusplus
#define CEPHTAP_M_C extern "C"
#else
#define CEPHTAP_M_C extern
#endif
#ifndef CEPHTAP_M_SYMBOL
#define CEPHTAP_M_SYMBOL(provider, name) ""
#endif
/* Ends before its semicolon, as a declaration does. */
#define CEPHTAP_MARKER_SEMAPHORE(provider, name)                                                                       \
	__asm__(CEPHTAP_M_DEFINE(CEPHTAP_M_SYMBOL(provider, name)));                                                   \
	CEPHTAP_M_C volatile unsigned short CEPHTAP_M_JOIN(                                                            \
		provider, CEPHTAP_M_JOIN(_, CEPHTAP_M_JOIN(name, _semaphore))) __attribute__((visibility("hidden")))

#endif
