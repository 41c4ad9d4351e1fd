/** Players that change shared state: numbers, managed dicts and lists, shared memory with a name. */
import {
  BrokenLockError,
  type Dict,
  IndexError,
  type List,
  type RawArray,
  ShareableList,
  type Array as SharedArray,
  SharedMemory,
  task,
  type Value,
} from 'nogil';
import { type Part, type Player, perform, type Turn } from '../cast/player.ts';

export const numbers = task(
  import.meta,
  async function numbers(
    part: Part,
    words: RawArray<'i'>,
    seen: RawArray<'B'>,
    value: Value<'i'>,
    array: SharedArray<'q'>,
  ): Promise<void> {
    await perform(numbers, [part, words, seen, value, array], (player) => {
      const { random } = player;
      const [what, byFunction] = [random.percent(50) ? value : array, random.percent(50)];
      player.set('DOING', 1);
      try {
        if (what === value && byFunction) {
          value.update((n) => {
            player.moment();
            return n + 1;
          });
        } else if (what === value) value.add(1);
        else if (byFunction) {
          array.update(1, (n) => {
            player.moment();
            return n + 1n;
          });
        } else array.add(random.integer(0, 2), 1n);
        player.add('DONE');
      } catch (error) {
        if (!(error instanceof BrokenLockError)) throw error;
        what.getLock().reset();
      }
      player.set('DOING', 0);
      player.moment();
    });
  },
);

/** Text that is whole if it says the same all through. */
export const textOf = (row: number, n: number) => `${row}:${n};`.repeat(1 + ((n * 37) % 200));
export const isWhole = (text: unknown) => typeof text === 'string' && /^(\d+:\d+;)\1*$/.test(text);

/** Texts that are not as anybody has written them. */
export function tornIn(dict: Dict): number {
  return dict.items().filter(([key, text]) => /^(own|shared)/.test(String(key)) && !isWhole(text)).length;
}

function popSome(list: List<[number, number] | string>, index: number): void {
  try {
    for (let i = 0; i < 10; i++) list.pop(index);
  } catch (error) {
    // Another has cleared it.
    if (!(error instanceof IndexError)) throw error;
  }
}

export const managed = task(
  import.meta,
  async function managed(
    part: Part,
    words: RawArray<'i'>,
    seen: RawArray<'B'>,
    dict: Dict,
    list: List<[number, number] | string>,
  ): Promise<void> {
    const add = (player: Player) => (sum: number | undefined) => {
      player.moment();
      return (sum ?? 0) + 1;
    };
    const turn: Turn = async (player) => {
      const { random, row } = player;
      const n = player.get('TURNS');
      dict.set(random.percent(50) ? 'shared' : `own ${row}`, textOf(row, n));
      if (!isWhole(dict.get('shared', '0:0;'))) player.add('TORN');
      player.set('DOING', 1);
      if (random.percent(30)) await dict.updateAsync('sum', add(player));
      else dict.update('sum', add(player));
      player.add('DONE');
      player.set('DOING', 0);
      list.append([row, n]);
      if (random.percent(20)) list.insert(random.integer(0, 2), textOf(row, n));
      if (random.percent(10)) list.extend([textOf(row, n), [row, n]]);
      if (list.length > 40) popSome(list, random.percent(50) ? 0 : -1);
      if (random.percent(5)) list.reverse();
      if (random.percent(3)) list.clear();
      if (random.percent(10)) dict.update({ a: n, [`own ${row}`]: textOf(row, n), [n % 50]: row });
      if (random.percent(5)) player.add('TORN', tornIn(dict));
      dict.delete(random.integer(0, 49));
      player.moment();
    };
    await perform(managed, [part, words, seen, dict, list], turn, (player) => {
      dict.set(`own ${player.row}`, textOf(player.row, 1));
      player.set('DOING', 1);
      dict.update('sum', add(player));
      player.add('DONE');
      player.set('DOING', 0);
      list.append([player.row, 0]);
      popSome(list, 0);
    });
  },
);

export const memory = task(
  import.meta,
  async function memory(part: Part, words: RawArray<'i'>, seen: RawArray<'B'>, name: string): Promise<void> {
    const list = new ShareableList<string>(undefined, { name: `${name}-list` });
    await perform(memory, [part, words, seen, name], (player) => {
      const { random, row } = player;
      const n = player.get('TURNS');
      list.set(random.integer(0, list.length - 1), `${row}:${n % 10};`.repeat(random.integer(1, 30)));
      for (const text of list) if (!isWhole(text)) player.add('TORN');
      player.moment();
      // Each player has a name of its own, which its death leaves.
      const own = new SharedMemory(`${name}-${row}`, true, random.size(2 ** 18));
      own.buf?.fill(row);
      player.moment();
      const again = new SharedMemory(`${name}-${row}`);
      if (again.buf?.some((byte) => byte !== row)) player.add('TORN');
      again.close();
      own.unlink();
      own.close();
    });
    list.close();
  },
);
