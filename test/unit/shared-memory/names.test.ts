import { expect, test } from 'vitest';
import { coreModule, instantiateCore } from '../../../src/heap/core.ts';

test('of the tables that workers offer for the names the first one stays', () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 32, shared: true });
  const core = instantiateCore(coreModule(), memory);
  core.rootInit(16, 32);
  expect(core.workerBecome(core.slotTake())).toBeTruthy();
  const [first, second] = [core.refObject(core.tableCreate()), core.refObject(core.tableCreate())];
  expect(core.namesTable(0)).toBe(0);
  expect([core.namesTable(first), core.namesTable(second), core.namesTable(0)]).toEqual([first, first, first]);
});
