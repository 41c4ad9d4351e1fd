import { main, Pool } from 'nogil';

export function double(x: number): number {
  return 2 * x;
}

main(import.meta, () => {
  const pool = new Pool(2);
  // Found by its name: the main module exports it.
  console.log(pool.apply(double, [2]));
  console.log('the end');
});
