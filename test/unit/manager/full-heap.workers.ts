/**
 * A program with a small heap, which it fills by way of a dict and a list. Its last line is what it saw, as
 * JSON.
 */
import { configure, heap, Manager, main } from 'nogil';
import { refuses } from '../../support/refuses.workers.js';

const MIB = 2 ** 20;

/** Calls `add` until there is no memory; how often it went well. */
function fill(add: (i: number) => void): number {
  for (let i = 0; ; i++) if (refuses(() => add(i))) return i;
}

main(import.meta, () => {
  configure({ initialBytes: 2 * MIB, maximumBytes: 8 * MIB });
  const { dict, list } = Manager();
  const d = dict({ small: 1 });
  const l = list([1, 2]);
  const before = heap.stats().bytesInUse;
  const report: Record<string, boolean> = {};

  const big = new Uint8Array(MIB / 2);
  const stored = fill((i) => d.set(i, big));
  report.bigOnesAreIn = d.size === stored + 1 && stored > 5 && (d.get(stored - 1) as Uint8Array).length === big.length;
  report.listRefuses = refuses(() => l.append(big)) && refuses(() => l.extend([3, big])) && l.length === 2;
  report.dictRefusesAll = refuses(() => d.update({ x: 1, y: big })) && !d.has('x');
  report.updateRefuses = refuses(() => d.update('small', () => big)) && d.small === 1;
  for (let i = 0; i < stored; i++) d.delete(i);

  const count = fill((i) => d.set(`a key ${i}`, i));
  const keys = Array.from({ length: count }, (_, i) => `a key ${i}`);
  report.keysAreIn = d.size === count + 1 && keys.every((key, i) => d.get(key) === i);
  report.numbersAreReplaced = d.set('a key 0', -1).get('a key 0') === -1;
  report.lists = refuses(() => l.extend(Array.from({ length: (10 * MIB) / 8 }, () => 0))) && l.length === 2;
  report.deletionNeedsNone = keys.every((key) => d.delete(key)) && d.size === 1;
  d.clear();
  d.set('small', 1);
  // Its table must grow beside itself, in pieces of another size than before.
  report.everythingWorksAfter = fill((i) => d.set(`a key ${i}`, i)) >= count / 4;
  d.clear();

  const items = fill((i) => l.append(i));
  report.itemsAreIn = l.length === items + 2 && l[-1] === items - 1;
  l[0] = 7;
  report.itemsAreReplaced = l[0] === 7;
  report.insertRefuses = refuses(() => l.insert(0, 0)) && l.length === items + 2;
  report.extendRefuses = refuses(() => l.extend([1, 2, 3])) && l.length === items + 2 && l[-1] === items - 1;
  l.clear();
  report.givenBack = heap.stats().bytesInUse <= before + 4096;
  console.log(JSON.stringify(report));
});
