/** A worker of workerpool. */
import { load } from '../load.ts';

interface Module {
  worker(methods: Record<string, (x: number) => number>): void;
}

const found = await load<Module & { default?: Module }>('workerpool');
(found.default ?? found).worker({ increment: (x) => x + 1 });
