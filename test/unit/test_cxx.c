/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C++ source to functions, and edits to patches and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/cxx.h"
#include "lib/patch.h"

static struct cxx_file parsed(struct arena *arena, const char *text)
{
	struct buf why = {0};
	struct cxx_file file;

	if (cxx_parse(arena, text, strlen(text), &file, &why))
		fail_msg("%s: %s", text, why.data);
	return file;
}

/* "A::f/2/void/1": name, parameters, whether it returns something, return statements. */
static const char *functions(struct arena *arena, const char *text)
{
	struct cxx_file file = parsed(arena, text);
	const char *all = "";
	unsigned i;

	for (i = 0; i < file.functions_len; i++) {
		const struct cxx_function *f = &file.functions[i];
		struct cxx_return *returns;
		struct cxx_param *params;
		unsigned returns_len, params_len;

		cxx_returns(arena, &file, f, &returns, &returns_len);
		cxx_params(arena, &file, f->params, &params, &params_len);
		all = arena_printf(arena, "%s%s%s/%u/%s/%u", all, i ? " " : "", f->name, params_len,
				   f->is_void ? "void" : "value", returns_len);
	}
	return all;
}

static void test_functions(void **state)
{
	static const char *const cases[][2] = {
		{"int f(int a, std::map<int, int> b = {{1, 2}}) { return a; }", "f/2/value/1"},
		{"namespace a { namespace { struct B { void g() const noexcept { } int x{3}; }; } }",
		 "a::B::g/0/void/0"},
		{"namespace a::b { inline namespace v1 { class C final : public D<E> { C() : x{1}, y(2) {} ~C() { "
		 "return; } }; } }",
		 "a::b::v1::C::C/0/void/0 a::b::v1::C::~C/0/void/1"},
		{"template <class T, int N = (1 > 0)> auto A<T>::h(T &&t) -> decltype(t) { return t; }",
		 "A::h/1/value/1"},
		{"WRITE_CLASS_ENCODER(foo)\nvoid bar(int) {}", "bar/1/void/0"},
		{"extern \"C\" { int c(void) { return 1; } }", "c/1/value/1"},
		{"int x[] = { 1, 2 }; enum e { A, B }; auto l = [](int a) { return a; }; int g() { return 0; }",
		 "g/0/value/1"},
		{"int f() { auto l = [&](int a) mutable -> int { return a; }; struct s { int m() { return 2; } }; "
		 "return l(1); }",
		 "f/0/value/1"},
		{"int f()\n#ifdef A\n{ if (x) {\n#else\n{ if (y) {\n#endif\nreturn 1; } return 2; }", "f/0/value/2"},
		{"#if 0\nint no() { it's \n#else\nint yes() {\n#endif\nreturn 1; }", "yes/0/value/1"},
		{"#ifdef A\nint a() { return 1; }\n#else\nint b() { return 1; }\n#endif", "a/0/value/1 b/0/value/1"},
		{"const char *t() { return R\"x()\" } {)x\"; } char c() { return '\\''; } long n() { return 1'000 + "
		 "0xe-1; }",
		 "t/0/value/1 c/0/value/1 n/0/value/1"},
		{"void m() { /* return; } */ // return;\n s = \"return; }\"; a[return_]; }", "m/0/void/0"},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(functions(arena, cases[i][0]), cases[i][1]);
	arena_free(arena);
}

static void test_include_place(void **state)
{
	static const char guarded[] =
		"#ifndef G\n#define G\n#include <a>\n#ifdef X\n#include <x>\n#endif\n#include <b>\nint f();\n"
		"#include <late>\n#endif\n";
	struct arena *arena = arena_new();
	struct cxx_file file = parsed(arena, guarded);

	(void)state;
	assert_ptr_equal(guarded + file.include_at, strstr(guarded, "int f()"));
	arena_free(arena);
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{"void f() {\n(}\n", "line 2: the `}` here has no partner"},
		{"void f() {", "line 1: the `{` here has no partner"},
		{"a\n/* b", "line 2: this comment does not end"},
		{"\"a\n\"", "line 1: this text does not end on its line"},
		{"R\"x(a)y\"", "line 1: this string does not end"},
		{"a\n#endif\n", "line 2: this directive has no #if"},
	};
	struct arena *arena = arena_new();
	struct cxx_file file;

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf why = {0};

		assert_int_not_equal(cxx_parse(arena, cases[i][0], strlen(cases[i][0]), &file, &why), 0);
		assert_string_equal(why.data, cases[i][1]);
		buf_free(&why);
	}
	arena_free(arena);
}

/* ---- patches ---- */

static char *random_text(struct arena *arena, unsigned lines)
{
	char *text = arena_alloc(arena, lines * 4 + 1);
	size_t size = 0;

	while (lines--) {
		for (int n = rand() % 3; n; n--)
			text[size++] = (char)('a' + rand() % 3);
		if (lines || rand() % 2)
			text[size++] = '\n';
	}
	return text;
}

static void one_round(struct arena *arena)
{
	const char *text = random_text(arena, 1 + (unsigned)rand() % 40);
	struct buf now = {0}, patch = {0}, before = {0}, why = {0};
	size_t size = strlen(text), at = 0;
	struct edits edits = {0};
	struct patch_file *files;
	unsigned n, line;

	for (int i = rand() % 5; i >= 0 && at < size; i--) {
		size_t cut = (size_t)rand() % 4;

		at += (size_t)rand() % 30;
		if (at + cut > size)
			break;
		edits_add(arena, &edits, at, cut, random_text(arena, (unsigned)rand() % 4));
		at += cut;
	}
	assert_true(edits_apply(&edits, text, size, &now));
	edits_diff(&edits, "f", text, size, &patch);
	if (edits.len && (now.size != size || (size && memcmp(now.data, text, size) != 0))) {
		assert_int_equal(patch_parse(arena, patch.data, patch.size, &files, &n, &why), 0);
		assert_int_equal(n, 1);
		assert_int_equal(patch_reverse(files, now.data ? now.data : "", now.size, &before, &line), 0);
		assert_int_equal(before.size, size);
		assert_memory_equal(before.data ? before.data : "", text, size);
	}
	buf_free(&now);
	buf_free(&patch);
	buf_free(&before);
	buf_free(&why);
}

static void test_patch_and_back(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		struct arena *arena = arena_new();

		one_round(arena);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_include_place),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_patch_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
