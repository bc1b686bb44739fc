#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What markers cost in Ceph's machine code: bench/woven.py CEPHTAP DIR [UNIT...]
#
# DIR is a folder of scripts/ceph-build.sh with a woven source and both build folders, on and off. Each unit that has markers (or
# each UNIT, as osd/OSD.cc) is compiled three times with the build's own command: from the source without markers, woven with the
# switch off, woven with it on. "off" must be the same code, instruction by instruction, but for the numbers of lines that asserts
# carry: the status is 1 if it is not. A heavy unit takes minutes; the woven ones come from ccache after a build.
import json, os, re, shlex, shutil, subprocess, sys, tempfile


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode:
        sys.exit("%s failed:\n%s" % (" ".join(command[:4]), done.stderr[-2000:]))
    return done.stdout


def commands(build):
    """The shell words that compile each source."""
    table = {}
    for entry in json.loads(run(["ninja", "-C", build, "-t", "compdb"])):
        if entry["file"].endswith(".cc") and " -c " in entry["command"]:
            table.setdefault(entry["file"], shlex.split(entry["command"]))
    return table


def compile_to(words, build, source, output, folders):
    words = list(words)
    words[words.index("-o") + 1] = output
    words[words.index("-c") + 1] = source
    for option in ("-MF", "-MT"):
        at = words.index(option)
        del words[at:at + 2]
    words.remove("-MD")
    for folder in folders:
        words += ["-iquote", folder]
    run(words, cwd=build, env=dict(os.environ, CCACHE_BASEDIR=os.path.dirname(build)))


def code(path):
    """Instructions, bytes of code, and the instructions; of these, constants and addresses of jumps are left out."""
    listing = run(["objdump", "-d", "--no-show-raw-insn", "-w", path])
    lines = [l.split("\t", 1)[1] for l in listing.splitlines() if re.match(r"\s+[0-9a-f]+:\t", l)]
    plain = [re.sub(r"\$-?0x[0-9a-f]+|\b[0-9a-f]+ <[^>]*>|#.*", "", l) for l in lines]
    sizes = re.findall(r"^(\.text\S*)\s+(\d+)", run(["size", "-A", path]), re.M)
    return len(lines), sum(int(n) for _, n in sizes), plain


def unwoven(cephtap, source, files):
    """A copy of the files that weaving changed, without markers."""
    copy = tempfile.mkdtemp(prefix="woven-")
    for name in files + ["CMakeLists.txt", "cephtap-weave.patch"]:
        os.makedirs(os.path.dirname(os.path.join(copy, name)), exist_ok=True)
        shutil.copy(os.path.join(source, name), os.path.join(copy, name))
    run([cephtap, "weave", "--undo", copy])
    return copy


def main(cephtap, folder, units):
    folder = os.path.realpath(folder)
    source = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if re.match(r"ceph-[0-9.+a-z]*$", n)][0]
    with open(os.path.join(source, "cephtap-weave.patch")) as f:
        files = re.findall(r"^\+\+\+ b/(src/.*)", f.read(), re.M)
    tables = {switch: commands(os.path.join(folder, switch)) for switch in ("off", "on")}
    wanted = units or [f[4:] for f in files if os.path.join(source, f) in tables["on"]]
    copy, different = unwoven(cephtap, source, files), 0
    total = [0] * 6
    try:
        print("%-36s %10s %10s  %-9s %9s %9s" % ("unit", "unwoven", "bytes", "off", "on", "bytes"))
        for unit in wanted:
            path, code_of = "src/" + unit, {}
            for case, switch, at in (("unwoven", "off", copy), ("off", "off", source), ("on", "on", source)):
                output = os.path.join(copy, case + ".o")
                compile_to(tables[switch][os.path.join(source, path)], os.path.join(folder, switch),
                           os.path.join(at, path), output, [os.path.join(source, os.path.dirname(path))])
                code_of[case] = code(output)
            (n, size, plain), off, on = code_of["unwoven"], code_of["off"], code_of["on"]
            same = off == (n, size, plain)
            different += not same
            print("%-36s %10d %10d  %-9s %+9d %+9d" % (unit, n, size, "identical" if same else "%+d %+d" % (
                off[0] - n, off[1] - size), on[0] - n, on[1] - size), flush=True)
            total = [a + b for a, b in zip(total, (n, size, off[0] - n, off[1] - size, on[0] - n, on[1] - size))]
        print("%-36s %10d %10d  %-9s %+9d %+9d" % ("all", total[0], total[1], "identical" if not different else
                                                 "%d differ" % different, total[4], total[5]))
    finally:
        shutil.rmtree(copy)
    return 1 if different else 0


if len(sys.argv) < 3:
    sys.exit("usage: bench/woven.py CEPHTAP DIR [UNIT...]")
sys.exit(main(os.path.realpath(sys.argv[1]), sys.argv[2], sys.argv[3:]))
