/** What a rival's pool can do: one call. Each file beside this one makes one of two or more workers. */
import { fileURLToPath } from 'node:url';

export interface RivalPool {
  /** `x => x + 1`, in a worker; or `burn`, for those that are asked for it. */
  run(x: number): Promise<number>;
  close(): unknown;
}

/** The module that the workers of piscina and its like load: its default export is the function. */
export function moduleOf(task: TaskName): string {
  return fileURLToPath(new URL(`../../rows/${task === 'increment' ? 'tasks' : 'burn'}.js`, import.meta.url));
}

export type TaskName = 'increment' | 'burn';

export type OpenPool = (workers: number, task?: TaskName) => Promise<RivalPool>;

export function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
