/**
 * An attached thread: a worker that the package did not start. It takes the lock that it is posted, and keeps
 * it.
 */
import { type Handle, Lock } from 'nogil';

addEventListener('message', async ({ data }: MessageEvent<Handle>) => {
  Lock.from(data).acquire();
  // Web Locks are granted in turn: by then it has said that it is here, without which nobody can miss it.
  await navigator.locks.request(crypto.randomUUID(), () => {});
  postMessage('holds');
});
