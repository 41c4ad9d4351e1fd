/**
 * The harness against an oracle: random programs must come to exactly the ends that a naive enumeration of
 * all orders finds.
 *
 * The oracle knows nothing of suspended stacks, hashes, saved states or shared words: it copies a small
 * object for each step.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { buildCore } from './build.ts';
import { explore, type Options } from './explore.ts';
import { Status } from './machine.ts';
import type { Model } from './model.ts';
import { call } from './program.ts';

const core = await buildCore({ source: join(dirname(fileURLToPath(import.meta.url)), 'assembly/sample') });

const [LOAD, STORE, CAS, XCHG, ADD, NOTIFY, WAIT, TIMED_WAIT] = [0, 1, 2, 3, 4, 5, 6, 7];
const [LOAD_PLAIN, STORE_PLAIN, LOAD_PLAIN64, STORE_PLAIN64, FILL, END] = [8, 9, 10, 11, 12, 13];
const ATOMIC = 8;
const WORDS = 4;
const FIRST_WORD = 64;
const CODE = 1024;

interface Instruction {
  readonly op: number;
  readonly word: number;
  readonly a: number;
  readonly b: number;
}

interface Case {
  readonly programs: readonly (readonly Instruction[])[];
  /** Of worker 0's death; empty if nobody dies. */
  readonly reaper: readonly Instruction[];
}

interface Agent {
  status: number;
  pc: number;
  digest: number;
}

interface World {
  readonly words: number[];
  readonly agents: Agent[];
  /** Sleeping agents in the order in which they went to sleep. */
  queue: number[];
}

function random(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function makeCase(seed: number): Case {
  const pick = random(seed);
  const plain = seed % 2 === 0;
  const program = (length: number) =>
    Array.from({ length }, (): Instruction => {
      const op = pick(plain ? END : ATOMIC);
      return { op, word: pick(WORDS), a: op === NOTIFY ? pick(3) - 1 : pick(2), b: pick(3) };
    });
  const workers = 2 + pick(2);
  const mortal = pick(3) === 0;
  const programs = Array.from({ length: workers }, () => program(workers === 3 ? 2 : 2 + pick(3)));
  return { programs, reaper: mortal ? program(2) : [] };
}

function naive({ programs, reaper }: Case): Set<string> {
  const mortal = reaper.length > 0;
  // A worker that may die has one more moment, between its last operation and its end.
  const all = mortal ? [[...programs[0], { op: END, word: 0, a: 0, b: 0 }], ...programs.slice(1), reaper] : programs;
  const agents = all.map((_, i) => ({ status: i < programs.length ? Status.READY : Status.OFF, pc: 0, digest: 0 }));
  const ends = new Set<string>();
  const visit = (world: World): void => {
    let moved = false;
    const branch = (change: (next: World) => void) => {
      const next = structuredClone(world);
      change(next);
      visit(next);
    };
    world.agents.forEach(({ status }, i) => {
      if (status === Status.READY) branch((next) => execute(next, i, all));
      else if (status === Status.PARKED && all[i][world.agents[i].pc].op === TIMED_WAIT)
        branch((next) => answer(next, i, 2, all));
      else return;
      moved = true;
    });
    const canDie = mortal && world.agents[programs.length].status === Status.OFF;
    if (canDie && world.agents[0].status !== Status.DONE) branch((next) => kill(next, programs.length));
    if (!moved)
      ends.add(
        JSON.stringify([world.words, world.agents.map(({ status, digest }) => [status, status === Status.DONE ? digest : 0])]),
      );
  };
  visit({ words: new Array(WORDS).fill(0), agents, queue: [] });
  return ends;
}

function kill(world: World, reaper: number): void {
  world.agents[0] = { status: Status.DEAD, pc: 0, digest: 0 };
  world.queue = world.queue.filter((i) => i !== 0);
  world.agents[reaper].status = Status.READY;
}

function answer(world: World, i: number, result: number, all: Case['programs']): void {
  const agent = world.agents[i];
  world.queue = world.queue.filter((other) => other !== i);
  if (all[i][agent.pc].op !== END) agent.digest = (Math.imul(agent.digest, 31) + result) | 0;
  agent.pc++;
  agent.status = agent.pc === all[i].length ? Status.DONE : Status.READY;
}

function execute(world: World, i: number, all: Case['programs']): void {
  const { words } = world;
  const { op, word, a, b } = all[i][world.agents[i].pc];
  const old = words[word];
  let result = op === STORE || op === STORE_PLAIN ? 0 : old;
  if (op === STORE || op === STORE_PLAIN || op === XCHG) words[word] = a;
  if (op === CAS && old === a) words[word] = b;
  if (op === ADD) words[word] = (old + a) | 0;
  if (op === WAIT || op === TIMED_WAIT) {
    result = 1;
    if (old === a) {
      world.agents[i].status = Status.PARKED;
      world.queue.push(i);
      return;
    }
  }
  if (op === NOTIFY) {
    const sleepers = world.queue.filter((other) => all[other][world.agents[other].pc].word === word);
    const woken = a < 0 ? sleepers : sleepers.slice(0, a);
    for (const other of woken) answer(world, other, 0, all);
    result = woken.length;
  }
  if (op === LOAD || op === LOAD_PLAIN) result = old;
  // Of the 64-bit word that it is in.
  const low = word & ~1;
  if (op === LOAD_PLAIN64) result = (Math.imul(words[low], 7) + words[low + 1]) | 0;
  if (op === STORE_PLAIN64) words.splice(low, 2, a, b);
  if (op === FILL) words.fill(Math.imul(a, 0x01010101), low, low + 2);
  if (op === STORE_PLAIN64 || op === FILL) result = 0;
  answer(world, i, result, all);
}

function explored({ programs, reaper }: Case, options: Options): ReadonlySet<string> {
  const describe = (m: Model) => {
    const agents = [...programs, ...(reaper.length > 0 ? [reaper] : [])].map((instructions, i) => {
      const code = CODE + i * 256;
      instructions.forEach(({ op, word, a, b }, pc) => {
        for (const [k, value] of [op, FIRST_WORD + word * 4, a, b].entries()) m.store(code + pc * 16 + k * 4, value);
      });
      const own = m.ghost({ digest: 0 });
      const program = [call('interpret', [code, instructions.length], (digest) => void Object.assign(own, { digest }))];
      if (i < programs.length) m.worker(`w${i}`, program, { maySleep: true, mayDie: i === 0 && reaper.length > 0 });
      else m.reaper('reaper', program, { maySleep: true });
      return own;
    });
    m.outcome(() => {
      const words = Array.from({ length: WORDS }, (_, i) => m.load(FIRST_WORD + i * 4));
      const statuses = m.machine.workers.map((worker, i) => {
        const status = m.machine.statusOf(worker);
        return [status, status === Status.DONE ? agents[i].digest : 0];
      });
      return JSON.stringify([words, statuses]);
    });
  };
  const { failure, outcomes } = explore('random', core, describe, options);
  expect(failure?.report).toBeUndefined();
  return outcomes;
}

test('200 random programs come to the ends that they can come to, and to no others', () => {
  for (let seed = 0; seed < 200; seed++) {
    const it = makeCase(seed);
    const expected = [...naive(it)].sort();
    // With plain accesses in it only a fine search sees every order.
    for (const reduce of [true, false]) {
      const found = [...explored(it, { reduce, fine: true })].sort();
      expect(found, `seed ${seed}, ${reduce ? 'reduced' : 'not reduced'}: ${JSON.stringify(it)}`).toEqual(expected);
    }
  }
});
