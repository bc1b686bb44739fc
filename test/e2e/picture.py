# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pages of `cephtap picture` in a browser: called by picture.sh. PICTURES=FOLDER keeps screenshots there."""
import os
import subprocess
import sys
import tempfile
import time

from browser import Browser

TMP, CEPHTAP, KEEP = os.environ['TMP'], os.environ['CEPHTAP'], os.environ.get('PICTURES')
ENTER, ESCAPE, TAB, UP, DOWN, LEFT, RIGHT = '\ue007', '\ue00c', '\ue004', '\ue013', '\ue015', '\ue012', '\ue014'

HOSTILE = [b'</script><img src=x onerror=alert(1)>', b'<img src=x onerror="document.title=1">', b'"\'><svg onload=alert(2)>', b'<!--',
           b'\xff\xfe<b>', b'\xe2\x80\xa8alert(3)\xe2\x80\xa9', b'a\x01\x1b[31mb', b'\xe2\x80\xaeetirw', b'${alert(4)}', b'@DATA@',
           b'__proto__', b'constructor', b'\\u003cscript\\u003e', b']]>', b'&lt;i&gt;']
FOLDED = b'''main;OSD::dequeue_op(boost::intrusive_ptr<OpRequest>);do_op 60
main;OSD::dequeue_op(boost::intrusive_ptr<Other>);do_op 20
main;BlueStore::_kv_sync_thread();vmlinux`fsync 15
idle 5
'''
AFTER = FOLDED.replace(b'do_op 60', b'do_op 90').replace(b'idle 5', b'more 5')
SHORT = b'''std::vector<int, std::allocator<int> >::operator[](unsigned long) const 1
std::map<int, std::less<int> >::operator()(int) 1
bool operator< <int>(foo<int> const&, foo<int> const&) 1
operator<<(std::ostream&, int) 1
(anonymous namespace)::go(int) 1
foo()::{lambda(int)#1}::operator()(int) const 1
a<(b)1, (c<d>)2>::e 1
java.Foo.<init> 1
decltype(auto) f<int>(int) [clone .part.0] 1
unbalanced<int 1
x->y 1
'''
SHORTENED = ['(anonymous namespace)::go', 'a::e', 'bool operator<', 'decltype f [clone .part.0]', 'foo::{lambda#1}::operator()', 'java.Foo.<init>',
             'operator<<', 'std::map::operator()', 'std::vector::operator[]', 'unbalanced<int', 'x->y']


def make(name, kind, data, *options):
    path = os.path.join(TMP, name)
    with open(path, 'wb') as file:
        subprocess.run([CEPHTAP, 'picture', kind, *options], input=data, stdout=file, check=True)
    return path


def say(name, is_good, why=''):
    print('ok ' + name if is_good else 'not ok %s - %s' % (name, str(why).replace('\n', ' ')[:300]), flush=True)


def equal(name, wanted, got):
    say(name, wanted == got, 'expected %s, got %s' % (wanted, got))


def state(browser):
    return browser.run('return picture.state()')


def at(browser, name):
    """The middle of a frame, a span or a cell, in the window."""
    x, y = browser.run('const at = picture.where(arguments[0]), c = document.querySelector("canvas").getBoundingClientRect();'
                       'return [c.left + at.x + at.w / 2, c.top + at.y + 8 - (picture.state().spans === undefined ? picture.scroll() : 0)]', name)
    return x, y


def button(browser, label):
    browser.run('[...document.querySelectorAll("button")].find(b => b.textContent === arguments[0]).click()', label)


def text(browser, selector):
    return browser.run('return document.querySelector(arguments[0]).innerText', selector)


def keep(browser, name):
    if KEEP:
        browser.screenshot(os.path.join(KEEP, name + '.png'))


def test_flame(browser):
    browser.open(make('flame.html', 'flame', FOLDED, '--title', 'Where <time> goes'))
    equal('flame-title', ['Where <time> goes', '100 samples in 4 stacks'], [text(browser, 'h1'), text(browser, '#about')])
    equal('flame-frames', ['BlueStore::_kv_sync_thread()', 'OSD::dequeue_op(boost::intrusive_ptr<OpRequest>)',
                           'OSD::dequeue_op(boost::intrusive_ptr<Other>)', 'do_op', 'idle', 'main', 'vmlinux`fsync'],
          sorted(state(browser)['names']))
    name = 'OSD::dequeue_op(boost::intrusive_ptr<OpRequest>)'
    browser.pointer(at(browser, name))
    equal('flame-hover', name + '\n60 samples \u00b7 60.0 % of all \u00b7 63.2 % of its caller', text(browser, '#hover'))
    browser.click(*at(browser, name))
    equal('flame-zoom', [name, [name, 'do_op', 'main']], [state(browser)['zoom'], sorted(state(browser)['names'])])
    browser.keys(ESCAPE)
    equal('flame-escape', 'all', state(browser)['zoom'])
    browser.click(*at(browser, name))
    button(browser, 'Reset zoom')
    equal('flame-reset', 'all', state(browser)['zoom'])
    low = at(browser, 'main')[1] > at(browser, 'do_op')[1]
    button(browser, 'Icicle')
    say('flame-icicle', low and at(browser, 'main')[1] < at(browser, 'do_op')[1], 'the root does not change sides')
    button(browser, 'Short names')
    equal('flame-merged', ['BlueStore::_kv_sync_thread', 'OSD::dequeue_op', 'do_op', 'idle', 'main', 'vmlinux`fsync'], sorted(state(browser)['names']))
    browser.pointer(at(browser, 'OSD::dequeue_op'))
    say('flame-merged-value', '80 samples' in text(browser, '#hover'), text(browser, '#hover'))


def test_keys(browser):
    browser.open(make('flame.html', 'flame', FOLDED))
    browser.run('document.activeElement.blur()')
    visited = []
    for _ in range(7):
        browser.keys(TAB)
        visited.append(browser.run('return document.activeElement.id || document.activeElement.textContent'))
    say('keys-tab', all(stop in visited for stop in ('Icicle', 'Short names', 'search', 'view')), visited)
    browser.run('document.getElementById("view").focus()')
    browser.keys(UP, UP)
    equal('keys-arrows', 'OSD::dequeue_op(boost::intrusive_ptr<OpRequest>)', text(browser, '#hover b'))
    browser.keys(LEFT)
    equal('keys-left', 'BlueStore::_kv_sync_thread()', text(browser, '#hover b'))
    browser.keys(ENTER)
    equal('keys-enter', 'BlueStore::_kv_sync_thread()', state(browser)['zoom'])
    browser.keys(ESCAPE)
    equal('keys-escape', 'all', state(browser)['zoom'])


def test_search(browser):
    browser.open(make('flame.html', 'flame', FOLDED))
    before = browser.run('return document.querySelector("canvas").toDataURL()')
    browser.keys('/', *'DEQUEUE|do_op'.lower(), ENTER)
    equal('search-count', '4 frames, 80.0 %', text(browser, '#found')) # inside one another: counted once
    time.sleep(0.1)
    say('search-colours', before != browser.run('return document.querySelector("canvas").toDataURL()'), 'nothing changed')
    keep(browser, 'search')
    browser.run('const s = document.getElementById("search"); s.value = "a("; s.dispatchEvent(new Event("input"))')
    equal('search-wrong', True, browser.wait('document.getElementById("found").textContent === "not a regular expression"'))
    browser.run('document.getElementById("search").focus()')
    browser.keys(ESCAPE)
    equal('search-escape', ['', 'view'], [text(browser, '#found'), browser.run('return document.activeElement.id')])


def test_diff(browser):
    before = os.path.join(TMP, 'before.folded')
    with open(before, 'wb') as file:
        file.write(FOLDED)
    browser.open(make('diff.html', 'flame', AFTER, '--diff', before))
    browser.pointer(at(browser, 'do_op'))
    say('diff-hover', '60 samples \u2192 90 samples \u00b7 60.0 % \u2192 69.2 % of all \u00b7 +9.23 points' in text(browser, '#hover'), text(browser, '#hover'))
    colour = '''const at = picture.where(arguments[0]), c = document.querySelector("canvas");
        return [...c.getContext("2d").getImageData(at.x + at.w - 3, at.y + 3, 1, 1).data].slice(0, 3)'''
    red, blue = browser.run(colour, 'do_op'), browser.run(colour, 'vmlinux`fsync')
    say('diff-colours', red[0] > red[2] + 20 and blue[2] > blue[0] + 20, (red, blue))
    gone = 'idle' in state(browser)['names']
    button(browser, 'Widths before')
    say('diff-gone', not gone and 'idle' in state(browser)['names'], state(browser))
    keep(browser, 'diff')


def test_short(browser):
    browser.open(make('short.html', 'flame', SHORT))
    button(browser, 'Short names')
    equal('short-names', SHORTENED, sorted(state(browser)['names']))


def check_harmless(browser, name, path):
    browser.log() # what was said before
    browser.open(path)
    shown = state(browser)
    browser.run('document.querySelectorAll("details").forEach(d => { d.open = true; })')
    browser.run('const c = document.querySelector("canvas").getBoundingClientRect();'
                'for (let x = 5; x < c.width; x += 7) for (let y = 5; y < c.height; y += 19) document.querySelector("canvas").dispatchEvent('
                'new PointerEvent("pointermove", { clientX: c.left + x, clientY: c.top + y, bubbles: true }))')
    found = browser.run('return [document.querySelectorAll("img, svg, b b, script:not([id])").length, document.title, document.scripts.length]')
    equal(name, [1, '"\\002<img src=x onerror=alert(9)>', 2], found)
    equal(name + '-quiet', [], browser.log())
    return shown


def test_hostile(browser):
    title = ('--title', '"\x02<img src=x onerror=alert(9)>')
    lines = b''.join(frame + b';inner 5\n' for frame in HOSTILE) + b'main;' + HOSTILE[0] + b' 3\n'
    shown = check_harmless(browser, 'hostile-flame', make('hostile.html', 'flame', lines, *title))
    wanted = {HOSTILE[0].decode(), '\\377\\376<b>', '__proto__', '\\u003cscript\\u003e', '\\u202eetirw', '\\u2028alert(3)\\u2029', 'a\\001\\033[31mb'}
    say('hostile-shown', wanted <= set(shown['names']), shown)
    rows = b''.join(b'"%s","%s",%d,%d,"%s"\n' % (h.replace(b'"', b'""'), h.replace(b'"', b'""'), i, i + 9, h.replace(b'"', b'""')) for i, h in enumerate(HOSTILE))
    check_harmless(browser, 'hostile-timeline', make('hostile-t.html', 'timeline', rows, *title))
    check_harmless(browser, 'hostile-heat', make('hostile-h.html', 'heat', b'1,2\n', '--unit', '</script><img src=x onerror=alert(5)>', *title))


def test_heat(browser):
    rows = b''.join(b'%d,%d,%d\n' % (i * 1000000, 1000 * (1 + i % 7), 1 + i) for i in range(100))
    browser.open(make('heat.html', 'heat', rows))
    equal('heat-about', '5\u202f050 values in 99.5 ms; a column is 500 \u00b5s', text(browser, '#about'))
    browser.run('document.getElementById("view").focus()')
    browser.keys(RIGHT)
    say('heat-hover', text(browser, '#hover').startswith('1.00 \u00b5s to 1.20 \u00b5s, at 0 ns\n1 of 1 in these '), text(browser, '#hover'))
    button(browser, 'Percentiles')
    say('heat-lines', 'median' in text(browser, '#legend'), text(browser, '#legend'))
    keep(browser, 'heat')


def test_timeline(browser):
    rows = b'osd.0,op,1000,9000,client 7\nosd.0,queue,1000,3000\nosd.0,store,3000,9000\nosd.0,kv commit,4000,8000\nosd.1,op,2000,5000\n'
    browser.open(make('timeline.html', 'timeline', rows))
    equal('timeline-rows', [5, 4], [state(browser)['spans'], state(browser)['rows']])
    heights = [at(browser, name)[1] for name in ('op', 'queue', 'store', 'kv commit')]
    say('timeline-nested', heights[0] < heights[1] == heights[2] < heights[3], heights)
    browser.pointer(at(browser, 'op'))
    say('timeline-hover', text(browser, '#hover') == 'osd.0: op\n8.00 \u00b5s \u00b7 from 0 ns to 8.00 \u00b5s \u00b7 client 7', text(browser, '#hover'))
    browser.click(*at(browser, 'kv commit'))
    zoomed = state(browser)
    say('timeline-zoom', 2500 < zoomed['from'] <= 3000 and 7000 <= zoomed['to'] < 7500, zoomed)
    browser.keys(ESCAPE)
    equal('timeline-escape', [0, 8000], [state(browser)['from'], state(browser)['to']])
    x, y = at(browser, 'store')
    browser.pointer((x - 100, y), 'down', (x, y), (x + 100, y), 'up')
    dragged = state(browser)
    say('timeline-drag', 3000 < dragged['from'] < dragged['to'] < 7000, dragged)
    browser.keys('/', *'op', ENTER)
    equal('timeline-search', '2 spans, 11.0 \u00b5s in all', text(browser, '#found'))
    keep(browser, 'timeline')


def test_print(browser):
    browser.open(make('flame.html', 'flame', FOLDED))
    pdf = browser.emulate('Page.printToPDF')['data']
    say('print', len(pdf) > 4000 and browser.run('return picture.state().zoom') == 'all', len(pdf))


def test_large(browser):
    stacks = b''.join(b'main;%s %d\n' % (b';'.join(b'ns%d::f%d(int)' % (d, (i >> (18 - d)) % 97) for d in range(18)), 1 + i % 9) for i in range(50000))
    spans = b''.join(b'osd.%d,f%d,%d,%d\n' % (i % 20, i % 11, i * 1000, i * 1000 + 30000) for i in range(20000))
    for name, kind, data in (('large-flame', 'flame', stacks), ('large-timeline', 'timeline', spans)):
        path = make('large.html', kind, data)
        start = time.monotonic()
        browser.open(path)
        took = time.monotonic() - start
        say(name, took < 20, '%.1f s to open' % took) # a second; the machine may have much else to do
        os.unlink(path)


def paper(browser):
    browser.run('document.getElementById("view").focus()')
    return browser.run('const c = document.querySelector("canvas"); return [...c.getContext("2d").getImageData(c.width - 3, 3, 1, 1).data].slice(0, 3)')


def test_colours(folder, dark, width):
    name = 'dark' if dark else 'light'
    with Browser(folder, dark, width) as browser:
        browser.open(make('flame.html', 'flame', FOLDED))
        keep(browser, '%s-%d' % (name, width))
        back = paper(browser)
        say('colours-%s-%d' % (name, width), max(back) < 60 if dark else min(back) > 200, back)
        wide = browser.run('return document.documentElement.scrollWidth')
        say('fits-%s-%d' % (name, width), wide <= width, '%d pixels' % wide)


def main():
    tests = [test_flame, test_keys, test_search, test_diff, test_short, test_hostile, test_heat, test_timeline, test_print, test_large]
    with tempfile.TemporaryDirectory(dir=TMP) as folder, Browser(folder) as browser:
        for test in tests:
            try:
                test(browser)
            except Exception as error: # the other tests still say what they find
                say(test.__name__, False, error)
    for dark, width in ((False, 1280), (True, 400)):
        with tempfile.TemporaryDirectory(dir=TMP) as folder:
            test_colours(folder, dark, width)


if __name__ == '__main__':
    try:
        main()
    except Exception as error:
        say('browser', False, repr(error))
        sys.exit(1)
