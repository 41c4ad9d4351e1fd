/** What `call` throws. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
}

/** What `promise` is rejected with. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it resolved with ${String(value)}`);
}

/**
 * What each is rejected with. All are listened to at once: one that is rejected while another is awaited is
 * a rejection that nobody handles.
 */
export function rejectionsOf(promises: Iterable<PromiseLike<unknown>>): Promise<unknown[]> {
  return Promise.all(Array.from(promises, rejectionOf));
}
