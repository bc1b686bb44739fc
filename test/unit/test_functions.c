/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A function's names: as in the file, as people write them, overloads, clones, templates, operators; of C++, Rust and
 * Go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "front/d/ast/ast.h"
#include "lib/arena.h"
#include "lib/buf.h"
#include "lib/name_normal.h"
#include "probe/functions.h"

#define DO_OP	  "_ZN12PrimaryLogPG5do_opEi"
#define GET_CONST "_ZNK1S3getEl"
#define GET_REF	  "_ZNR1S3getEi"
#define GET_MOVE  "_ZNO1S3getEi"
#define TEMPLATE  "_ZN1PIiNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE1mIlEEiT_RKiSt6vectorIS5_SaIS5_EE"
#define NUMBERS                                                                                                        \
	"_Z2ovjmRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt3mapIiS4_St4lessIiESaISt4pairIKiS4_EEEPFviE"
#define TAGGED	    "_ZNK1T4nameB5cxx11Ev"
#define LAMBDA	    "_ZZ4mainENKUliE_clEi"
#define ANON	    "_ZN2ns12_GLOBAL__N_15innerEPKc"
#define TO_STRING   "_ZNK1ScvNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEEv"
#define CONSTRUCTOR "_ZN1PISt4pairIiPKcEjEC1Ev"
#define IMPL	    "_RNvXs_CsjMaewn57Afh_1tINtB4_3FoolENtB4_2Tr2tm"
#define INHERENT    "_RNvMNtCslNYArtu3iFV_5alloc6stringNtB2_6String11try_reserve"
#define INSTANCE                                                                                                       \
	"_RINvNtCs4X4t9plMPHF_9addr2line4line11render_fileINtNtNtCsduwmD7cSIQq_5gimli4read12endian_"                   \
	"slice11EndianSliceNtNtBR_9endianity12LittleEndianEECsjrHSEGnQ3l9_3std"
#define LEGACY	   "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE"
#define GO_GENERIC "example.com/x/gm/sub.Gen[go.shape.int_0]"

/* base_size 0: all of it; what else there is, is a clone's. */
static const struct {
	const char *pattern, *symbol;
	size_t base_size;
	bool is_piece;
	enum name_fit fit;
} fits[] = {
	{DO_OP, DO_OP, 0, false, NAME_EXACT},
	{"PrimaryLogPG::do_op", DO_OP, 0, false, NAME_EXACT},
	{"PrimaryLogPG::do_op(int)", DO_OP, 0, false, NAME_EXACT},
	{"PrimaryLogPG::do_op( int )", DO_OP, 0, false, NAME_EXACT},
	{"PrimaryLogPG::do_*", DO_OP, 0, false, NAME_GLOB},
	{"*do_op*", DO_OP, 0, false, NAME_GLOB},
	{"PrimaryLogPG::do_*(int)", DO_OP, 0, false, NAME_GLOB},
	{"", DO_OP, 0, false, NAME_GLOB},
	{"PrimaryLogPG::do_o", DO_OP, 0, false, NAME_OTHER},
	{"do_op", DO_OP, 0, false, NAME_OTHER},
	{"PrimaryLogPG", DO_OP, 0, false, NAME_OTHER},
	{"PrimaryLogPG::do_op(long)", DO_OP, 0, false, NAME_OTHER},
	{"PrimaryLogPG::do_op(int) const", DO_OP, 0, false, NAME_OTHER},
	{"malloc", "malloc", 0, false, NAME_EXACT},
	{"mallo", "malloc", 0, false, NAME_OTHER},

	/* clones and pieces */
	{"foo", "foo.isra.0", 3, false, NAME_EXACT},
	{"foo.isra.0", "foo.isra.0", 3, false, NAME_EXACT},
	{"foo.isra.1", "foo.isra.0", 3, false, NAME_OTHER},
	{"foo.isra.0", "foo", 0, false, NAME_OTHER},
	{"foo", "foo.part.0", 3, true, NAME_PIECE},
	{"foo.part.0", "foo.part.0", 3, true, NAME_EXACT},
	{"PrimaryLogPG::do_op", DO_OP ".constprop.0", sizeof(DO_OP) - 1, false, NAME_EXACT},
	{"PrimaryLogPG::do_op.constprop.0", DO_OP ".constprop.0", sizeof(DO_OP) - 1, false, NAME_EXACT},
	{"PrimaryLogPG::do_op(int).constprop.0", DO_OP ".constprop.0", sizeof(DO_OP) - 1, false, NAME_EXACT},
	{"PrimaryLogPG::do_op.constprop.1", DO_OP ".constprop.0", sizeof(DO_OP) - 1, false, NAME_OTHER},
	{"PrimaryLogPG::do_op", DO_OP ".part.0", sizeof(DO_OP) - 1, true, NAME_PIECE},
	{"main", "main.foo", 0, false, NAME_OTHER},

	/* overloads */
	{"S::get", GET_CONST, 0, false, NAME_EXACT},
	{"S::get(long)", GET_CONST, 0, false, NAME_LOOSE},
	{"S::get(long) const", GET_CONST, 0, false, NAME_EXACT},
	{"S::get(int) &", GET_REF, 0, false, NAME_EXACT},
	{"S::get(int)&&", GET_REF, 0, false, NAME_OTHER},
	{"S::get(int)&&", GET_MOVE, 0, false, NAME_EXACT},
	{"S::get(int) &&", GET_MOVE, 0, false, NAME_EXACT},

	/* templates, with as much of their arguments as anybody likes to write */
	{"P::m", TEMPLATE, 0, false, NAME_EXACT},
	{"P::m<long>", TEMPLATE, 0, false, NAME_EXACT},
	{"P::m<int>", TEMPLATE, 0, false, NAME_OTHER},
	{"P<int, std::string>::m", TEMPLATE, 0, false, NAME_EXACT},
	{"P<int,std::string>::m<long>", TEMPLATE, 0, false, NAME_EXACT},
	{"P<int, std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> > >::m", TEMPLATE, 0,
	 false, NAME_EXACT},
	{"P<int, std::string>::m<long>(long, const int&, std::vector<std::string>)", TEMPLATE, 0, false, NAME_EXACT},
	{"P<int, std::string>::m(long int, int const &, std::vector<std::string>)", TEMPLATE, 0, false, NAME_EXACT},
	{"P<long, std::string>::m", TEMPLATE, 0, false, NAME_OTHER},
	{"P*::m", TEMPLATE, 0, false, NAME_GLOB},
	{"P<int*>::m*", TEMPLATE, 0, false, NAME_GLOB},
	{"ov(unsigned, long unsigned int, std::string const&, std::map<int, std::string>, void (*)(int))", NUMBERS, 0,
	 false, NAME_EXACT},
	{"ov(unsigned, unsigned, std::string const&, std::map<int, std::string>, void (*)(int))", NUMBERS, 0, false,
	 NAME_OTHER},
	{"P::P", CONSTRUCTOR, 0, false, NAME_EXACT},
	{"P<std::pair<int, const char*>, unsigned>::P", CONSTRUCTOR, 0, false, NAME_EXACT},
	{"P<std::pair<int, char*>, unsigned>::P", CONSTRUCTOR, 0, false, NAME_GLOB}, /* as any * */

	/* what people do not see in the source */
	{"T::name", TAGGED, 0, false, NAME_EXACT},
	{"T::name() const", TAGGED, 0, false, NAME_EXACT},
	{"T::name[abi:cxx11]", TAGGED, 0, false, NAME_EXACT},
	{"T::name\\[abi:cxx11\\]() const", TAGGED, 0, false, NAME_EXACT},
	{"T::name[abi:foo]", TAGGED, 0, false, NAME_OTHER},
	{"ns::inner", ANON, 0, false, NAME_EXACT},
	{"ns::(anonymous namespace)::inner", ANON, 0, false, NAME_EXACT},
	{"ns::(anon)::inner", ANON, 0, false, NAME_EXACT},
	{"ns::(anonymous namespace)::inner(const char *)", ANON, 0, false, NAME_EXACT},
	{"main::{lambda(int)#1}::operator()", LAMBDA, 0, false, NAME_EXACT},
	{"main::{lambda#1}::operator()", LAMBDA, 0, false, NAME_EXACT},
	{"main::{lambda}::operator()", LAMBDA, 0, false, NAME_EXACT},
	{"main::{lambda(int)#2}::operator()", LAMBDA, 0, false, NAME_OTHER},
	{"main::\\{lambda\\(int\\)\\#1\\}::operator\\(\\)\\(int\\)\\ const", LAMBDA, 0, false, NAME_EXACT},

	/* operators */
	{"S::operator*", "_ZN1SmlEi", 0, false, NAME_EXACT},
	{"S::operator\\*", "_ZN1SmlEi", 0, false, NAME_EXACT},
	{"S::operator\\*", "_ZN1SpLEi", 0, false, NAME_OTHER},
	{"S::operator*(int)", "_ZN1SmlEi", 0, false, NAME_EXACT},
	{"S::operator<", "_ZNK1SltERKS_", 0, false, NAME_EXACT},
	{"S::operator<(S const&) const", "_ZNK1SltERKS_", 0, false, NAME_EXACT},
	{"S::operator<", "_ZN1SlsEi", 0, false, NAME_OTHER},
	{"S::operator<<", "_ZN1SlsEi", 0, false, NAME_EXACT},
	{"S::operator()", "_ZN1SclEii", 0, false, NAME_EXACT},
	{"S::operator()(int, int)", "_ZN1SclEii", 0, false, NAME_EXACT},
	{"S::operator\\[\\]", "_ZN1SixEi", 0, false, NAME_EXACT},
	{"S::operator,", "_ZN1ScmEi", 0, false, NAME_EXACT},
	{"S::operator->", "_ZN1SptEv", 0, false, NAME_EXACT},
	{"S::operator->", "_ZN1SpmEi", 0, false, NAME_OTHER},
	{"S::operator new", "_ZN1SnwEm", 0, false, NAME_EXACT},
	{"S::operator bool", "_ZNK1ScvbEv", 0, false, NAME_EXACT},
	{"S::operator bool() const", "_ZNK1ScvbEv", 0, false, NAME_EXACT},
	{"S::operator const char*", "_ZNK1ScvPKcEv", 0, false, NAME_EXACT},
	{"S::operator std::string", TO_STRING, 0, false, NAME_EXACT},
	{"operator\"\"_km", "_Zli3_kmy", 0, false, NAME_EXACT},
	{"operator\"\" _km(unsigned long long)", "_Zli3_kmy", 0, false, NAME_EXACT},

	/* Rust and Go */
	{"<t::Foo<i32> as t::Tr>::tm", IMPL, 0, false, NAME_EXACT},
	{"<t::Foo as t::Tr>::tm", IMPL, 0, false, NAME_EXACT},
	{"t::Foo::tm", IMPL, 0, false, NAME_EXACT},
	{"t::Foo<i32>::tm", IMPL, 0, false, NAME_EXACT},
	{"t::Foo<i64>::tm", IMPL, 0, false, NAME_OTHER},
	{"<t::Foo as t::Other>::tm", IMPL, 0, false, NAME_OTHER},
	{"alloc::string::String::try_reserve", INHERENT, 0, false, NAME_EXACT},
	{"addr2line::line::render_file", INSTANCE, 0, false, NAME_EXACT},
	{"core::fmt::Formatter::pad", LEGACY, 0, false, NAME_EXACT},
	{"example.com/x/gm/sub.Gen", GO_GENERIC, 0, false, NAME_EXACT},
	{"example.com\\/x\\/gm\\/sub.Gen", GO_GENERIC, 0, false, NAME_EXACT},
	{"*sub.Gen*", GO_GENERIC, 0, false, NAME_GLOB},
	{"*sub.Gen", GO_GENERIC, 0, false, NAME_GLOB},
	{"sub.Gen", GO_GENERIC, 0, false, NAME_OTHER},
	{"example.com/x/gm/sub.(*T).PM", "example.com/x/gm/sub.(*T).PM", 0, false, NAME_EXACT},
};

static void fitting(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		struct name_pattern *pattern = name_pattern_new(arena, fits[i].pattern);
		struct name name = {fits[i].symbol, fits[i].base_size ? fits[i].base_size : strlen(fits[i].symbol),
				    fits[i].is_piece};
		enum name_fit fit = name_pattern_fits(pattern, &name);

		if (fit != fits[i].fit)
			fail_msg("`%s` fits `%s` with %d, not %d", fits[i].pattern, fits[i].symbol, fit, fits[i].fit);
		name_pattern_free(pattern);
	}
	arena_free(arena);
}

static const struct {
	const char *text, *normal;
} forms[] = {
	{"int", "int"}, /* outside of brackets a word is a name */
	{"f(unsigned)", "f(unsigned int)"},
	{"f(long unsigned int, short int, long long int, unsigned char, long double)",
	 "f(unsigned long,short,long long,unsigned char,long double)"},
	{"f(const volatile int *, const std::vector<const char*> &)",
	 "f(int const volatile*,std::vector<char const*>const&)"},
	{"f(void)", "f()"},
	{"f(std::set<int, std::less<int>, std::allocator<int> >)", "f(std::set<int>)"},
	{"f(std::set<int, mine<int>, std::allocator<int> >)", "f(std::set<int,mine<int>>)"},
	{"f(std::allocator<int>)", "f(std::allocator<int>)"},
	{"std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >::append",
	 "std::string::append"},
	{"std::__detail::f", "std::__detail::f"},
	{"gen::<i32>::{closure#0}", "gen<i32>::{closure#0}"},
	{"a<(3)<(4)>::f", "a<(3)<(4)>::f"},
	{"f(", "f("},
	{"a>b)c]", "a>b)c]"},
};

static void normal_forms(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		name_normal(forms[i].text, &out);
		if (strcmp(out.data, forms[i].normal) != 0)
			fail_msg("`%s` becomes `%s`, not `%s`", forms[i].text, out.data, forms[i].normal);
	}
	buf_free(&out);
}

static struct function function_of(const char *symbol, size_t base_size)
{
	return (struct function){.symbol = symbol, .base_size = base_size ? base_size : strlen(symbol)};
}

static void names(void **state)
{
	struct arena *arena = arena_new();
	struct function do_op = function_of(DO_OP, 0), malloc_ = function_of("malloc", 0),
			clone = function_of("foo.isra.0", 3), not_mangled = function_of("_ZNot_a_name", 0),
			template = function_of("_Z5twiceIiET_S0_", 0);

	(void)state;
	assert_string_equal(function_name(arena, &do_op, false), "PrimaryLogPG::do_op");
	assert_string_equal(function_name(arena, &do_op, true), "PrimaryLogPG::do_op(int)");
	assert_string_equal(function_name(arena, &malloc_, true), "malloc");
	assert_string_equal(function_name(arena, &clone, false), "foo.isra.0");
	assert_string_equal(function_name(arena, &not_mangled, true), "_ZNot_a_name");
	assert_string_equal(function_name(arena, &template, true), "twice<int>(int)");
	arena_free(arena);
}

/* What a function is called, quoted or as it is, is a description of this function in a script. */
static void described(void **state)
{
	static const char *const symbols[] = {
		DO_OP,	     GET_CONST,	  GET_MOVE,	   TEMPLATE,	NUMBERS,       TAGGED,
		LAMBDA,	     ANON,	  TO_STRING,	   CONSTRUCTOR, IMPL,	       INHERENT,
		INSTANCE,    "_ZN1SmlEi", "_ZNK1SltERKS_", "_ZN1SlsEi", "_ZN1SclEii",  "_ZN1SixEi",
		"_ZN1ScmEi", "_ZN1SptEv", "_ZN1SpmEi",	   "_ZN1SnwEm", "_ZNK1ScvbEv", "_ZNK1ScvPKcEv",
		"_Zli3_kmy", "_ZN1SpLEi", "_ZN1SeqEi",	   "_ZN1SaSEi", "_ZN1SdvEi",   "_ZN1SrmEi",
		"_ZN1SdVEi", "malloc"};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		for (unsigned way = 0; way < 4; way++) {
			struct function function = function_of(symbols[i], 0);
			struct name name = function_as_name(&function);
			const char *text = function_name(arena, &function, way & 1),
				   *quoted = way & 2 ? name_quoted(arena, text) : text;
			const char *whole = arena_printf(arena, "pid1:a.out:%s:entry", quoted);
			struct source source = {"test", whole, strlen(whole)};
			struct name_pattern *pattern;
			struct probe_desc desc;
			struct diags diags;

			diags_init(&diags, arena);
			if (!ast_parse_desc(arena, &source, &diags, &desc) || strcmp(desc.mod, "a.out") != 0 ||
			    strcmp(desc.name, "entry") != 0)
				fail_msg("`%s` is no description: %s", whole,
					 diags.first ? diags.first->text : desc.name);
			pattern = name_pattern_new(arena, desc.func);
			if (name_pattern_fits(pattern, &name) != NAME_EXACT)
				fail_msg("`%s`, read as `%s`, does not mean `%s`", whole, desc.func, symbols[i]);
			name_pattern_free(pattern);
		}
	arena_free(arena);
}

static void ends_of_names(void **state)
{
	struct arena *arena = arena_new();
	struct name name = {DO_OP, strlen(DO_OP), false}, go = {"main.do_op", 10, false};
	struct name_pattern *last = name_pattern_new(arena, "do_op"), *other = name_pattern_new(arena, "op"),
			    *whole = name_pattern_new(arena, "PrimaryLogPG::do_op");

	(void)state;
	assert_true(name_pattern_is_end(last, &name));
	assert_true(name_pattern_is_end(last, &go));
	assert_false(name_pattern_is_end(other, &name));
	assert_false(name_pattern_is_end(other, &go));
	assert_false(name_pattern_is_end(whole, &name));
	name_pattern_free(last);
	name_pattern_free(other);
	name_pattern_free(whole);
	arena_free(arena);
}

/* The number of what can be named again: S_, S0_, ..., SZ_, S10_. */
static void add_back(struct buf *symbol, unsigned number)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (number > 36)
		buf_printf(symbol, "S%c%c_", digits[(number - 1) / 36], digits[(number - 1) % 36]);
	else if (number)
		buf_printf(symbol, "S%c_", digits[number - 1]);
	else
		buf_puts(symbol, "S_");
}

/* f<A, p<A, A>, p<p<A, A>, p<A, A> >, ...>: twice as long with each. */
static void doubled_text(struct buf *symbol, unsigned times)
{
	buf_puts(symbol, "_Z1fI1A1pIS0_S0_E");
	for (unsigned i = 1; i < times; i++) {
		buf_puts(symbol, "S1_I");
		add_back(symbol, i + 2);
		add_back(symbol, i + 2);
		buf_putc(symbol, 'E');
	}
	buf_puts(symbol, "EvT_");
}

/* The same inside out, and to be searched for a pack before a character of it is printed. */
static void doubled_search(struct buf *symbol, unsigned times)
{
	buf_puts(symbol, "_Z1fIDp1pI");
	for (unsigned i = 1; i < times; i++)
		buf_puts(symbol, "S0_I");
	buf_puts(symbol, "1A");
	for (unsigned i = 0; i < times; i++) {
		add_back(symbol, i + 2);
		buf_putc(symbol, 'E');
	}
	buf_puts(symbol, "EvT_");
}

static const char *name_of(struct arena *arena, const char *symbol, bool with_params)
{
	struct function function = function_of(symbol, 0);

	return function_name(arena, &function, with_params);
}

/* Names of a few hundred bytes that stand for terabytes of text stay as they are. */
static void doubled(void **state)
{
	void (*const makers[])(struct buf *, unsigned) = {doubled_text, doubled_search};
	const char *const starts[] = {"f<A, p<A, A>, p<p<A, A>, p<A, A> > >", "f<(p<p<A, A>, p<A, A> >)...>"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct arena *arena = arena_new();
		struct name_pattern *g = name_pattern_new(arena, "g");
		struct buf symbol = {0};

		makers[i](&symbol, 2);
		assert_string_equal(name_of(arena, symbol.data, false), starts[i]);
		for (unsigned times = 10; times <= 50; times += 10) {
			buf_clear(&symbol);
			makers[i](&symbol, times);
			assert_true(strlen(name_of(arena, symbol.data, false)) <= 16 * 1024);
			assert_true(strlen(name_of(arena, symbol.data, true)) <= 16 * 1024);
			assert_int_equal(name_pattern_fits(g, &(struct name){symbol.data, symbol.size, false}),
					 NAME_OTHER);
		}
		assert_string_equal(name_of(arena, symbol.data, true), symbol.data);
		buf_free(&symbol);
		name_pattern_free(g);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fitting),   cmocka_unit_test(normal_forms),  cmocka_unit_test(names),
		cmocka_unit_test(described), cmocka_unit_test(ends_of_names), cmocka_unit_test(doubled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
