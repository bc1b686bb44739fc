# SPDX-License-Identifier: LGPL-2.1-or-later
"""A browser for tests of pages: Debian's chromium by way of chromedriver's WebDriver, with nothing but Python's own library."""
import base64
import json
import os
import subprocess
import time
import urllib.request


class Browser:
    """With the folder of its profile: `with Browser(folder) as browser: browser.open(path)`."""

    def __init__(self, folder, dark=False, width=1280, height=800):
        self.folder, self.dark, self.size = folder, dark, (width, height)

    def __enter__(self):
        log = os.path.join(self.folder, 'chromedriver.log')
        self.driver = subprocess.Popen(['chromedriver', '--port=0', '--log-path=' + log], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True, env=dict(os.environ, HOME=self.folder))
        for line in self.driver.stdout:
            if 'started successfully on port' in line:
                self.base = 'http://127.0.0.1:%d' % int(line.rstrip('.\n ').split()[-1])
                break
        else:
            raise RuntimeError('chromedriver did not start')
        self.session = None
        arguments = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--hide-scrollbars',
                     '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
                     '--user-data-dir=' + os.path.join(self.folder, 'profile'), '--window-size=%d,%d' % self.size]
        answer = self.ask('POST', '/session', {'capabilities': {'alwaysMatch': {
            'goog:chromeOptions': {'args': arguments}, 'goog:loggingPrefs': {'browser': 'ALL'},
            'unhandledPromptBehavior': 'ignore'}}})
        self.session = '/session/' + answer['sessionId']
        self.emulate('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if self.dark else 'light'}])
        self.emulate('Emulation.setDeviceMetricsOverride', width=self.size[0], height=self.size[1], deviceScaleFactor=1, mobile=False)
        return self

    def __exit__(self, *_):
        try:
            if self.session:
                self.ask('DELETE', self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {'Content-Type': 'application/json'}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)['value']['message'].split('\n')[0]) from None

    def emulate(self, command, **parameters):
        return self.ask('POST', self.session + '/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def open(self, path):
        self.ask('POST', self.session + '/url', {'url': 'file://' + path})

    def run(self, script, *args):
        """`script` is the body of a function in the page; its result."""
        return self.ask('POST', self.session + '/execute/sync', {'script': script, 'args': list(args)})

    def wait(self, script, seconds=5):
        """Until the expression is true; its last value."""
        end = time.monotonic() + seconds
        value = self.run('return ' + script)
        while not value and time.monotonic() < end:
            time.sleep(0.05)
            value = self.run('return ' + script)
        return value

    def pointer(self, *steps):
        """Each step is (x, y) to move to, 'down' or 'up'."""
        actions = []
        for step in steps:
            if step in ('down', 'up'):
                actions.append({'type': 'pointerDown' if step == 'down' else 'pointerUp', 'button': 0})
            else:
                actions.append({'type': 'pointerMove', 'x': round(step[0]), 'y': round(step[1]), 'duration': 0})
        self.ask('POST', self.session + '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'actions': actions}]})

    def click(self, x, y):
        self.pointer((x, y), 'down', 'up')

    def keys(self, *keys):
        actions = [{'type': kind, 'value': key} for key in keys for kind in ('keyDown', 'keyUp')]
        self.ask('POST', self.session + '/actions', {'actions': [{'type': 'key', 'id': 'keys', 'actions': actions}]})

    def screenshot(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.ask('GET', self.session + '/screenshot')))

    def log(self):
        """What the page said on its console: errors, and what its policy forbade."""
        return [entry['message'] for entry in self.ask('POST', self.session + '/se/log', {'type': 'browser'})]
