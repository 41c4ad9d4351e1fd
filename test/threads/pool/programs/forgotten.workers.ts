import { setTimeout } from 'node:timers/promises';
import { activeChildren, main, Pool } from 'nogil';

main(import.meta, async () => {
  for (let i = 0; i < 3; i++) new Pool(1).apply((x: number) => x, [1]);
  const { gc } = globalThis as { gc?: () => void };
  const end = performance.now() + 15_000;
  while (activeChildren().length > 0 && performance.now() < end) {
    gc?.();
    await setTimeout(5);
  }
  console.log(activeChildren().length === 0);
});
