# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of any bytes in everything that cephtap prints: test/e2e/shown.sh."""
import collections
import csv
import gzip
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
import unicodedata

CEPHTAP, PROGS, TMP = (os.environ[name] for name in ('CEPHTAP', 'PROGS', 'TMP'))

# At most 15 bytes, as the kernel cuts them. The first one is the process's.
THREADS = [b'\x1b[2J\n\xff;",<\\n', '한국어'.encode(), b'\xe2\x80\xae\xc2\x9b\x7f\r', b'a 12', b'</script>\t&\'', '😀e\u0301'.encode(), b'=1+1', b'\\033\\']
TEXT = bytes(range(1, 256)) + ' 한국어 \u2028\u202e\U000e0041\u200d\u0301 \\n\\x2d\\377 '.encode() + b'\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf'
FILE = b'./a\x1b[31m<b>"\'&,;\nx\xff'
FUNCTION = b'sp\x1b[31m;"in\n\xe2\x80\xae'
DATA = os.path.join(TMP.encode(), b'data\x1b]0;owned\x07\n\xff')


def say(name, good, why=''):
    print(('ok ' if good else 'not ok ') + name + ('' if good else ' - ' + repr(why)[:400]), flush=True)


# --- What was shown ---

def seen(c):
    """Characters that people see, and that a terminal does not obey."""
    return unicodedata.category(c) not in ('Cc', 'Cf', 'Zl', 'Zp', 'Cs') and not 0xe0000 <= ord(c) <= 0xe0fff


ESCAPE = re.compile(r'(\\+)(?:([ntr])|([0-3][0-7]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))')
LETTERS = {'n': b'\n', 't': b'\t', 'r': b'\r'}


def escaped(letter, octal, short, long, letters, only_bytes):
    """What an escape as cephtap writes it stands for; None: it is none."""
    if octal:
        code = int(octal, 8)
        written = code >= 0x80 or (not only_bytes and (code < 0x20 and code not in b'\n\t\r' or code in (0x7f, 0x20, 0x3b)))
        return bytes([code]) if written else None
    if only_bytes:
        return None
    if letter:
        return LETTERS[letter] if letter in letters else None
    c = chr(int(short or long, 16))
    hidden = not seen(c) or unicodedata.category(c) in ('Mn', 'Me')
    return c.encode('utf-8', 'surrogatepass') if hidden and ord(c) >= (0x80 if short else 0x10000) else None


def read(text, letters='ntr', only_bytes=False):
    """The rule of doc/formats.md, backwards."""
    out, at = b'', 0
    for found in ESCAPE.finditer(text):
        meant = escaped(*found.groups()[1:], letters, only_bytes)
        slashes = len(found[1])
        out += text[at:found.start()].encode()
        at = found.end()
        if meant is None:
            out += found[0].encode()
        elif slashes % 2:
            out += b'\\' * (slashes // 2) + meant
        else:
            out += b'\\' * (slashes // 2) + found[0][slashes:].encode()
    return out + text[at:].encode()


def is_safe(data, kept='\n'):
    try:
        return all(seen(c) or c in kept for c in data.decode())
    except UnicodeDecodeError:
        return False


def unsafe(data, kept='\n'):
    """Where: for messages of failures."""
    for line in data.split(b'\n'):
        if not is_safe(line, kept):
            return line
    return None


# --- Running ---

def run(*arguments, timeout=150):
    return subprocess.run([CEPHTAP, *arguments], capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False)


def on_terminal(*arguments):
    """What a terminal gets of it, with its own line breaks."""
    master, slave = pty.openpty()
    process = subprocess.Popen([CEPHTAP, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    data = b''
    while True:
        ready, _, _ = select.select([master], [], [], 150)
        try:
            part = os.read(master, 65536) if ready else b''
        except OSError: # the other end is closed
            part = b''
        if not part:
            break
        data += part
    os.close(master)
    process.wait(150)
    return data.replace(b'\r\n', b'\n')


def target():
    program = os.path.join(TMP.encode(), FILE)
    subprocess.run(['objcopy', b'--redefine-sym', b'spin=' + FUNCTION, os.path.join(PROGS, 'names_target'), program], check=True)
    process = subprocess.Popen([program] + [x.hex() for x in (DATA, TEXT, *THREADS)])
    tasks = f'/proc/{process.pid}/task'
    end = time.time() + 20
    while time.time() < end:
        names = []
        for task in os.listdir(tasks):
            with open(f'{tasks}/{task}/comm', 'rb') as file:
                names.append(file.read()[:-1])
        if sorted(names) == sorted(THREADS):
            return process
        time.sleep(0.05)
    raise RuntimeError(f'the program does not start: {names}')


PID = ''
ONE = '-x', 'strsize=1024', '-q', '--seconds', '1'


def trace(script, *more):
    return run(*ONE, '-p', PID, *more, '-n', script)


# --- Formats ---

def test_rows():
    done = trace('names:::hit { @[execname] = count(); @t[copyinstr(arg1)] = count(); }')
    rows = [re.fullmatch(r'  (.*?) +\d+', line)[1] for line in done.stdout.decode().split('\n') if line]
    say('rows', is_safe(done.stdout) and collections.Counter(map(read, rows)) == collections.Counter(THREADS + [TEXT]), rows)
    widths = {line.split()[0]: len(line) for line in done.stdout.decode().split('\n') if line}
    say('rows-columns', widths['한국어'] + 3 == widths['=1+1'], widths) # three characters fill six columns
    done = trace('names:::hit { @[ustack(3)] = count(); @m[umod(arg1), usym(arg1)] = count(); }')
    say('rows-stacks', is_safe(done.stdout) and b'a\\033[31m<b>"\'&,;\\nx\\377`work+0x' in done.stdout, unsafe(done.stdout) or done)
    done = run('-x', 'strsize=1024', '--seconds', '1', '-p', PID, '-n', 'names:::hit { @ = count(); }')
    say('rows-default', is_safe(done.stdout + done.stderr), unsafe(done.stdout + done.stderr))


def test_pipe():
    """To a file or a pipe a script prints bytes, as dtrace does."""
    done = trace('names:::hit /arg0 < 8/ { printf("<%s|%s>\\n", execname, copyinstr(arg1)); } names:::hit /arg0 == 1/ { @[copyinstr(arg1)] = count(); } '
                 'END { printa("[%s]\\033\\n", @); }')
    wanted = [b'<' + name + b'|' + TEXT + b'>\n' for name in THREADS]
    say('pipe', all(line in done.stdout for line in wanted) and b'[' + TEXT + b']\x1b\n' in done.stdout, done.stdout)
    done = trace('names:::hit { trace(execname); trace("\\n"); }')
    say('pipe-trace', all(name + b'\n' in done.stdout for name in THREADS), done.stdout)
    done = trace('names:::hit /arg0 == 1/ { printf("[%-8s|%8s|%.4s|%S]\\n", execname, execname, execname, execname); }')
    say('pipe-columns', '[한국어  |  한국어|한|'.encode() in done.stdout, done.stdout[:200])


def test_terminal():
    script = 'names:::hit { printf("\\033[1m<%s|%s>\\n\\t.", execname, copyinstr(arg1)); trace(execname); @[execname] = count(); }'
    data = on_terminal(*ONE, '-p', PID, '-n', script)
    say('terminal', is_safe(data.replace(b'\x1b[1m<', b''), '\n\t') and data.count(b'\x1b[1m<') > 8, unsafe(data.replace(b'\x1b[1m<', b''), '\n\t'))
    text = data.decode()
    found = {read(part, 'r') for part in re.findall(r'\x1b\[1m<(.*?)\|\\001', text, re.S)}
    say('terminal-names', found == set(THREADS), found)
    found = re.search(r'\|(\\001.*?)>\n\t\.', text, re.S)
    say('terminal-text', found and read(found[1], 'r') == TEXT, found)
    data = on_terminal(*ONE, '-p', PID, '--csv', '-n', 'names:::hit { @[execname] = count(); }')
    data = data.replace(b'\r\n', b'\n') # its own line ends
    say('terminal-csv', is_safe(data) and data.count(b'\n') == 1 + len(THREADS), data)
    data = on_terminal(*ONE, '-p', PID, '--json', '-n', 'names:::hit { printf("%s", copyinstr(arg1)); }')
    say('terminal-json', is_safe(data) and read(json.loads(data.split(b'\n')[0])['data'][0]['text'], only_bytes=True) == TEXT, data[:200])
    data = on_terminal(*ONE, '-p', PID, '-n', 'names:::hit { trace(nosuch); }') + on_terminal('list', '-v', '-p', PID, 'names:::')
    say('terminal-messages', is_safe(data, '\n\t'), unsafe(data))


def test_json():
    done = trace('names:::hit { printf("%s", execname); trace(copyinstr(arg1)); @[execname, copyinstr(arg1)] = count(); }', '--json')
    back = lambda text: read(text, only_bytes=True)
    lines = [json.loads(line) for line in done.stdout.decode().split('\n') if line]
    events = [line['data'] for line in lines if line['type'] == 'event']
    say('json', is_safe(done.stdout) and {back(e[0]['text']) for e in events} == {back(e[0]['values'][0]) for e in events} == set(THREADS), lines[:1])
    say('json-text', {back(e[1]['value']) for e in events} == {TEXT}, events[0])
    keys = [tuple(map(back, row['keys'])) for line in lines if line['type'] == 'aggregation' for row in line['rows']]
    say('json-keys', sorted(keys) == sorted((name, TEXT) for name in THREADS), keys)


def test_csv():
    done = trace('names:::hit { @[execname, copyinstr(arg1)] = count(); @s[ustack(3), 0] = count(); }', '--csv')
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline=''), strict=True))
    got = sorted((read(row['key1'], ''), read(row['key2'], '')) for row in rows if row['aggregation'] == '_')
    say('csv', got == sorted((name, TEXT) for name in THREADS), rows[:2])
    say('csv-bytes', is_safe(done.stdout, '\n\r\t'), unsafe(done.stdout, '\r\t'))
    stacks = [row['key1'] for row in rows if row['aggregation'] == 's']
    done = trace(f'profile-197 /arg1 && pid == {PID}/ {{ @[umod(arg1)] = count(); }}', '--csv')
    modules = {read(row['arg1'], '') for row in csv.DictReader(io.StringIO(done.stdout.decode(), newline=''), strict=True)}
    say('csv-symbols', FILE[2:] in modules, done)
    say('csv-stacks', stacks and all(FILE[2:] + b'`work' == read(stack.split(';')[-1]) for stack in stacks), stacks)


def test_openmetrics():
    try:
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    except ImportError:
        print('skip openmetrics - python3-prometheus-client is not installed')
        return
    done = trace('names:::hit { @[execname, copyinstr(arg1)] = count(); }', '--openmetrics')
    samples = [s for family in parse(done.stdout.decode()) for s in family.samples if s.name == 'cephtap_aggregation_total']
    got = sorted(tuple(read(value, 'r') for value in s.labels.values()) for s in samples)
    say('openmetrics', got == sorted((name, TEXT) for name in THREADS), samples[:2])
    say('openmetrics-bytes', is_safe(done.stdout, '\n\t'), unsafe(done.stdout, '\t'))


def test_ctf():
    try:
        import bt2
    except ImportError:
        print('skip ctf - python3-bt2 is not installed')
        return
    folder = os.path.join(TMP, 'ctf')
    trace('names:::hit { printf("%s: %s\\n", execname, copyinstr(arg1)); }', '--ctf', folder)
    got = {tuple(read(str(m.event.payload_field[name]), 'r') for name in ('value1', 'value2')) for m in bt2.TraceCollectionMessageIterator(folder)
           if isinstance(m, bt2._EventMessageConst)}
    say('ctf', got == {(name, TEXT) for name in THREADS}, got)
    texts = {str(m.event.payload_field['text']) for m in bt2.TraceCollectionMessageIterator(folder) if isinstance(m, bt2._EventMessageConst)}
    say('ctf-text', all(is_safe(text.encode(), '\n\t') for text in texts) and len(texts) == len(THREADS), texts)


def test_record():
    path = os.path.join(TMP, 'x.rec')
    trace('names:::hit { printf("%s|%s\\n", execname, copyinstr(arg1)); @[execname] = count(); } END { printf("\\033[1m.\\n"); }')
    run('record', '-o', path, *ONE, '-p', PID, '-n', 'names:::hit { printf("<%s>\\n", execname); @[execname] = count(); } END { printf("\\033[1m.\\n"); }')
    done = run('replay', path)
    say('replay', all(b'<' + name + b'>\n' in done.stdout for name in THREADS) and b'\x1b[1m.\n' in done.stdout, done)
    data = on_terminal('replay', path)
    say('replay-terminal', is_safe(data, '\n\t') and b'\\033[1m.\n' in data, unsafe(data, '\t') or data)
    done = run('replay', '--json', path)
    keys = [read(row['keys'][0], only_bytes=True) for line in done.stdout.decode().split('\n') if '"aggregation"' in line for row in json.loads(line)['rows']]
    say('replay-json', is_safe(done.stdout) and sorted(keys) == sorted(THREADS), keys)
    data = on_terminal('replay', '--script', path) + on_terminal('replay', '--about', path)
    say('replay-script', is_safe(data, '\n\t'), data)


# --- Reports ---

def frames_of(line):
    stack, count = line.rsplit(' ', 1)
    return [read(frame) for frame in stack.split(';')], int(count)


def test_profile():
    picture, pprof = os.path.join(TMP, 'p.html'), os.path.join(TMP, 'p.gz')
    done = run('report', 'profile', '-p', PID, '--seconds', '2', '--hz', '199', '--folded', '--html', picture, '--pprof', pprof)
    stacks = [frames_of(line) for line in done.stdout.decode().split('\n') if line]
    spin = FILE[2:] + b'`' + FUNCTION
    say('folded', is_safe(done.stdout) and {frames[0] for frames, _ in stacks} == {THREADS[0]} and {frames[1] for frames, _ in stacks} <= set(THREADS)
        and len({frames[1] for frames, _ in stacks}) > 3, stacks[:2])
    say('folded-function', any(frames[-1] == spin for frames, _ in stacks), stacks[:3])
    with open(picture, 'rb') as file:
        page = file.read()
    data = json.loads(re.search(rb'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1])
    say('html', {read(name) for name in data['names']} >= {spin, *(frames[1] for frames, _ in stacks)} and all(is_safe(n.encode()) for n in data['names']), data['names'])
    say('html-page', page.count(b'</script>') == 2 and b'<b>' not in page.split(b'id="data"')[1].split(b'</script>')[0], page[-200:])
    again = os.path.join(TMP, 'again.html')
    with open(os.path.join(TMP, 'folded'), 'wb') as file:
        file.write(done.stdout)
    run('picture', 'flame', os.path.join(TMP, 'folded'), '-o', again)
    with open(again, 'rb') as file:
        names = json.loads(re.search(rb'<script[^>]*id="data"[^>]*>(.*?)</script>', file.read(), re.S)[1])['names']
    say('html-again', set(names) == set(data['names']), (names, data['names']))
    test_pprof(pprof, spin)
    for name, more in (('profile', []), ('profile-all', ['-v']), ('profile-json', ['--json']), ('profile-csv', ['--csv'])):
        done = run('report', 'profile', '-p', PID, '--seconds', '1', *more)
        say(name, is_safe(done.stdout, '\n\r\t' if 'csv' in name else '\n') and (b'033[31m' in done.stdout or b'u001b[31m' in done.stdout), unsafe(done.stdout) or done)
    done = run('report', 'profile', '-p', PID, '--seconds', '1', '--before', os.path.join(TMP, 'folded'))
    found = re.search(r'^ *(\S+) % +(\S+) % .*sp\\033\[31m;"in\\n\\u202e$', done.stdout.decode(), re.M)
    say('profile-before', is_safe(done.stdout) and found and float(found[1]) > 20 and float(found[2]) > 20, done.stdout)


def fields_of(message):
    """Numbers and bytes of a message of protobuf's, with their fields."""
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            number |= (message[at] & 0x7f) << shift
            at += 1
            shift += 7
            if message[at - 1] < 0x80:
                return number
    while at < len(message):
        key = varint()
        size = varint()
        if key & 7 == 2:
            yield key >> 3, message[at:at + size]
            at += size


def test_pprof(path, spin):
    with gzip.open(path) as file:
        strings = [data.decode() for field, data in fields_of(file.read()) if field == 6]
    got = {read(text) for text in strings}
    say('pprof', all(is_safe(text.encode()) for text in strings) and {THREADS[0], spin.split(b'`')[1], os.path.join(TMP.encode(), FILE[2:])} <= got, strings)


def walk(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)
    elif isinstance(node, str):
        yield read(node, only_bytes=True)


def test_reports():
    """Of the process, whose name is the first thread's."""
    process = '\\033[2J\\n\\377;",<\\\\n'
    for name in ('sched', 'offcpu', 'io'):
        done = run('report', name, '-p', PID, '--seconds', '2')
        say(name, is_safe(done.stdout) and process in done.stdout.decode(), unsafe(done.stdout) or done)
        data = on_terminal('report', name, '-p', PID, '--seconds', '1')
        say(name + '-terminal', is_safe(data) and process in data.decode(), unsafe(data) or data)
    text = run('report', 'io', '-p', PID, '--seconds', '2').stdout.decode()
    say('io-threads', all(f' {name}{" " * (16 - columns)} write ' in text for name, columns in (('한국어', 6), ('=1+1', 4), ('\\u202e\\u009b\\177\\r', 16))), text)
    say('io-file', 'data\\033]0;owned\\007\\n\\377 ' in text, text)
    for name in ('sched', 'offcpu'):
        done = run('report', name, '-p', PID, '--seconds', '1', '--json')
        names = {text for line in done.stdout.decode().split('\n') if line for text in walk(json.loads(line))}
        say(name + '-json', is_safe(done.stdout) and THREADS[0] in names, names)
    done = run('report', 'sched', '-p', PID, '--seconds', '1', '--csv')
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline=''), strict=True))
    say('sched-csv', is_safe(done.stdout, '\n\r\t') and THREADS[0] in {read(row['who'], '') for row in rows}, rows[:2])
    for more in ([], ['--json'], ['--folded']):
        done = run('report', 'calls', '--trigger', 'work', '-p', PID, '--functions', 'sp*', '--seconds', '2', *more)
        shown = json.dumps('sp\x1b[31m;"in\n\u202e')[1:-1].replace('\\n', '\\u000a') if '--json' in more else 'sp\\033[31m%s"in\\n\\u202e' % ('\\073' if more else ';')
        say('calls' + ''.join(more), is_safe(done.stdout + done.stderr) and shown in done.stdout.decode(), unsafe(done.stdout + done.stderr) or (shown, done))


# --- Lists and messages ---

def test_lists():
    done = run('list', '-v', '-p', PID, 'names:::')
    say('list', is_safe(done.stdout, '\n\t') and b'a\\033[31m<b>"\'&,;\\nx\\377, 0x' in done.stdout, unsafe(done.stdout, '\t') or done)
    done = run('list', '-p', PID, f'pid{PID}:a*::entry')
    say('list-functions', is_safe(done.stdout) and b'sp\\033[31m;"in\\n\\u202e' in done.stdout and done.stdout.count(b'\n') < 60, unsafe(done.stdout) or done)
    done = run('list', '--json', '-p', PID, 'names:::')
    paths = {site['path'] for probe in json.loads(done.stdout) for site in probe['sites']}
    say('list-json', is_safe(done.stdout) and {read(path, only_bytes=True) for path in paths} == {os.path.join(TMP.encode(), FILE[2:])}, paths)
    done = run('-l', '-p', PID, '-n', 'names:::')
    say('list-script', is_safe(done.stdout + done.stderr), unsafe(done.stdout + done.stderr))
    for more in ([], ['--json']):
        done = run('doctor', *more)
        say('doctor' + ''.join(more), is_safe(done.stdout + done.stderr), unsafe(done.stdout + done.stderr))


def test_messages():
    hostile = b'no\x1b[2Jsuch\n\xff'
    for name, arguments in {
            'script-name': [b'/tmp/' + hostile], 'option': [b'--' + hostile], 'option-value': [b'-x', hostile], 'function': [b'-n', b'BEGIN { ' + hostile + b'(); }'],
            'string': [b'-n', b'BEGIN { x = "' + hostile + b'; }'], 'probe': [b'-n', b'a\xe2\x80\xae\xc2\x9b:::x { }'], 'argument': [b'-n', b'BEGIN { }', hostile],
            'pid': [b'-p', hostile, b'-n', b'BEGIN { }'], 'cgroup': [b'--cgroup', hostile, b'-n', b'BEGIN { }'], 'daemon': [b'--daemon', hostile, b'-n', b'BEGIN { }'],
            'container': [b'--container', hostile, b'-n', b'BEGIN { }'], 'output': [b'-o', b'/nowhere/' + hostile, b'-n', b'BEGIN { exit(0); }'],
            'ctf': [b'--ctf', b'/nowhere/' + hostile, b'-n', b'BEGIN { exit(0); }'], 'command': [b'-c', b'/nowhere/' + hostile, b'-n', b'BEGIN { }'],
            'report': [b'report', hostile], 'report-daemon': [b'report', b'osd', b'--daemon', hostile], 'replay': [b'replay', hostile], 'list-name': [b'list', hostile],
            'list-desc': [b'list', hostile + b':::'], 'picture': [b'picture', b'flame', hostile], 'learn': [b'learn', hostile], 'stamp': [b'stamp', b'--list', hostile],
            'weave': [b'weave', hostile], 'record': [b'record', b'-o', b'/nowhere/' + hostile, b'-n', b'BEGIN { }'], 'dtrace': [b'dtrace', b'-h', b'-s', hostile],
            'demo': [b'demo', b'--down', hostile], 'catalogue': [b'catalogue', b'--check', hostile], 'dump': [b'--dump', hostile, b'-n', b'BEGIN { }'],
            'dump-ast': [b'--dump', b'ast', b'-n', b'BEGIN { trace("' + hostile.replace(b'\n', b'') + b'"); }']}.items():
        done = run(*arguments)
        say('message-' + name, is_safe(done.stdout + done.stderr, '\n\t') and done.stdout + done.stderr and (done.returncode in (1, 2) or name == 'dump-ast'), done)
    done = trace('names:::hit { @[*(int *)0] = count(); }')
    say('message-fault', is_safe(done.stderr) and b'invalid address' in done.stderr, done.stderr[:300])
    with open(os.path.join(TMP, 'matched\x1b[1m.d'), 'w', encoding='utf-8') as file:
        file.write('BEGIN { exit(0); }')
    done = run(file.name)
    say('message-matched', is_safe(done.stderr) and b"script '" in done.stderr, done)


def main():
    global PID
    program = target()
    PID = str(program.pid)
    try:
        for test in (test_rows, test_pipe, test_terminal, test_json, test_csv, test_openmetrics, test_ctf, test_record, test_profile, test_reports, test_lists, test_messages):
            try:
                test()
            except Exception as error: # the other tests still say what they find
                say(test.__name__, False, error)
    finally:
        program.kill()
        program.wait()


if __name__ == '__main__':
    main()
    sys.exit(0)
