/** What `npx nogil serve` runs in a worker, where a main module's `main` does nothing. */
import { type ConnectOptions, connect, serve } from './index.ts';

export async function serveModule(
  module: string,
  pool: string,
  url: string,
  options: ConnectOptions,
  processes: number | undefined,
): Promise<void> {
  await import(module);
  await using cluster = await connect(url, options);
  console.log(`serving the pool '${pool}' with the tasks of ${module}`);
  await serve(cluster, pool, processes === undefined ? {} : { processes });
}
