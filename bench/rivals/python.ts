/** Python's own (python.py), where there is a python3. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Program } from '../harness/program.ts';
import { type Contender, Missing } from '../harness/row.ts';

const source = fileURLToPath(new URL('./python.py', import.meta.url));

let version: { found: string | undefined } | undefined;

export function pythonVersion(): string | undefined {
  if (version === undefined) {
    const { status, stdout, stderr } = spawnSync('python3', ['--version'], { encoding: 'utf8' });
    version = { found: status === 0 ? `${stdout}${stderr}`.trim().replace('Python ', '') : undefined };
  }
  return version.found;
}

export function startPython(): Program {
  if (pythonVersion() === undefined) throw new Missing('no python3 here');
  return new Program('python3', [source]);
}

/** @param words what python.py is asked, but for the count at the end */
export function python(name: string, words: (at: number) => (string | number)[], note?: string): Contender {
  return {
    name,
    by: 'python',
    ...(note !== undefined && { note }),
    open(at) {
      const program = startPython();
      return { run: (count) => program.ask<number>(...words(at), count), close: () => program.close() };
    },
  };
}
