/** The rivals' packages. They are not there when the rest is compiled, and may not be there at all. */
import { Missing } from '../harness/row.ts';

/** @param name as one would import it; build/bench/node_modules leads to bench/rivals/node_modules */
export async function load<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Missing('not installed: npm ci --prefix bench/rivals has failed');
  }
}
