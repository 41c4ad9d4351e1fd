/** Who takes part. A row names them in `by`. */
import { readFileSync } from 'node:fs';
import type { Kind, Party } from '../report/model.ts';
import { compiler } from './native.ts';
import { pythonVersion } from './python.ts';

interface Entry {
  name: string;
  kind: Kind;
  what: string;
  /** Its version, or why there is none. */
  find(): { version?: string; missing?: string };
}

/** A package of bench/rivals/package.json. */
function npm(name: string, what: string): Entry {
  return { name, kind: 'rival', what, find: () => versionOf(name) };
}

function versionOf(name: string): { version: string } | { missing: string } {
  try {
    // Its own package.json, which `exports` may hide from import.
    const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    return { version: (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version };
  } catch {
    return { missing: 'not installed: npm ci --prefix bench/rivals has failed' };
  }
}

const handmade = () => ({});

export const parties = {
  nogil: { name: 'nogil', kind: 'ours', what: 'This package.', find: () => ({}) },
  node: {
    name: 'Node',
    kind: 'rival',
    what: 'What the runtime has: Worker, MessageChannel, postMessage, receiveMessageOnPort, v8.serialize.',
    find: () => ({ version: process.version.slice(1) }),
  },
  handmade: {
    name: 'by hand',
    kind: 'rival',
    what: 'What one would write without a library, over a SharedArrayBuffer or postMessage; bench/rivals/ has it.',
    find: handmade,
  },
  'ringbuf.js': npm(
    'ringbuf.js',
    'A wait-free ring of bytes for one producer and one consumer; it cannot sleep. Objects by msgpackr.',
  ),
  multithreading: npm(
    'multithreading',
    'Mutexes, channels and a pool over SharedArrayBuffer, after Rust. Node 20 lacks two globals that it needs: we add them.',
  ),
  piscina: npm('piscina', 'A pool of workers.'),
  tinypool: npm('tinypool', 'A smaller fork of piscina.'),
  workerpool: npm('workerpool', 'A pool of workers.'),
  poolifier: npm('poolifier', 'A pool of workers.'),
  comlink: npm('comlink', 'Calls of functions in a worker over postMessage; two workers in turn.'),
  'async-mutex': npm('async-mutex', 'A mutex for the tasks of one thread.'),
  msgpackr: npm('msgpackr', 'Values to bytes and back, with its native addon.'),
  plain: {
    name: 'one thread',
    kind: 'reference',
    what: 'The same in one thread, without sharing: a Map, an array.',
    find: handmade,
  },
  python: {
    name: 'Python',
    kind: 'reference',
    what: 'CPython: multiprocessing, threading, in a process of its own.',
    find: () => asFound(pythonVersion, 'no python3 here'),
  },
  c: {
    name: 'C',
    kind: 'reference',
    what: 'pthread mutexes, memcpy, a ring: bench/rivals/native.c, compiled for this run.',
    find: () => asFound(() => compiler().version, 'no cc here'),
  },
} as const satisfies Record<string, Entry>;

function asFound(find: () => string | undefined, missing: string): { version?: string; missing?: string } {
  const version = find();
  return version === undefined ? { missing } : { version };
}

export type By = keyof typeof parties;

export function kindOf(by: string): Kind {
  return parties[by as By].kind;
}

/** @param version this package's */
export function lookAround(version: string): Party[] {
  return (Object.entries(parties) as [By, Entry][]).map(([id, { name, kind, what, find }]) => ({
    id,
    name,
    kind,
    what,
    ...(id === 'nogil' ? { version } : find()),
  }));
}
