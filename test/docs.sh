#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What README.md and doc/ say is so, as far as a program can tell: links lead somewhere, the commands, options, targets and files that they
# name are there, each page begins with what its reader can do afterwards, and phrases that readers stumbled over have not come back.
set -u
cd "$TOP" || exit 1
exec python3 - <<'PY'
import glob, os, re, subprocess

pages = ["README.md", "CHANGELOG.md"] + sorted(glob.glob("doc/*.md"))
text = {page: open(page, encoding="utf-8").read() for page in pages + ["doc/cephtap.1"]}
is_there = {page: whole.split("\n## How to add")[0] for page, whole in text.items()}  # behind that stand examples of what is not

def verdict(name, bad):
    print(f"ok {name}" if not bad else f"not ok {name} - " + "; ".join(bad[:8]) + (f" and {len(bad) - 8} more" if len(bad) > 8 else ""))

def prose(page):
    """Lines outside of blocks of code."""
    inside = False
    for line in text[page].split("\n"):
        if line.startswith("```"):
            inside = not inside
        elif not inside and not line.startswith("    "):
            yield line

def code(page):
    """What is shown as code, in blocks and between backticks."""
    blocks = re.findall(r"```\w*\n(.*?)```", is_there[page], re.S)
    rest = re.sub(r"```.*?```", "", is_there[page], flags=re.S)
    return blocks + re.findall(r"^(?:    .*\n)+", rest, re.M) + re.findall(r"`([^`\n]+)`", rest)

verdict("readme-length", [f"{n} lines, at most 200"] if (n := text["README.md"].count("\n")) > 200 else [])

verdict("first-sentence", [page for page in pages if page.startswith("doc/") and not re.match(
    r"(<!--.*-->\n)*# [^\n]+\n\nAfter this page you can [^.]+\.", text[page])])

# ---- tables of reports

source = re.sub(r"\s+", " ", open("src/views/script_tables.c").read())
bad = []
for report, tables in re.findall(r"const struct view_table (\w+)_tables\[\] = \{(.*?)\};", source):
    for name, keys, columns in re.findall(r'\.name = "(\w+)",.*?\.keys = \{(.*?)\}, \.columns = \{(.*?)\}(?=, \.|\}, \{)', tables):
        row = next((line for line in text["doc/formats.md"].split("\n") if line.startswith(f"| `{report}` | `{name}` |")), "")
        names = [k for k in re.findall(r'"(\w+)"', keys)] + re.findall(r'(?:, |\.name = )"(\w+)"', columns)
        for word in names:
            word = {"latency_ns": "p99_ns", "size_bytes": "p99_bytes"}.get(word, word)
            if f"`{word}`" not in row:
                bad.append(f"{report} {name} {word}")
verdict("tables", bad if source.count(".keys") > 20 else ["no tables in src/views/script_tables.c"])

# ---- links

def anchors(page):
    """As GitHub makes them of headings."""
    seen = set()
    for line in prose(page):
        if heading := re.match(r"#+ (.*)", line):
            seen.add(re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-"))
    return seen

bad = []
for page in pages:
    for target in re.findall(r"\]\(([^)]+)\)", "\n".join(line for line in prose(page))):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(path):
            bad.append(f"{page}: {target}")
        elif anchor and anchor not in anchors(path):
            bad.append(f"{page}: no heading #{anchor} in {path}")
verdict("links", bad)
linked = set(re.findall(r"\]\((doc/[^)#]+)", text["README.md"]))
verdict("every-page-from-readme", [page for page in pages[2:] if page not in linked])

# ---- files, targets, commands, options

bad = []
for page in pages:
    for path in set(re.findall(r"`((?:src|test|doc|bench|fuzz|tools|scripts|catalogue|cards|pictures|include)/[\w./-]+)`", is_there[page])):
        made_up = re.search(r"[A-Z]{3}", path) or re.match(r"src/(common|include)/", path)  # NAME; of Ceph's source
        if not made_up and not any(os.path.exists(path + ending) for ending in ("", ".sh", ".c")):
            bad.append(f"{page}: {path}")
verdict("files", bad)

targets = set()
for line in open("Makefile"):
    if rule := re.match(r"([a-z][\w -]*):(?!=)", line):
        targets.update(rule[1].split())
bad = []
for page in pages:
    for piece in code(page):
        for target in re.findall(r"(?:^|[\n;&] *|\$ |# )make ([a-z][\w-]+)\b(?!=)", piece):
            if target not in targets:
                bad.append(f"{page}: make {target}")
verdict("targets", bad)

def help_of(*words):
    return subprocess.run([os.environ["CEPHTAP"], *words, "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout

usage = help_of()
commands = set(re.findall(r"cephtap (\w+)", usage)) | set(re.findall(r"^  (\w+) ", usage, re.M))
helps = {command: help_of(command) for command in commands}
reports = set(re.findall(r"^  ([a-z-]+) +\S", helps["report"].split("\nReports;")[1].split("\n\n")[0], re.M))
helps["report"] += "".join(help_of("report", report) for report in sorted(reports))
helps["record"] += helps["report"] + usage
helps["replay"] += helps["report"]
bad = []
for page in pages:
    for piece in code(page):
        for words in re.findall(r"(?:^|\n(?:[#$] )?|[|;&(] *|# |\$ )(?:\./|\.\./)?cephtap ([^\n|;#]+)", piece):
            words = re.sub(r"'[^']*'|\"[^\"]*\"", "", words).split() or [""]
            command = words[0] if words[0] in commands else None
            if re.fullmatch(r"[a-z]+", words[0]) and not command:
                bad.append(f"{page}: cephtap {words[0]}")
            if command == "report" and len(words) > 1 and re.fullmatch(r"[a-z][a-z-]*", words[1]) and words[1] not in reports:
                bad.append(f"{page}: cephtap report {words[1]}")
            for option in words[1:]:
                option = re.match(r"--[a-z][a-z-]+", option)
                if option and option[0] not in (helps[command] if command else usage):
                    bad.append(f"{page}: cephtap {words[0]} ... {option[0]}")
verdict("commands", bad)

# ---- words

phrases = [
    (r"\bso (many|much) (?!that|of (it|them)\b|as)", "say how many: that many, N of them"),
    (r"(?<!there )\bis none\b(?! of)|\b(that|which|what) (is|are) none\b", "isn't one"),
    (r"\bhas it not\b|\bhas not[,;:.]|\bhave not[,;:.]", "lacks, has no"),
    (r"\b[Ff]or who (?!is|are)", "for those who"),
    (r"[.:;,] who (reads|follows|runs|calls|uses|looks|builds|traces)\b", "name what does it"),
       (r"(?:[;,.:] |\()[Ee]lse\b", "otherwise"),
    (r"\bthereof\b|\bwhereof\b|\btherein\b", "name the thing"),
    (r"\b(it|program|kernel|cephtap|tracer|process|thread|which|and) wants\b", "needs, requires"),
    (r"\bwhom?soever\b", "anyone who"),
    (r"\bno (plain file|regular file|user|number|recording) (is not|that is none)\b", "rephrase"),
]
bad = []
for page in text:
    whole = "\n".join(line for line in prose(page)) if page.endswith(".md") else text[page]
    whole = re.sub(r"`[^`\n]*`", "``", whole)
    for pattern, instead in phrases:
        for hit in re.finditer(pattern, whole, re.M):
            bad.append(f"{page}: \"{' '.join(whole[max(hit.start() - 20, 0):hit.end() + 20].split())}\" ({instead})")
verdict("phrases", bad)
PY
