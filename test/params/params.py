#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Parameters and results of generated functions against the truth.

Makes C and C++ programs of functions with parameters of all kinds, compiles them with each compiler and set of flags, runs them
under cephtap, and compares every parameter, member and result that cephtap offers with what was passed. What is offered must be
right; what is not has a reason, and reasons are counted. Without optimisation everything that D can show has to be offered.

    params.py --cephtap PATH --functions N [--seed N] [--compilers gcc,clang,...] [--flags '-O0;-O2 ...'] [--keep DIR]
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

CALLS = 2

# ---- types: how a value is written in C, and what of it a script can read: (expression behind args[N], number)


class Type:
    is_float = False
    lang = "c c++"

    def __init__(self, name):
        self.name = name

    def declare(self, var):
        return f"{self.name} {var}"

    def use(self, var):
        return f"sink((long){var});"

    def change(self, var):
        return f"{var} = ({self.name})({var} + 1);"

    def setup(self, tag, value):
        """Statements before the call, and the argument's text."""
        return "", f"({self.name})id({value}L)"


class Int(Type):
    def __init__(self, name, bits, signed, lang="c c++"):
        super().__init__(name)
        self.bits, self.signed, self.lang = bits, signed, lang

    def value(self, rng):
        bits = min(self.bits, 62)
        return rng.randrange(-(1 << (bits - 1)), 1 << (bits - 1)) if self.signed else rng.randrange(1 << bits)

    def leaves(self, value):
        return [("", value)]


class Bool(Int):
    def __init__(self, lang, name):
        super().__init__(name, 1, False, lang)

    def change(self, var):
        return f"{var} = !{var};"


class Enum(Int):
    def change(self, var):
        return f"{var} = ({self.name})(((int){var} + 1) & 1);"

    def value(self, rng):
        return rng.choice([0, 1, 2] if not self.signed else [-1, 0, 1])


class Float(Type):
    is_float = True

    def value(self, rng):
        return rng.randrange(1000)

    def leaves(self, value):
        return []


class Number128(Type):
    def value(self, rng):
        return rng.randrange(1 << 62)

    def leaves(self, value):
        return [("[0]", value), ("[1]", 0)]

    def use(self, var):
        return f"sink((long){var}); sink((long)({var} >> 64));"


class Pointer(Type):
    """To something whose value is known."""

    def __init__(self, to, const=False):
        super().__init__(("const " if const else "") + to.name + " *")
        self.to = to
        self.lang = to.lang

    def value(self, rng):
        return self.to.value(rng)

    def leaves(self, value):
        if isinstance(self.to, Struct):
            return [("->" + path.lstrip(".->"), number) for path, number in self.to.leaves(value)]
        return [("[0]", number) for _, number in self.to.leaves(value)]

    def use(self, var):
        return f"sink((long){var});"

    def change(self, var):
        return f"{var} = ({self.name})((char *){var} + 8);"

    def setup(self, tag, value):
        before, text = self.to.setup(tag, value)
        return before + f"{self.to.name} {tag}p = {text}; ", f"({self.name})hold(&{tag}p)"


class Reference(Pointer):
    lang = "c++"

    def __init__(self, to, sign):
        Type.__init__(self, f"{to.name} {sign}")
        self.to = to

    def leaves(self, value):
        leaves = super().leaves(value)
        return leaves

    def use(self, var):
        return f"sink((long)&{var});"

    def change(self, var):
        return f"sink(1 + (long)&{var});"

    def setup(self, tag, value):
        before, text = self.to.setup(tag, value)
        cast = "static_cast<%s>" % self.name
        return before + f"{self.to.name} {tag}p = {text}; ", f"{cast}(*({self.to.name} *)hold(&{tag}p))"


class Struct(Type):
    """Members are (declaration, path, kind); kind is a Type or None for what a script cannot read."""

    def __init__(self, name, text, members, lang="c c++", prepare=None):
        super().__init__(name if lang == "c++" else "struct " + name)
        self.text, self.members, self.lang, self.prepare = text, members, lang, prepare

    def value(self, rng):
        return [kind.value(rng) for _, kind in self.members]

    def leaves(self, value):
        out = []
        for (path, kind), number in zip(self.members, value):
            if not kind.is_float:
                out.append((("->" if rnd.random() < 0.7 or self.name.endswith("*") else ".") + path, number))
        return out

    def use(self, var):
        return f"keep(&{var}, sizeof({var}));" if rnd.random() < 0.3 else " ".join(f"sink((long){var}.{path});" for path, _ in self.members)

    def change(self, var):
        path, kind = self.members[0]
        return kind.change(f"{var}.{path}") if "[" not in kind.name else ""

    def setup(self, tag, value):
        text = f"{self.name} {tag}; clear(&{tag}, sizeof({tag})); " if self.prepare is None else self.prepare.format(self.name, tag)
        for (path, kind), number in zip(self.members, value):
            text += f"{tag}.{path} = {kind.setup('', number)[1]}; "
        return text, tag


CHAR, SCHAR, UCHAR = Int("char", 8, True), Int("signed char", 8, True), Int("unsigned char", 8, False)
SHORT, USHORT, INT, UINT = Int("short", 16, True), Int("unsigned short", 16, False), Int("int", 32, True), Int("unsigned int", 32, False)
LONG, ULONG = Int("long", 64, True), Int("unsigned long", 64, False)
FLOAT, DOUBLE, LDOUBLE = Float("float"), Float("double"), Float("long double")


def bits(n, signed=False):
    return Int("unsigned" if not signed else "int", n, signed) if n <= 32 else Int("unsigned long", n, signed)


STRUCTS = [
    Struct("s1", "char a;", [("a", CHAR)]),
    Struct("s3", "char a, b; signed char c;", [("a", CHAR), ("b", CHAR), ("c", SCHAR)]),
    Struct("s4", "int a;", [("a", INT)]),
    Struct("s5", "unsigned char a[5];", [(f"a[{i}]", UCHAR) for i in range(5)]),
    Struct("s6", "short a, b, c;", [("a", SHORT), ("b", SHORT), ("c", SHORT)]),
    Struct("s8", "int a; short b; char c;", [("a", INT), ("b", SHORT), ("c", CHAR)]),
    Struct("s8b", "long a;", [("a", LONG)]),
    Struct("s12", "int a, b, c;", [("a", INT), ("b", INT), ("c", INT)]),
    Struct("s12b", "int a[3];", [(f"a[{i}]", INT) for i in range(3)]),
    Struct("s16", "long a; int b; short c;", [("a", LONG), ("b", INT), ("c", SHORT)]),
    Struct("s16b", "unsigned a; long b;", [("a", UINT), ("b", LONG)]),
    Struct("s16c", "char a; int b; char c; int d;", [("a", CHAR), ("b", INT), ("c", CHAR), ("d", INT)]),
    Struct("s24", "long a, b, c;", [("a", LONG), ("b", LONG), ("c", LONG)]),
    Struct("s20", "int a; char b[16];", [("a", INT), ("b[0]", CHAR), ("b[15]", CHAR)]),
    Struct("sfi", "float f; int a; long b;", [("f", FLOAT), ("a", INT), ("b", LONG)]),
    Struct("sdl", "double d; long a;", [("d", DOUBLE), ("a", LONG)]),
    Struct("sld", "long a; double d;", [("a", LONG), ("d", DOUBLE)]),
    Struct("sdd", "double d, e;", [("d", DOUBLE), ("e", DOUBLE)]),
    Struct("sff", "float f, g;", [("f", FLOAT), ("g", FLOAT)]),
    Struct("sld80", "long double d;", [("d", LDOUBLE)]),
    Struct("sbf", "unsigned a : 3, b : 5; int c : 20; unsigned long d : 40;",
           [("a", bits(3)), ("b", bits(5)), ("c", bits(20, True)), ("d", bits(40))]),
    Struct("sbf2", "unsigned char a; unsigned long b : 33, c : 30; short d : 9;",
           [("a", UCHAR), ("b", bits(33)), ("c", bits(30)), ("d", bits(9, True))]),
    Struct("spk", "char a; int b; short c; } __attribute__((packed)); struct spk_ {", [("a", CHAR), ("b", INT), ("c", SHORT)]),
    Struct("snest", "struct s4 x; struct { short y; struct s3 z; } w;", [("x.a", INT), ("w.y", SHORT), ("w.z.b", CHAR)]),
    Struct("sanon", "int a; union { int u; unsigned char v; }; struct { short p, q; };", [("a", INT), ("u", INT), ("p", SHORT), ("q", SHORT)]),
    Struct("sal", "long a __attribute__((aligned(16))); int b;", [("a", LONG), ("b", INT)]),
    Struct("sm", "int a[2][2];", [(f"a[{i}][{j}]", INT) for i in range(2) for j in range(2)]),
]

CXX_TEXT = """
struct base0 { int a; };
struct derived : base0 { int b; };
struct hiding : base0 { short a; char b; };
struct empty {};
struct with_empty : empty { long a; };
struct copied { int a; long b; copied() {} copied(const copied &o) : a(o.a), b(o.b) { } };
struct destroyed { long a; ~destroyed() { sink(a); } };
struct virt { int a; virtual int g(int x) const; };
struct vbase { int v; long w; };
struct vleft : virtual vbase { int l; };
struct vright : virtual vbase { int r; };
struct vjoin : vleft, vright { int j; };
struct two_a { int x; int only_a; };
struct two_b { int x; int only_b; };
struct two : two_a, two_b { int t; };
template <class T, int N> struct tmpl { T a; short n; };
enum class scoped : short { zero, one, two };
"""

CXX_STRUCTS = [
    Struct("derived", None, [("a", INT), ("b", INT)], "c++"),
    Struct("hiding", None, [("a", SHORT), ("b", CHAR)], "c++"),
    Struct("with_empty", None, [("a", LONG)], "c++"),
    Struct("copied", None, [("a", INT), ("b", LONG)], "c++", "{0} {1}; "),
    Struct("destroyed", None, [("a", LONG)], "c++", "{0} {1}; "),
    Struct("virt", None, [("a", INT)], "c++", "{0} {1}; "),
    Struct("vleft", None, [("v", INT), ("w", LONG), ("l", INT)], "c++", "{0} {1}; "),
    Struct("vjoin", None, [("v", INT), ("w", LONG), ("l", INT), ("r", INT), ("j", INT)], "c++", "{0} {1}; "),
    Struct("two", None, [("two_a::x", INT), ("two_b::x", INT), ("only_b", INT), ("t", INT)], "c++"),
    Struct("tmpl<int, 3>", None, [("a", INT), ("n", SHORT)], "c++"),
    Struct("tmpl<char, 1>", None, [("a", CHAR), ("n", SHORT)], "c++"),
]


def dwarf_version(path):
    done = subprocess.run(["readelf", "--debug-dump=info", path], capture_output=True, text=True)
    found = re.search(r"Version: +(\d)", done.stdout)
    return int(found.group(1)) if found else 0


BY_ADDRESS = ("copied", "destroyed", "virt", "vleft", "vjoin")


def leaf_text(path):
    return path.replace("::", ".")


SCALARS = [CHAR, SCHAR, UCHAR, SHORT, USHORT, INT, INT, UINT, LONG, LONG, ULONG, Int("long long", 64, True), Enum("enum e_pos", 32, False),
           Enum("enum e_neg", 32, True), Bool("c", "_Bool"), Bool("c++", "bool"), FLOAT, DOUBLE, LDOUBLE, Number128("__int128")]
CXX_SCALARS = [Enum("scoped", 16, False, "c++"), Int("char16_t", 16, False, "c++"), Int("wchar_t", 31, False, "c++")]


def types_of(lang):
    plain = [t for t in SCALARS + (CXX_SCALARS if lang == "c++" else []) if lang in t.lang.split()]
    structs = STRUCTS + (CXX_STRUCTS * 2 if lang == "c++" else [])
    pointers = [Pointer(INT), Pointer(SHORT, True), Pointer(STRUCTS[9]), Pointer(STRUCTS[20]), Pointer(STRUCTS[23])]
    if lang == "c++":
        pointers += [Reference(INT, "&"), Reference(STRUCTS[9], "&"), Reference(CXX_STRUCTS[7], "&&"), Pointer(CXX_STRUCTS[7]), Pointer(CXX_STRUCTS[8])]
    return plain * 2 + structs + pointers * 2


# ---- programs


class Function:
    def __init__(self, number, rng, lang):
        self.name = f"f{number}"
        kinds = types_of(lang)
        self.params = [rng.choice(kinds) for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 10]))]
        self.modes = [rng.choice(["unused", "read", "read", "address", "change", "pass"]) for _ in self.params]
        self.static = rng.random() < 0.4
        self.result = rng.choice([None, INT, INT, LONG, CHAR, USHORT, Pointer(INT)] + STRUCTS[:19] + (CXX_STRUCTS[:5] if lang == "c++" else []))
        self.calls = [[p.value(rng) for p in self.params] for _ in range(CALLS)]
        self.results = [self.result.value(rng) if self.result else None for _ in range(CALLS)]

    def body(self):
        out = []
        for i, (param, mode) in enumerate(zip(self.params, self.modes)):
            var = f"p{i}"
            if mode == "read":
                out.append(param.use(var))
            elif mode == "address":
                out.append(f"keep(&{var}, sizeof({var}));" if not isinstance(param, Reference) else param.use(var))
            elif mode == "change":
                out.append(param.use(var) + " " + param.change(var) + " " + param.use(var))
            elif mode == "pass" and not isinstance(param, Reference):
                out.append(f"keep(&{var}, sizeof({var})); {param.use(var)}")
        rnd.shuffle(out)
        return " ".join(out)

    def text(self):
        params = ", ".join(t.declare(f"p{i}") for i, t in enumerate(self.params)) or "void"
        result = self.result.name if self.result else "void"
        ends = ""
        if self.result:
            before, text = "", "r"
            parts = []
            for call in range(CALLS):
                b, t = self.result.setup(f"r{call}", self.results[call])
                parts.append((b, t))
            if isinstance(self.result, Pointer):
                ends = f"static {self.result.to.name} r; r = ({self.result.to.name})(turn ? id({self.results[1]}L) : id({self.results[0]}L)); return &r;"
            else:
                ends = f"if (turn) {{ {parts[1][0]} return {parts[1][1]}; }} {parts[0][0]} return {parts[0][1]};"
            del before, text
        kind = "static " if self.static else ""
        return f"{kind}__attribute__((noinline)) {result} {self.name}({params}) {{ {self.body()} {ends} }}\n"

    def call_text(self, call):
        before, args = "", []
        for i, (param, value) in enumerate(zip(self.params, self.calls[call])):
            b, a = param.setup(f"a{i}", value)
            before += b
            args.append(a)
        return "{ " + before + f"{self.name}({', '.join(args)}); }}\n"


HEAD = """
#include <stddef.h>
#include <string.h>
#include <unistd.h>
extern "C" { void sink(long x); void keep(void *p, size_t n); void clear(void *p, size_t n); long id(long x); void *hold(void *p); }
static volatile int turn;
enum e_pos { E_ZERO, E_ONE, E_TWO };
enum e_neg { N_MINUS = -1, N_ZERO, N_ONE };
"""

OTHER = """
#include <stddef.h>
#include <string.h>
void sink(long x) { __asm__ volatile("" ::"r"(x) : "memory"); }
void keep(void *p, size_t n) { __asm__ volatile("" ::"r"(p), "r"(n) : "memory"); }
void clear(void *p, size_t n) { memset(p, 0x5a, n); __asm__ volatile("" ::: "memory"); }
long id(long x) { __asm__ volatile("" : "+r"(x)); return x; }
void *hold(void *p) { __asm__ volatile("" : "+r"(p)); return p; }
"""


def program(functions, lang):
    text = HEAD if lang == "c++" else HEAD.replace('extern "C" {', "").replace("void *p); }", "void *p);")
    for struct in STRUCTS:
        text += f"struct {struct.name.split()[-1]} {{ {struct.text} }};\n"
    if lang == "c++":
        text += CXX_TEXT + "int virt::g(int x) const { sink(x); return a + x; }\n"
    for function in functions:
        text += function.text()
    text += "int main(void) { char c; if (read(0, &c, 1) < 0) return 1;\n"
    for call in range(CALLS):
        text += f"turn = {call};\n" + "".join(f.call_text(call) for f in functions)
    return text + "return 0; }\n"


# ---- what cephtap offers


def leaf_range(parameter):
    return parameter.get("pieces")


class Run:
    def __init__(self, args, tmp):
        self.args, self.tmp = args, tmp
        self.checked = self.functions = self.leaves = self.refused = 0
        self.reasons, self.bad = {}, []

    def compile(self, name, functions, lang, compiler, flags):
        source = os.path.join(self.tmp, name + (".cc" if lang == "c++" else ".c"))
        other = os.path.join(self.tmp, "other.c")
        with open(source, "w") as f:
            f.write(program(functions, lang))
        with open(other, "w") as f:
            f.write(OTHER)
        command = {"gcc": "g++", "clang": "clang++"}
        cxx = re.sub(r"^(gcc|clang)", lambda m: command[m.group(1)], compiler) if lang == "c++" else compiler
        output = os.path.join(self.tmp, name)
        flags, after = [x for x in flags.split() if x[0] != "+"], [x for x in flags.split() if x[0] == "+"]
        objects = []
        for src, tool, own in ((source, cxx, flags), (other, compiler, ["-O1"])):
            obj = src + ".o"
            extra = ["-std=gnu++17"] if src.endswith(".cc") else []
            done = subprocess.run([tool, "-w", "-c", "-o", obj, *own, *extra, src], capture_output=True, text=True, cwd=self.tmp)
            if done.returncode:
                self.bad.append(f"{tool} {' '.join(own)}: does not compile: {done.stderr.splitlines()[0] if done.stderr else ''}")
                return None
            objects.append(obj)
        link = [x for x in flags if not x.startswith("-g")]
        if "-flto" in flags and compiler.startswith("clang"):
            link.append("-fuse-ld=lld" + compiler.removeprefix("clang") if shutil.which("ld.lld" + compiler.removeprefix("clang")) else "-fuse-ld=lld")
        done = subprocess.run([cxx, "-o", output, *objects, *link], capture_output=True, text=True, cwd=self.tmp)
        if done.returncode:
            self.bad.append(f"{cxx} {' '.join(link)}: does not link: {done.stderr.splitlines()[-1] if done.stderr else ''}")
            return None
        for step in after:
            self.move_debug(step, output)
        return output

    def move_debug(self, step, output):
        """What packagers do: +dwz, +dwz-m (a common file), +dwp (a package of .dwo files), +separate (a .debug file)."""
        def tool(*command):
            try:
                done = subprocess.run(command, capture_output=True, text=True, cwd=self.tmp, timeout=60)
            except subprocess.TimeoutExpired:
                print(f"# {command[0]} does not end")
                return
            if done.returncode:
                self.bad.append(f"{' '.join(command)}: {done.stderr[:200]}")
        if step == "+dwz":
            tool("dwz", output)
        elif step == "+dwz-m":
            shutil.copy(output, output + "2")
            tool("dwz", "-m", os.path.join(self.tmp, "common.debug"), "-M", os.path.join(self.tmp, "common.debug"), output, output + "2")
        elif step == "+dwp":
            dwos = [os.path.join(self.tmp, file) for file in os.listdir(self.tmp) if file.endswith(".dwo")]
            name = "dwp" if dwarf_version(dwos[0]) < 5 else next((t for t in ("llvm-dwp-16", "llvm-dwp-14") if shutil.which(t)), "llvm-dwp")
            tool(name, *dwos, "-o", output + ".dwp")
            for file in dwos:
                os.remove(file)
        elif step == "+separate":
            tool("objcopy", "--only-keep-debug", output, output + ".debug")
            tool("strip", "-g", output)
            tool("objcopy", f"--add-gnu-debuglink={output}.debug", output)

    def offers(self, pid, prog, functions):
        """By function and name of the probe, the parameters as `list --json` shows them."""
        out = {}
        names = [f"pid{pid}:{prog}:{f.name}:{end}" for f in functions for end in ("entry", "return")]
        for i in range(0, len(names), 100):
            done = subprocess.run([self.args.cephtap, "list", "-p", str(pid), "--json", *names[i:i + 100]], capture_output=True, text=True)
            try:
                probes = json.loads(done.stdout)
            except ValueError:
                self.bad.append(f"list: {done.stderr[:300]}")
                continue
            for probe in probes:
                base = re.sub(r"[(.@].*", "", probe["function"])
                out.setdefault((base, probe["name"]), []).append(probe)
        return out

    def refuse(self, why, count=1):
        self.refused += count
        self.reasons[why] = self.reasons.get(why, 0) + count

    def clause(self, pid, prog, function, end, probes, expected):
        """The text that prints what is offered, and what it has to print."""
        if end == "entry":
            # where a function does not use an object that it takes by address, its caller need not fill it in
            wanted = [(i, t, [call[i] for call in function.calls]) for i, t in enumerate(function.params)
                      if self.must_offer or not (t.name in BY_ADDRESS and function.modes[i] == "unused")]
        else:
            wanted = [(1, function.result, function.results)] if function.result else []
        exprs, values = [], [[] for _ in range(CALLS)]
        for index, kind, per_call in wanted:
            for probe in probes:
                parameters = probe.get("parameters", [])
                why = None
                if index >= len(parameters):
                    why = probe.get("no_parameters") or "not listed"
                    if "no_parameters" not in probe:
                        self.bad.append(f"{prog} {function.name}: no parameter {index}")
                else:
                    why = parameters[index].get("why_not")
                    if not why and any("why_not" in p for p in parameters[index].get("pieces", [])):
                        whys = [p.get("why_not") for p in parameters[index]["pieces"] if "why_not" in p]
                        why = whys[0] if kind.is_float or isinstance(kind, Number128) else None
                        if why is None:
                            self.partial.append((function.name, end, index))
                if why:
                    break
            leaves = [kind.leaves(value) for value in per_call]
            if why:
                if leaves[0]:
                    self.refuse(why, len(leaves[0]))
                    if self.must_offer and not (kind.name in BY_ADDRESS and re.search("left it out|describes fewer", why)):
                        self.bad.append(f"{prog} {function.name}:{end}: args[{index}] ({kind.name}) is refused: {why}")
                continue
            for leaf in range(len(leaves[0])):
                exprs.append((index, f"args[{index}]{leaf_text(leaves[0][leaf][0])}"))
                for call in range(CALLS):
                    values[call].append(leaves[call][leaf][1])
        if not exprs:
            return None
        return exprs, values

    def run(self, name, functions, lang, compiler, flags):
        self.partial = []
        # before DWARF 4 it is not said whether the compiler optimised
        self.must_offer = "-O0" in flags and not re.search("-gdwarf-[23]", flags)
        output = self.compile(name, functions, lang, compiler, flags)
        if not output:
            return
        label = f"{compiler} {lang} {flags}"
        process = subprocess.Popen([output], stdin=subprocess.PIPE)
        try:
            time.sleep(0.05)
            self.compare(label, name, process, functions)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()

    def is_called(self, prog, function):
        """Optimised programs lose calls of functions that do nothing."""
        code = subprocess.run(["objdump", "-dC", "--no-show-raw-insn", os.path.join(self.tmp, prog)], capture_output=True, text=True).stdout
        return re.search(rf"\b(call|jmp) +[0-9a-f]+ <{function.name}[>(. ]", code)

    def compare(self, label, prog, process, functions):
        offers = self.offers(process.pid, prog, functions)
        clauses = []
        for function in functions:
            self.functions += 1
            if (function.name, "entry") not in offers:
                self.refuse("the compiler left the function out", len(function.params))
                continue
            for end in ("entry", "return"):
                probes = [p for p in offers.get((function.name, end), []) if "why_not" not in p]
                clause = self.clause(process.pid, prog, function, end, probes, None) if probes else None
                if clause:
                    clauses.append((function, end, *clause))
        printed = self.trace(label, prog, process, clauses)
        if printed is None:
            return
        for function, end, exprs, values in clauses:
            got = printed.get((function.name, end), [])
            if not got and not self.must_offer and not self.is_called(prog, function):
                self.refuse("the compiler left the calls out", len(exprs))
                continue
            self.checked += 1
            self.leaves += CALLS * len(exprs)
            if got != values:
                wrong = [(e[1], v, g) for call in range(CALLS) for e, v, g in
                         zip(exprs, values[call], got[call] if call < len(got) else [None] * len(exprs)) if v != g]
                kinds = ", ".join(f"{t.name}/{m}" for t, m in zip(function.params, function.modes))
                self.bad.append(f"{label}: {function.name}:{end} ({kinds}{', static' if function.static else ''}): "
                                f"{len(got)} calls, wrong: " + "; ".join(f"{e} is {v}, got {g}" for e, v, g in wrong[:4]))

    def script(self, pid, prog, clauses):
        lines = ['BEGIN { printf("ready\\n"); }']
        for function, end, exprs, _ in clauses:
            form = "|".join(["%d"] * len(exprs))
            texts = ", ".join(f"(long){e}" for _, e in exprs)
            lines.append(f'pid{pid}:{prog}:{function.name}:{end} {{ printf("{function.name} {end} {form}\\n", {texts}); }}')
        return "\n".join(lines) + "\n"

    def trace(self, label, prog, process, clauses):
        path = os.path.join(self.tmp, "script.d")
        for _ in range(60):
            with open(path, "w") as f:
                f.write(self.script(process.pid, prog, clauses))
            tracer = subprocess.Popen([self.args.cephtap, "-q", "-p", str(process.pid), "-x", "bufsize=16m", path], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)
            first = tracer.stdout.readline()
            while first and not first.strip():
                first = tracer.stdout.readline()
            if first.strip() == "ready":
                break
            _, errors = tracer.communicate()
            if not self.drop_refused(label, clauses, errors):
                self.bad.append(f"{label}: {errors[:400]}")
                return None
        process.stdin.write(b"x")
        process.stdin.close()
        try:
            out, _ = tracer.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            tracer.kill()
            self.bad.append(f"{label}: the tracer does not end")
            return None
        printed = {}
        for line in out.splitlines():
            words = line.split()
            if len(words) == 3:
                printed.setdefault((words[0], words[1]), []).append([int(x) for x in words[2].split("|")])
        return printed

    def drop_refused(self, label, clauses, errors):
        """Members that are nowhere, and results that a tail call has: an error with a reason. Takes them out of the clauses."""
        found = False
        for match in re.finditer(r"script\.d:(\d+):(\d+): error: (.*)", errors):
            line, column, text = int(match.group(1)), int(match.group(2)), match.group(3)
            if not re.search(r"is not available at|only a part of args|cannot be read", text):
                continue
            function, end, exprs, values = clauses[line - 2]
            row = self.rows(clauses)[line - 1]
            index = row[:column].count("(long)") - 1
            if index < 0 or exprs[index] is None:
                continue
            exprs[index] = None
            why = re.sub(r".*: ", "", text)
            self.refuse(why)
            if self.must_offer and "floating" not in text and "cannot be reached" not in text:
                self.bad.append(f"{label}: {function.name}:{end}: {text}")
            found = True
        for i, (function, end, exprs, values) in enumerate(clauses):
            stay = [j for j, e in enumerate(exprs) if e is not None]
            clauses[i] = (function, end, [exprs[j] for j in stay], [[v[j] for j in stay] for v in values])
        clauses[:] = [c for c in clauses if c[2]]
        return found

    def rows(self, clauses):
        return open(os.path.join(self.tmp, "script.d")).read().splitlines()


def main():
    global rnd
    parser = argparse.ArgumentParser()
    parser.add_argument("--cephtap", required=True)
    parser.add_argument("--functions", type=int, default=60, help="in each program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compilers", default="gcc,clang")
    parser.add_argument("--flags", default="-g -O0;-g -O1;-g -O2")
    parser.add_argument("--langs", default="c,c++")
    parser.add_argument("--keep")
    parser.add_argument("-v", "--verbose", action="store_true")
    args = parser.parse_args()
    tmp = args.keep or tempfile.mkdtemp()
    os.makedirs(tmp, exist_ok=True)
    run = Run(args, tmp)
    number = 0
    for compiler in args.compilers.split(","):
        if not shutil.which(compiler):
            print(f"# {compiler} is not here")
            continue
        for flags in args.flags.split(";"):
            for lang in args.langs.split(","):
                number += 1
                rnd = random.Random(args.seed * 1000 + number)
                functions = [Function(i, rnd, lang) for i in range(args.functions)]
                before = len(run.bad), run.leaves, run.refused
                run.run(f"prog{number}", functions, lang, compiler, flags)
                print(f"# {compiler} {lang} {flags}: {run.leaves - before[1]} values compared, {run.refused - before[2]} refused, "
                      f"{len(run.bad) - before[0]} wrong", flush=True)
    print(f"# {run.functions} functions, {run.checked} probes, {run.leaves} values compared, {run.refused} refused")
    for why, count in sorted(run.reasons.items(), key=lambda item: -item[1]):
        print(f"#   {count} {why}")
    for text in run.bad[:40 if not args.verbose else None]:
        print(f"WRONG {text}")
    if not args.keep:
        shutil.rmtree(tmp)
    print(f"{'not ok' if run.bad or not run.leaves else 'ok'} parameters" + (f" - {len(run.bad)} wrong" if run.bad else ""))
    return 1 if run.bad or not run.leaves else 0


rnd = random.Random(1)
sys.exit(main())
