# SPDX-License-Identifier: LGPL-2.1-or-later
"""What reports and top make of the worst names of objects and clients: names.py CEPHTAP FOLDER -p PID ...; called by names.sh."""
import ctypes
import json
import os
import re
import select
import subprocess
import sys
import threading
import unicodedata

from top_terminal import Terminal

# with what they are shown as; in a table the name is the line's last column
OBJECTS = {
    b'nl\nx\x1b[31m': 'nl\\nx\\033[31m',
    b'\xff\xfe;",<b>': '\\377\\376;",<b>',
    '한국어-객체'.encode(): '한국어-객체',
    'gnp\u202eexe.😀'.encode(): 'gnp\\u202eexe.😀',
    b'</script>\r\x07': '</script>\\r\\007',
    b'a\\nb\\x2d': 'a\\\\nb\\x2d',
}
CLIENT = b'ra\x1b[31m\ndos' # what its process is called


def check(name, is_good, why=''):
    print(f'ok {name}' if is_good else f'not ok {name} - {str(why)[:500]!r}', flush=True)


def is_safe(data):
    try:
        return all(c == '\n' or unicodedata.category(c) not in ('Cc', 'Cf', 'Zl', 'Zp', 'Cs') for c in data.decode())
    except UnicodeDecodeError:
        return False


def client():
    """Writes and reads each object again and again, in a process of that name, until its standard input ends."""
    libc, rados = ctypes.CDLL(None), ctypes.CDLL('librados.so.2')
    cluster, pool, space = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.create_string_buffer(64)
    libc.prctl(15, CLIENT, 0, 0, 0) # PR_SET_NAME
    for wrong in (rados.rados_create(ctypes.byref(cluster), None), rados.rados_conf_read_file(cluster, None), rados.rados_conf_parse_env(cluster, None),
                  rados.rados_connect(cluster), rados.rados_ioctx_create(cluster, b'demo', ctypes.byref(pool))):
        if wrong:
            sys.exit(f'librados: error {wrong}')
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        for name in OBJECTS:
            if rados.rados_write_full(pool, name, b'x' * 50, ctypes.c_size_t(50)) or rados.rados_read(pool, name, space, ctypes.c_size_t(64), ctypes.c_uint64(0)) != 50:
                sys.exit('librados: an object cannot be written and read')
        print('round', flush=True)


def report(*arguments, seconds='5', of=None):
    done = subprocess.run([cephtap, 'report', *arguments, '--seconds', seconds, *(of or only)], capture_output=True, check=False, timeout=100)
    if done.returncode:
        check(' '.join(arguments) + ' status', False, done.stderr)
    return done.stdout


def test_slow_ops():
    data = report('slow-ops', '--over', '1us')
    lines = data.decode().split('\n')
    rows = [line for line in lines if re.match(r'\d\d:\d\d:\d\d\.\d{3} osd\.', line)]
    last = {re.split(r' (?:own|osd\.\d+(?:#\d+)?)? +', line)[-1] for line in rows}
    check('slow-ops', is_safe(data) and last >= set(OBJECTS.values()), last)
    rest = [line for line in lines if line and line not in rows]
    check('slow-ops-lines', all(line.startswith(('times in ms', 'TIME', ' ')) or ' ops took longer than ' in line for line in rest), rest)


def test_op():
    picture, chrome = os.path.join(folder, 'op.html'), os.path.join(folder, 'op.json')
    data = report('op', '--slowest', '100', '--html', picture, '--chrome', chrome)
    objects = set(re.findall(r', object (.*), on osd\.\d+(?:#\d+)?: ', data.decode()))
    check('op', is_safe(data) and objects >= set(OBJECTS.values()), objects)
    with open(chrome, 'rb') as file:
        text = file.read()
    check('op-chrome', is_safe(text) and len(json.loads(text)['traceEvents']) > 50, text[:200])
    with open(picture, 'rb') as file:
        page = file.read()
    lanes = json.loads(re.search(rb'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)[1])['lanes']
    check('op-html', lanes and all(is_safe(lane['name'].encode()) for lane in lanes), lanes)
    data = report('op', '--slowest', '100', '--json')
    objects = {json.loads(line)['object'] for line in data.decode().split('\n') if line}
    wanted = {name.decode(errors='backslashreplace').replace('\\xff', '\\377').replace('\\xfe', '\\376') for name in OBJECTS}
    check('op-json', is_safe(data) and objects >= wanted, (objects, wanted))


def test_others(pid):
    data = report('client', of=['-p', str(pid)])
    text = data.decode()
    check('client', is_safe(data) and 'ra\\033[31m\\ndos ' in text and '\nx' not in text, text)
    objects = {line.split(None, 3)[-1] for line in text.split('OBJECT (the five most used)\n')[-1].split('\n') if line}
    check('client-objects', len(objects & set(OBJECTS.values())) == 5, objects)
    for name in ('osd', 'bluestore', 'io'):
        data = report(name, seconds='3')
        check(name, is_safe(data) and b'osd.0' in data, data)
    data = report('osd', '--openmetrics', seconds='3')
    check('osd-openmetrics', is_safe(data) and data.endswith(b'# EOF\n'), data[-300:])


def test_top():
    for panel, least in (('objects', 5), ('slow', 1)): # most names are cut there
        done = subprocess.run([cephtap, 'top', '--once', '-d', '4', '--panel', panel, *only], capture_output=True, check=False, timeout=100)
        found = [shown for shown in OBJECTS.values() if re.search(' ' + re.escape(shown) + '$', done.stdout.decode(), re.M)]
        check('top-' + panel, is_safe(done.stdout) and len(found) >= least, done.stdout.decode())
    for locale in ('C', 'C.UTF-8'):
        terminal = Terminal([cephtap, 'top', '-d', '4', '--panel', 'objects', *only], columns=100, lines=30, LC_ALL=locale)
        terminal.wait(lambda: terminal.find('한') is not None, 60)
        screen = '\n'.join(terminal.lines)
        found = [shown for shown in OBJECTS.values() if shown in screen]
        check(f'top-screen-{locale}', len(found) >= 5 and '\\nx\\033[31m' in screen, screen)
        raw = [bad for bad in (b'\x1b[31mx', b'\x07', b'\xff', '\u202e'.encode()) if bad in terminal.raw]
        check(f'top-screen-raw-{locale}', not raw, raw)
        terminal.press('q')
        check(f'top-screen-ends-{locale}', terminal.ended(20) == 0)


def main():
    with subprocess.Popen([sys.executable, __file__, 'client'], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as load:
        check('load', load.stdout.readline() == b'round\n')
        threading.Thread(target=load.stdout.read, daemon=True).start()
        for test in (test_slow_ops, test_op, lambda: test_others(load.pid), test_top):
            try:
                test()
            except Exception as error: # the other tests still say what they find
                check('test', False, repr(error))
        check('load-goes-on', load.poll() is None)
        load.stdin.close()


if sys.argv[1] == 'client':
    client()
else:
    cephtap, folder, *only = sys.argv[1:]
    main()
