import { main, Pool, WorkerDied } from 'nogil';

main(import.meta, () => {
  using pool = new Pool(1);
  const result = pool.applyAsync(() => {
    const all: number[][] = [];
    for (;;) all.push(new Array(1e5).fill(1.5));
  });
  try {
    result.get(20);
  } catch (error) {
    console.log(error instanceof WorkerDied);
  }
  console.log(pool.apply((x: number) => x + 1, [1]));
});
