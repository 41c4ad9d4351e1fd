/**
 * Every interleaving of workers that take tasks, somebody who ends one of them, and deaths, on the real worker
 * table: no task is lost with a worker that is ended for another one, and none runs twice.
 */
import { expect, test } from 'vitest';
import { PoolState, taskOf, WorkerTable } from '../../../src/pool/worker-table.ts';

interface World {
  table: WorkerTable;
  queue: number[];
  /** Tasks that have begun. */
  begun: number[];
  replies: Set<number>;
  /** What became of the workers: the tasks they had. */
  notices: number[];
  stopped: boolean[];
}

type Agent = (world: World) => Generator<void>;

/** What `src/pool/worker.ts` does, a step each access to what others see. */
function* worker(world: World, index: number): Generator<void> {
  const { table, queue } = world;
  table.assign(index, -2);
  yield;
  for (;;) {
    const id = queue.shift();
    if (id === undefined) return;
    yield;
    table.assign(index, id);
    yield;
    const isWithdrawn = table.isWithdrawn(id);
    yield;
    const isClaimed = isWithdrawn && table.restore(id);
    yield;
    if (!isClaimed) world.begun.push(id);
    yield;
    world.replies.add(id);
    yield;
    if (!table.advance(index, id)) return;
    yield;
  }
}

/** What the creator's `endTasks` does, and the monitor for it. */
function* terminator(world: World, id: number): Generator<void> {
  const { table } = world;
  table.withdraw(id);
  yield;
  for (let index = 0; index < table.size; index++) {
    const isSealed = table.seal(index, id);
    yield;
    if (isSealed && table.isSealed(index)) world.stopped[index] = true;
  }
}

/** What the limit watch does for a task that it has seen. */
function* watch(world: World, id: number): Generator<void> {
  const { table } = world;
  const index = table.assignment(0) === id ? 0 : 1;
  yield;
  if (table.seal(index, id)) world.stopped[index] = true;
  yield;
}

/** Runs one schedule; answers how many choices there were at each step. */
function run(
  schedule: number[],
  make: () => { world: World; workers: Agent[]; others: Agent[]; mayDie: boolean },
  known: Set<string>,
) {
  const { world, workers, others, mayDie } = make();
  const agents = [...workers, ...others].map((agent) => agent(world));
  const isOver = agents.map(() => false);
  let deaths = mayDie ? 1 : 0;
  const choices: number[] = [];
  const steps = agents.map(() => 0);
  const died = (index: number) => {
    isOver[index] = true;
    world.notices.push(taskOf(world.table.assignment(index)));
    // Another takes its place.
    world.table.assign(index, 0);
    agents.push(worker(world, index));
    isOver.push(false);
    steps.push(0);
  };
  for (let step = 0; ; step++) {
    const actions: (() => void)[] = [];
    for (const [i, agent] of agents.entries()) {
      if (isOver[i]) continue;
      if (i < workers.length) {
        // The supervisor ends it at any time from now on.
        if (world.stopped[i]) actions.push(() => died(i));
        else if (deaths > 0 && taskOf(world.table.assignment(i)) > 0)
          actions.push(() => {
            deaths--;
            died(i);
          });
      }
      actions.push(() => {
        steps[i] = (steps[i] as number) + 1;
        if (agent.next().done) {
          isOver[i] = true;
          if (i < workers.length && world.table.isSealed(i)) died(i);
        }
      });
    }
    if (actions.length === 0) return { world, choices, isKnown: false };
    if (step >= schedule.length) {
      const { table, replies, ...others } = world;
      const words = [0, 1, 2].map((id) => table.isWithdrawn(id)).concat([table.assignment(0) as never]);
      const state = JSON.stringify([steps, isOver, deaths, words, [...replies], others]);
      // What follows has been seen.
      if (known.has(state)) return { world, choices, isKnown: true };
      known.add(state);
    }
    choices.push(actions.length);
    actions[schedule[step] ?? 0]?.();
  }
}

function explore(make: Parameters<typeof run>[1], check: (world: World) => void): number {
  let schedule: number[] = [];
  const known = new Set<string>();
  for (let count = 1; ; count++) {
    const { world, choices, isKnown } = run(schedule, make, known);
    if (!isKnown) check(world);
    // The next schedule in lexical order.
    let at = choices.length - 1;
    while (at >= 0 && (schedule[at] ?? 0) + 1 >= (choices[at] as number)) at--;
    if (at < 0) return count;
    schedule = [...choices.slice(0, at).map((_, i) => schedule[i] ?? 0), (schedule[at] ?? 0) + 1];
  }
}

function configuration(tasks: number[], size: number, others: Agent[], mayDie: boolean) {
  const table = new WorkerTable(size);
  return () => {
    for (let index = 0; index < size; index++) table.assign(index, 0);
    for (const id of tasks) table.restore(id);
    const world: World = { table, queue: [...tasks], begun: [], replies: new Set(), notices: [], stopped: [] };
    const workers = Array.from({ length: size }, (_, index) => (each: World) => worker(each, index));
    return { world, workers, others, mayDie };
  };
}

/** All settle; who is not `ended` has run once, and has its result unless its own worker died. */
function holds({ begun, replies, notices, queue }: World, ended: number, tasks: number[], deaths: number): void {
  expect(queue).toEqual([]);
  expect(new Set(begun).size).toBe(begun.length);
  const lost = tasks.filter((id) => id !== ended && !replies.has(id));
  expect(lost.length).toBeLessThanOrEqual(deaths);
  for (const id of tasks) expect(replies.has(id) || notices.includes(id) || id === ended).toBe(true);
  for (const id of lost) expect(notices).toContain(id);
}

test.each([
  ['terminate() of the first of two tasks', [1, 2], 1, [(w: World) => terminator(w, 1)], false],
  ['terminate() of the second', [1, 2], 1, [(w: World) => terminator(w, 2)], false],
  ['terminate() of a task whose worker may die', [1, 2], 1, [(w: World) => terminator(w, 1)], true],
  ['a limit, and terminate() of the same task', [1, 2], 1, [(w: World) => watch(w, 1), (w: World) => terminator(w, 1)], false],
  ['a limit of a task whose worker may die', [1, 2], 1, [(w: World) => watch(w, 1)], true],
] as [string, number[], number, Agent[], boolean][])('%s', (_, tasks, size, others, mayDie) => {
  const ended = others.length > 0 && _.includes('second') ? 2 : 1;
  const schedules = explore(configuration(tasks, size, others, mayDie), (world) => holds(world, ended, tasks, mayDie ? 1 : 0));
  expect(schedules).toBeGreaterThan(50);
});

/** What a future's `cancel` does: what it says is what happens. */
function* canceller(world: World, id: number): Generator<void> {
  const { table } = world;
  const isTaken = () => taskOf(table.assignment(0)) === id;
  if (isTaken()) return;
  yield;
  table.withdraw(id);
  yield;
  const mayRun = isTaken();
  yield;
  if (mayRun ? !table.restore(id) : !world.replies.has(id) || !world.begun.includes(id)) world.notices.push(-id);
}

test('what cancel() answers is what becomes of the task', () => {
  const outcomes = new Set<string>();
  explore(configuration([1, 2], 1, [(w) => canceller(w, 1), (w) => canceller(w, 2)], false), ({ begun, notices }) => {
    for (const id of [1, 2]) if (notices.includes(-id)) expect(begun).not.toContain(id);
    outcomes.add(JSON.stringify(begun));
  });
  expect([...outcomes].sort()).toEqual(['[1,2]', '[1]', '[2]', '[]']);
});

test('a worker that moved on without asking would be ended for another task', () => {
  const careless: Agent = (world) => {
    const { table } = world;
    const step = table.advance.bind(table);
    Object.assign(table, {
      advance(index: number, id: number) {
        if (!step(index, id)) table.assign(index, -2);
        return true;
      },
    });
    return terminator(world, 1);
  };
  expect(() => explore(configuration([1, 2], 1, [careless], false), (world) => holds(world, 1, [1, 2], 0))).toThrow();
});

test('who is withdrawn is told apart, and given back to one of two', () => {
  const table = new WorkerTable(3);
  const ids = [1, 31, 32, 33, 131_071, 131_072, 2 ** 30];
  for (const id of ids) table.withdraw(id);
  expect(ids.map((id) => table.isWithdrawn(id))).toEqual(ids.map(() => true));
  expect([table.isWithdrawn(2), table.isWithdrawn(64), table.isWithdrawn(131_070)]).toEqual([false, false, false]);
  expect([table.restore(31), table.restore(31), table.isWithdrawn(1)]).toEqual([true, false, true]);
  expect([table.state, table.limited]).toEqual([PoolState.OPEN, 0]);
});
