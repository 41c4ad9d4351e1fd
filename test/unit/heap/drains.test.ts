/**
 * Every export of the core that may drop an object's last reference also takes apart what it has doomed
 * (assembly/lifecycle/calls.ts): asked of the graph of calls in the core, compiled without inlining.
 */
import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import { expect, test } from 'vitest';

const root = new URL('../../../assembly/', import.meta.url);

/** Those that do not, and why that is right. */
const WITHOUT = {
  reapLocks: 'it must wait for nobody: `reap` comes after it, and does it',
  vectorTake: 'closes a batch that is empty',
  queuePut: 'gives back a key, which has no handles',
  queuePutBlock: 'the same',
  queuePutMany: 'the same',
  queuePutNumber: 'the same',
  queuePutFrom: 'the same',
  queueCommit: 'gives back a slot: bytes have no handles',
  queueGetInto: 'the same of an item of bytes',
  loanEnd: 'the same of either',
};

async function textOfCore(): Promise<string> {
  let text = '';
  const options = ['-O0', '--textFile', 'core.wat', '--runtime', 'stub', '--importMemory', '--noAssert', '--use', 'abort='];
  const memory = ['--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
  const { error, stderr } = await asc.main(
    ['index.ts', ...options, ...memory, '--enable', 'threads', '--enable', 'bulk-memory'],
    {
      readFile: (name) => {
        try {
          return readFileSync(new URL(name.replace(/^\.\//, ''), root), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name === 'core.wat') text = String(contents);
      },
      listFiles: () => null,
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return text;
}

function callsIn(text: string): Map<string, Set<string>> {
  const calls = new Map<string, Set<string>>();
  let current = new Set<string>();
  for (const line of text.split('\n')) {
    const [, name] = /^ \(func (\$\S+)/.exec(line) ?? [];
    if (name) {
      current = new Set();
      calls.set(name, current);
    }
    const [, called] = /^\s*\(?call (\$[^\s)]+)/.exec(line) ?? [];
    if (called) current.add(called);
  }
  return calls;
}

test('what may doom an object drains, but for those that need not', async () => {
  const text = await textOfCore();
  const calls = callsIn(text);
  const reaches = (from: string, wanted: string) => {
    const seen = new Set([from]);
    for (const name of seen) for (const next of calls.get(name) ?? []) seen.add(next);
    return seen.has(wanted);
  };
  const exported = [...text.matchAll(/\(export "([^"]+)" \(func (\$[^)]+)\)\)/g)].map(([, name = '', func = '']) => ({
    name,
    func,
  }));
  const dooming = exported.filter(({ func }) => reaches(func, '$heap/object-table/addDoomed'));
  expect(dooming.map(({ name }) => name)).toEqual(expect.arrayContaining(['refClose', 'release', 'reap', 'tableClear']));
  const left = dooming.filter(({ func }) => !reaches(func, '$lifecycle/destroy/drain')).map(({ name }) => name);
  expect(left.sort()).toEqual(Object.keys(WITHOUT).sort());
});
