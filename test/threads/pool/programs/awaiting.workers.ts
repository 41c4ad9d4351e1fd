import { main, Pool } from 'nogil';

export function double(x: number): number {
  return 2 * x;
}

async function report(pool: Pool): Promise<void> {
  console.log(await pool.applyAsync(double, [2]));
  console.log(JSON.stringify(await pool.mapAsync(double, [1, 2])));
  pool.close();
  if (await pool.joinAsync()) console.log('joined');
}

main(import.meta, () => {
  report(new Pool(2));
  console.log('the end');
});
