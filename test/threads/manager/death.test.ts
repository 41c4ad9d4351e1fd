import { type Dict, Event, getIdent, heap, type List, Manager, Process } from 'nogil';
import { describe, expect, test } from 'vitest';
import { spawns, tries } from '../../support/mode.ts';
import { heldWithoutWorkers, killSometime, LONG, until, untilGivenBack } from '../death/queue-support.ts';
import { updateSlowly, workUntilKilled } from './manager.workers.ts';

const manager = Manager();

/** What must hold of a dict and a list whatever happened to who worked on them. */
function check(d: Dict, l: List, who: number): void {
  const items = d.items();
  expect(d.size).toBe(items.length);
  expect(new Set(items.map(([key]) => key)).size).toBe(items.length);
  for (const [key, value] of items) {
    expect(d.has(key)).toBe(true);
    if (key === 'shared' && value !== '') expect(value).toMatch(/^(\d+:\d+;)\1*$/);
    if (key === 'b') expect(value).toBe('y'.repeat(3000));
  }
  // It deletes ten keys behind those that it sets.
  expect(items.filter(([key]) => String(key).startsWith(`own ${who} `)).length).toBeLessThanOrEqual(11);
  const all = l.copy();
  expect(l.length).toBe(all.length);
  for (const item of all) expect(typeof item === 'string' ? /^x*$/.test(item) : item.length === 2).toBe(true);
  const own = all.filter((item) => Array.isArray(item) && item[0] === who).map(([, i]) => i);
  expect(own).toEqual([...own].sort((a, b) => a - b));
}

// Each wait has a limit of its own.
describe('killing a worker at any moment of its work on a dict and a list', { timeout: 120_000 }, () => {
  test('leaves both whole, with all that it had done, and nobody waits for the dead', () => {
    const before = heldWithoutWorkers();
    const d = manager.dict();
    const l = manager.list();
    const rounds = tries(30);
    let sum = 0;
    for (let who = 0; who < rounds; who++) {
      const victim = new Process({ target: workUntilKilled, args: [d, l, who] });
      victim.start();
      const goal = Math.random() * 40;
      until(() => (d.get(`done ${who}`) ?? 0) > goal, 'it works');
      killSometime(victim as unknown as Process<never>);
      const done = d.get(`done ${who}`);
      const added = d.get('sum') - sum;
      expect(added >= done && added <= done + 1).toBe(true);
      sum = d.get('sum');
      check(d, l, who);
      expect(d.update('mine', (n = 0) => n + 1)).toBe(who + 1);
      l.clear();
      victim.close();
    }
    for (const each of [d, l]) each.close();
    // Each death may cost a block and a body.
    untilGivenBack(before.bytesInUse, rounds * 65_536);
  });

  test('while two others go on, who lose nothing', () => {
    const d = manager.dict();
    const l = manager.list();
    const workers = [0, 1].map((who) => new Process({ target: workUntilKilled, args: [d, l, who] }));
    for (const worker of workers) worker.start();
    until(() => d.has('done 0') && d.has('done 1'), 'both work');
    for (let who = 2; who < 14; who++) {
      const victim = new Process({ target: workUntilKilled, args: [d, l, who] });
      victim.start();
      until(() => d.has(`done ${who}`), 'it works');
      killSometime(victim as unknown as Process<never>);
      const [a, b] = [d.get('done 0'), d.get('done 1')];
      until(() => d.get('done 0') > a && d.get('done 1') > b, 'the others go on');
      victim.close();
    }
    for (const worker of workers) killSometime(worker as unknown as Process<never>);
    const keys = d.keys().filter((key) => /^done /.test(String(key)));
    const done = keys.reduce((total, key) => total + d.get(key), 0);
    expect(d.get('sum') - done).toBeGreaterThanOrEqual(0);
    // Each of the dead may have added one that it has not counted.
    expect(d.get('sum') - done).toBeLessThanOrEqual(14);
    expect(d.size).toBe(d.items().length);
    for (const each of [d, l, ...workers]) each.close();
  });
});

describe('killing a worker inside of update', () => {
  test('leaves the old value, and who waited goes on', async () => {
    const d = manager.dict({ n: 1 });
    const [inside, leave] = [new Event(), new Event()];
    const victim = new Process({ target: updateSlowly, args: [d, 'n', inside, leave] });
    victim.start();
    expect(inside.wait(LONG)).toBe(true);
    const waiting = d.updateAsync('n', (n) => (n as number) + 10);
    const holder = heap.inspect().find(({ id }) => id === d.handle().id)?.holder;
    // The system has another number for it.
    if (spawns) expect([undefined, 0, getIdent()]).not.toContain(holder);
    else expect(holder).toBe(victim.pid);
    victim.kill();
    expect(await waiting).toBe(11);
    expect(victim.join(LONG)).toBe(true);
    expect(d.update('n', (n) => n + 1)).toBe(12);
    for (const each of [d, inside, leave, victim]) each.close();
  });

  test('lets a blocked writer go on, too', () => {
    const d = manager.dict({ n: 1 });
    const [inside, leave] = [new Event(), new Event()];
    const victim = new Process({ target: updateSlowly, args: [d, 'n', inside, leave] });
    victim.start();
    expect(inside.wait(LONG)).toBe(true);
    victim.kill();
    d.set('n', 5);
    expect(d.n).toBe(5);
    expect(victim.join(LONG)).toBe(true);
    for (const each of [d, inside, leave, victim]) each.close();
  });
});
