/** Python's Pool(2), where there is a python3: it measures itself, and prints calls a second. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const PROGRAM = `
import sys, time
from multiprocessing import Pool

def increment(x):
    return x + 1

if __name__ == '__main__':
    with Pool(2) as pool:
        pool.map(increment, range(10000))
        for line in sys.stdin:
            what, count = line.split()
            count = int(count)
            items = list(range(count))
            begin = time.perf_counter()
            if what == 'map':
                result = pool.map(increment, items)
            else:
                result = [each.get() for each in [pool.apply_async(increment, (x,)) for x in items]]
            end = time.perf_counter()
            assert result[-1] == count
            print(count / (end - begin), flush=True)
`;

export function pythonVersion(): string | undefined {
  const { status, stdout, stderr } = spawnSync('python3', ['--version'], { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim() : undefined;
}

export class PythonPool {
  readonly #process: ChildProcessWithoutNullStreams = spawn('python3', ['-c', PROGRAM]);
  readonly #lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();

  /** Calls a second. */
  async rate(what: 'map' | 'apply', count: number): Promise<number> {
    this.#process.stdin.write(`${what} ${count}\n`);
    const { value } = await this.#lines.next();
    return Number(value);
  }

  close(): void {
    this.#process.stdin.end();
  }
}
