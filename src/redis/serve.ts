/** serve: this program does tasks of a pool. */
import type { Cluster } from './cluster.ts';
import { allMarks, checkInteger, checkNames } from './core.ts';
import { SERVE } from './pool.ts';
import { taskName } from './tasks.ts';

/** What `serve` takes. */
export interface ServeOptions {
  /** Workers here. Default: as many as there are processors. */
  processes?: number;
  /** Ends it, once what was begun is finished. */
  signal?: AbortSignal;
}

/**
 * Does tasks of the pool `name`, whoever asks for them, in workers of this program: all that its modules have
 * marked when this is called. Resolves when `signal` is aborted or the connection is ended.
 */
export async function serve(cluster: Cluster, name: string, options: ServeOptions = {}): Promise<void> {
  checkNames('serve', options, ['processes', 'signal']);
  const { processes, signal } = options;
  if (processes !== undefined) checkInteger('processes', processes, 1);
  signal?.throwIfAborted();
  const tasks = Object.fromEntries(allMarks().map((mark) => [taskName(mark), `${mark.module}#${encodeURIComponent(mark.name)}`]));
  const pool = cluster.Pool(name);
  try {
    await pool[SERVE](tasks, processes, signal);
  } finally {
    pool.close();
  }
}
