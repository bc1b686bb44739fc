/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Short C++ names: what is left out, what looks like a bracket and is none, what is not in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/short_name.h"

static const struct {
	const char *name, *is;
} names[] = {
	/* plain */
	{"", ""},
	{"main", "main"},
	{"foo.isra.0", "foo.isra.0"},
	{"PrimaryLogPG::do_op", "PrimaryLogPG::do_op"},
	{"PrimaryLogPG::do_op(boost::intrusive_ptr<OpRequest>&)", "PrimaryLogPG::do_op"},
	{"A::f(int) const", "A::f"},
	{"A::f(int) const volatile &", "A::f"},
	{"A::f(int) [clone .cold]", "A::f [clone .cold]"},
	/* templates */
	{"std::map<int, A<B<int> > >::find(int const&) const", "std::map<...>::find"},
	{"f<int>", "f<...>"},
	{"a<b>::c<d>::e<f>", "a<...>::c<...>::e<...>"},
	{"f<(char)60>", "f<...>"},
	{"f<((3)>(2)), int>", "f<...>"},
	{"f<((3)<(2)), int>::g", "f<...>::g"},
	{"f<&A::operator<, int>::g", "f<...>::g"},
	{"f<&A::operator->, &A::operator>>, int>::g", "f<...>::g"},
	{"f<int (*)(A<int>), (x->y)>::g", "f<...>::g"},
	{"f<int [3]>::g", "f<...>::g"},
	/* operators */
	{"operator<", "operator<"},
	{"operator<< <char>", "operator<< <...>"},
	{"std::operator<< <std::char_traits<char> >(std::ostream&, char const*)", "std::operator<< <...>"},
	{"A::operator<(A const&) const", "A::operator<"},
	{"A::operator< <int>", "A::operator< <...>"},
	{"A::operator->", "A::operator->"},
	{"A<int>::operator->() const", "A<...>::operator->"},
	{"A::operator->*", "A::operator->*"},
	{"A::operator<=>", "A::operator<=>"},
	{"A::operator>>=(int)", "A::operator>>="},
	{"A::operator()", "A::operator()"},
	{"A::operator()(int) const", "A::operator()"},
	{"A::operator()<int>(int)", "A::operator()<...>"},
	{"A::operator[](long)", "A::operator[]"},
	{"operator new[](unsigned long)", "operator new[]"},
	{"operator delete", "operator delete"},
	{"A::operator std::vector<int>() const", "A::operator std::vector<...>"},
	{"A::operator bool", "A::operator bool"},
	{"A::operator+=(A const&)", "A::operator+="},
	{"my_operator<int>::f", "my_operator<...>::f"},
	{"operators<int>", "operators<...>"},
	/* lambdas */
	{"f(int)::{lambda(int)#1}::operator()(int) const", "f::{lambda#1}::operator()"},
	{"f<int>(A<B>)::{lambda(A<B> const&, (anonymous namespace)::C)#2}::operator()",
	 "f<...>::{lambda#2}::operator()"},
	{"f::{lambda()#1}::_FUN", "f::{lambda#1}::_FUN"},
	{"store::words(int)::<lambda(const std::string&)>::operator()", "store::words::<lambda>::operator()"},
	{"A::{unnamed type#1}::f", "A::{unnamed type#1}::f"},
	/* strings, namespaces, thunks */
	{"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::append",
	 "std::string::append"},
	{"std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >::~basic_string()",
	 "std::string::~basic_string"},
	{"std::__cxx11::list<int, std::allocator<int> >::_M_clear", "std::list<...>::_M_clear"},
	{"mystd::__cxx11::x", "mystd::__cxx11::x"},
	{"std::__cxx11::to_string[abi:cxx11](int)", "std::to_string"},
	{"(anonymous namespace)::f(int)", "(anon)::f"},
	{"a::(anonymous namespace)::B<int>::f", "a::(anon)::B<...>::f"},
	{"non-virtual thunk to A::f(int)", "A::f [thunk]"},
	{"virtual thunk to A<int>::f", "A<...>::f [thunk]"},
	/* not in order: as they are */
	{"f<int", "f<int"},
	{"f<int)", "f<int)"},
	{"f>int", "f>int"},
	{"f)", "f)"},
	{"f(a", "f(a"},
	{"f(a]", "f(a]"},
	{"f{", "f{"},
	{"f}", "f}"},
	{"f[", "f["},
	{"<", "<"},
	{"operator", "operator"},
	{"operator<<<", "operator<<<"},
	{"std::__cxx11::basic_string<char", "std::__cxx11::basic_string<char"},
	{"non-virtual thunk to f<", "non-virtual thunk to f<"},
	{"non-virtual thunk to ", " [thunk]"},
	{"{lambda(", "{lambda("},
	{"<lambda", "<lambda"},
	{"(anonymous", "(anonymous"},
};

static void shortens(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf out = {0}, again = {0};

		buf_putc(&out, '|');
		short_name(names[i].name, &out);
		assert_string_equal(out.data + 1, names[i].is);
		buf_putc(&again, '|');
		short_name(names[i].is, &again);
		assert_string_equal(again.data + 1, names[i].is);
		buf_free(&out);
		buf_free(&again);
	}
}

/* Deeper than anybody nests, and all that one character more or less makes. */
static void hostile(void **state)
{
	char *deep = malloc(20001);

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct buf out = {0};

		memset(deep, "<([{"[i], 20000);
		deep[20000] = '\0';
		short_name(deep, &out);
		assert_string_equal(out.data, deep);
		buf_free(&out);
	}
	free(deep);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t cut = 0; cut < strlen(names[i].name); cut++) {
			char *part = strdup(names[i].name);
			struct buf out = {0};

			short_name(part + cut, &out);
			part[cut] = '\0';
			short_name(part, &out);
			buf_free(&out);
			free(part);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(shortens), cmocka_unit_test(hostile)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
