/** Functions with one name and one source: which of them runs? */
import { main, Pool, Process, Thread, task } from 'nogil';

const scaler = (k: number) =>
  function scale(x: number): number {
    return k * x;
  };
export const scale = scaler(2);
export const thrice = scaler(3);
const five = scaler(5);

export { five as renamed };

const seven = scaler(7);
const offset = 100;
export default (x: number): number => x + offset;
let later: (x: number) => number = () => 0;
{
  const k = 11;
  later = function inBlock(x: number): number {
    return k * x;
  };
}

export { later };

const maker = (k: number) =>
  class Made extends Thread {
    override run(): number {
      return k;
    }
  };
export const Made = maker(13);
export const marked = task(import.meta, 'marked', scaler(17));

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error).replace(/:.*/s, '');
  }
}

main(import.meta, () => {
  const pool = new Pool(1);
  const twin = function later(x: number): number {
    return x;
  };
  const inPool = (fn: (x: number) => number) => outcome(() => pool.apply(fn, [10]));
  const inProcess = (fn: (x: number) => number) =>
    outcome(() => {
      const process = new Process({ target: fn, args: [10] });
      process.start();
      return process.result(20);
    });
  const all = [scale, thrice, five, later, seven, scaler(3), twin, marked, (x: number) => x * x];
  const made = (Kind: typeof Made) =>
    outcome(() => {
      const thread = new Kind();
      thread.start();
      return thread.result(20);
    });
  const report = { pool: all.map(inPool), process: all.map(inProcess), classes: [made(Made), made(maker(1))] };
  pool.terminate();
  console.log(JSON.stringify(report));
});
