"""
Python's own: multiprocessing and threading, timed by Python. Reads lines of words, answers each with a line
of JSON: nanoseconds for all of the operations, or a list of them.

  pool map|apply|imap N     N calls of a trivial function in a Pool(2)
  queue number|bytes|object LENGTH N    N items through a multiprocessing.Queue, one process puts, one gets
  manager INDEX N           N times one of CALLS on a managed dict or list
  lock N                    N times acquire, release of an uncontended threading.Lock
  fight WORKERS N           N times acquire, counter += 1, release of a multiprocessing.Lock by WORKERS together
  trips N PAUSE_US          N round trips over a Pipe, after a pause each
  process fork|spawn N      N times Process.start and join of a function that does nothing
"""
import json
import sys
import threading
import time
from multiprocessing import Barrier, Lock, Manager, Pipe, Pool, Process, Queue, RawValue, get_context

CALLS = [
    "d['num']",
    "d['num'] = i",
    "d['text']",
    "d['text'] = 'other text'",
    "d['num'] += 1",
    'l[0]',
    'l[0] = i',
    'l.append(i); l.pop()',
]


def increment(x):
    return x + 1


def nothing():
    pass


def make(kind, length):
    if kind == 'number':
        return lambda i: i
    if kind == 'bytes':
        body = b'\xa5' * max(0, length - 4)
        return lambda i: i.to_bytes(4, 'little') + body
    text = 'x' * 32
    return lambda i: {'id': i, 'name': 'name', 'text': text}


def number(kind):
    if kind == 'number':
        return lambda item: item
    if kind == 'bytes':
        return lambda item: int.from_bytes(item[:4], 'little')
    return lambda item: item['id']


def produce(queue, kind, length, count):
    item = make(kind, length)
    for i in range(count):
        queue.put(item(i))


def fight(begin, lock, counter, count):
    begin.wait()
    for _ in range(count):
        with lock:
            counter.value += 1


def echo(end, count):
    for _ in range(count):
        end.send(end.recv())


class Bench:
    def __init__(self):
        self.made = {}

    def keep(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def pool(self, what, count):
        def make():
            pool = Pool(2)
            pool.map(increment, range(1000))
            return pool

        pool = self.keep('pool', make)
        count = int(count)
        items = list(range(count))
        begin = time.perf_counter_ns()
        if what == 'map':
            result = pool.map(increment, items)
        elif what == 'imap':
            result = list(pool.imap(increment, items))
        else:
            result = [each.get() for each in [pool.apply_async(increment, (x,)) for x in items]]
        ns = time.perf_counter_ns() - begin
        assert sum(result) == count * (count + 1) // 2
        return ns

    def queue(self, kind, length, count):
        count = int(count)
        queue = self.keep('queue', Queue)
        process = Process(target=produce, args=(queue, kind, int(length), count))
        value = number(kind)
        process.start()
        total = value(queue.get())
        # From the first item on: a process takes its time to start.
        begin = time.perf_counter_ns()
        for _ in range(count - 1):
            total += value(queue.get())
        ns = time.perf_counter_ns() - begin
        process.join()
        assert total == count * (count - 1) // 2
        return ns * count // max(1, count - 1)

    def manager(self, index, count):
        def make():
            manager = Manager()
            return manager, {'d': manager.dict({'num': 1, 'text': 'some text'}), 'l': manager.list([1])}

        _, names = self.keep('manager', make)
        code = CALLS[int(index)].replace('; ', '\n  ')
        run = self.keep(code, lambda: compile(f'for i in range(count):\n  {code}', 'bench', 'exec'))
        begin = time.perf_counter_ns()
        exec(run, {**names, 'count': int(count)})
        return time.perf_counter_ns() - begin

    def lock(self, count):
        lock = threading.Lock()
        begin = time.perf_counter_ns()
        for _ in range(int(count)):
            lock.acquire()
            lock.release()
        ns = time.perf_counter_ns() - begin
        assert not lock.locked()
        return ns

    def fight(self, workers, count):
        workers, count = int(workers), int(count)
        ready, lock, counter = Barrier(workers + 1), Lock(), RawValue('q', 0)
        each = -(-count // workers)
        fighters = [Process(target=fight, args=(ready, lock, counter, each)) for _ in range(workers)]
        for fighter in fighters:
            fighter.start()
        # Their starts are not counted.
        ready.wait()
        begin = time.perf_counter_ns()
        for fighter in fighters:
            fighter.join()
        ns = time.perf_counter_ns() - begin
        assert counter.value == workers * each
        return ns * count // (workers * each)

    def trips(self, count, pause):
        near, far = Pipe()
        process = Process(target=echo, args=(far, int(count)))
        process.start()
        trips = []
        for i in range(int(count)):
            time.sleep(int(pause) / 1e6)
            begin = time.perf_counter_ns()
            near.send(i)
            assert near.recv() == i
            trips.append(time.perf_counter_ns() - begin)
        process.join()
        return trips

    def process(self, method, count):
        context = get_context(method)
        begin = time.perf_counter_ns()
        for _ in range(int(count)):
            process = context.Process(target=nothing)
            process.start()
            process.join()
        return time.perf_counter_ns() - begin

    def close(self):
        if 'pool' in self.made:
            self.made['pool'].terminate()
        if 'manager' in self.made:
            self.made['manager'][0].shutdown()


if __name__ == '__main__':
    bench = Bench()
    try:
        for line in sys.stdin:
            what, *words = line.split()
            try:
                answer = getattr(bench, what)(*words)
            except Exception as error:
                answer = {'failed': f'{type(error).__name__}: {error}'}
            print(json.dumps(answer), flush=True)
    finally:
        bench.close()
