# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Rounds of cephtap on a program, in each of which the tracer, the processes that hold its links, or both are killed with -9 at
a random moment: of loading, attaching, running, or detaching. After each round the program's code must be what its file
says; at the end all of its results must have been right.

killed.py SECONDS [ROUNDS [SEED]]: until either is over. Environment: CEPHTAP, PROGS. Prints what went wrong, and a line of counts. `doctor
--clean` may be needed only where the tracer was killed together with the process that made a link: there nobody was left to see it.
"""
import ctypes
import os
import random
import signal
import subprocess
import sys
import time

CEPHTAP, PROGS = os.environ['CEPHTAP'], os.environ['PROGS']
SCRIPT = ('works:::hit { @h[arg0] = count(); } pid$target:a.out:*triangle*:entry, pid$target:a.out:*triangle*:return, pid$target:a.out:*refuse*:entry, '
          'pid$target:a.out:*squares*:entry, pid$target:a.out:*signal*:entry, pid$target:a.out:by_*: { @f[probefunc, probename] = count(); } ')
MANY = SCRIPT + 'pid$target:a.out:*string*:entry { @ = count(); }' # the longer a link takes, the more can be left of it
PR_SET_CHILD_SUBREAPER = 36


class Target:
    def __init__(self):
        self.process = subprocess.Popen([f'{PROGS}/works_target', f'{PROGS}/libmarkers.so'], stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def is_as_its_file(self):
        return subprocess.run([f'{PROGS}/text_same', str(self.pid)], stdout=subprocess.DEVNULL).returncode == 0

    def end(self):
        """What is wrong with it; '' if nothing is."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=20)[0].strip()
        return '' if self.process.returncode == 0 and said.endswith('semaphore 0') else f'the program: {said}, status {self.process.returncode}'


def children(pid):
    try:
        with open(f'/proc/{pid}/task/{pid}/children') as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def is_running(tracer):
    return tracer.poll() is None


def name_of(pid):
    try:
        with open(f'/proc/{pid}/comm') as file:
            return file.read().strip()
    except OSError:
        return ''


def wait_for_makers(tracer):
    """Until the first process that makes a link is about to do so. Not asleep: that lasts a fraction of a millisecond."""
    limit = time.monotonic() + 10
    while is_running(tracer) and time.monotonic() < limit:
        if any(name_of(pid) == 'ct-links' for pid in children(tracer.pid)):
            return


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def reach_moment(tracer, when, span):
    """A random moment of that part of the tracer's life."""
    if when == 'any':
        time.sleep(random.random() * span)
        return
    wait_for_makers(tracer)
    if when == 'making':
        spin(random.random() * 0.02)
        return
    time.sleep(random.random() * 0.1)
    if is_running(tracer):
        tracer.send_signal(signal.SIGINT)
    time.sleep(random.random() * 0.05)


def strike(tracer, who):
    for pid in [tracer.pid] * (who == 'tracer') + children(tracer.pid) * (who != 'tracer') + [tracer.pid] * (who == 'both'):
        kill(pid)


def reap(but):
    """All of the round's processes, those too that were left to us."""
    for pid in children(os.getpid()):
        if pid not in but:
            os.waitpid(pid, 0)


def judge(tracer, who, said):
    """After its keepers were killed the tracer ends as it always does: with a sentence if it could not go on."""
    if tracer.returncode in (0, -9) or who != 'keepers':
        return ''
    if tracer.returncode != 1 or 'No child' in said or 'ct-links' not in said:
        return f'keepers were killed: status {tracer.returncode}, {said.strip()}'
    return ''


def one_round(target, who, when, option):
    command = [CEPHTAP, '-q', *option, '-p', str(target.pid), '-n', SCRIPT if option else MANY]
    tracer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reach_moment(tracer, when, 0.4 if not option else 1.5)
    strike(tracer, who)
    if who == 'keepers':
        time.sleep(random.random() * 0.1)
        if is_running(tracer):
            tracer.send_signal(signal.SIGINT)
        # an interrupt before it listens ends it at once
        said = tracer.communicate(timeout=30)[1]
    else:
        said = ''
        tracer.communicate(timeout=30)
    reap([target.pid])
    return judge(tracer, who, said) if tracer.returncode != -signal.SIGINT else '', said


def clean(target):
    subprocess.run([CEPHTAP, 'doctor', '--clean', str(target.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return target.is_as_its_file()


def main():
    seconds, rounds = float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 30
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else os.getpid()
    counts = dict.fromkeys(('rounds', 'left', 'cleaned', 'made again', 'wrong'), 0)
    random.seed(seed)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    target, end = Target(), time.monotonic() + seconds
    while counts['rounds'] < rounds and time.monotonic() < end:
        who = random.choice(('tracer', 'keepers', 'keepers', 'both'))
        when = random.choice(('any', 'making', 'making', 'closing'))
        option = ['--no-multi'] if random.random() < 0.2 else []
        counts['rounds'] += 1
        wrong, said = one_round(target, who, when, option)
        counts['made again'] += 'again' in said
        if not target.is_as_its_file():
            counts['cleaned' if who == 'both' and clean(target) else 'left'] += 1
            print(f'breakpoints were left: {who}, {when}, {option}: {said.strip()}', flush=True)
        if not target.is_as_its_file():
            wrong = wrong or target.end()
            target = Target()
        if wrong:
            counts['wrong'] += 1
            print(f'{who}, {when}, {option}: {wrong}', flush=True)
    wrong = target.end()
    if wrong:
        counts['wrong'] += 1
        print(wrong)
    print(f'seed {seed}: ' + ', '.join(f'{key} {value}' for key, value in counts.items()))
    return 1 if counts['left'] or counts['wrong'] else 0


if __name__ == '__main__':
    sys.exit(main())
