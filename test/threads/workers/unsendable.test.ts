import { Manager, MaybeEncodingError, Pool, Process, Thread } from 'nogil';
import { describe, expect, test, vi } from 'vitest';
import { rejectionOf, thrownBy } from '../../support/thrown-by.ts';
import { Client, request, some3 } from './unsendable.workers.ts';

/** What is left of the error that `request` throws. */
function check(error: unknown): void {
  expect(error).toBeInstanceOf(MaybeEncodingError);
  const { message, cause } = error as { message: string; cause: Error & { code: string; status: number; config: unknown } };
  expect(message).toContain('cannot be sent');
  expect(cause).toBeInstanceOf(TypeError);
  expect([cause.message, cause.code, cause.status, cause.config]).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 503, undefined]);
  expect(cause.stack).toMatch(/TypeError: ECONNREFUSED\n +at request/);
  expect(cause.cause).toBeInstanceOf(RangeError);
  expect((cause.cause as Error).message).toBe('the socket');
}

describe('an error that cannot be sent arrives as MaybeEncodingError, and its cause says what it was:', () => {
  test('from a pool', async () => {
    using pool = new Pool(1);
    check(thrownBy(() => pool.apply(request)));
    check(await rejectionOf(Promise.resolve(pool.applyAsync(request))));
    const some = pool.imap(some3, [1, 2, 3], 3);
    expect(some.next().value).toBe(1);
    check(thrownBy(() => some.next()));
    expect((thrownBy(() => some.next()) as Error).message).toContain('the result cannot be sent');
  });

  test.each([Thread, Process])('from a worker', (Class) => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const worker = new Class({ target: request });
    worker.start();
    check(thrownBy(() => worker.result()));
    check(worker.exception);
  });

  test('from a registered object', () => {
    const manager = Manager();
    manager.register('Client', Client);
    const client = (manager as unknown as { Client(): { get(): void } }).Client();
    check(thrownBy(() => client.get()));
    manager.shutdown();
  });
});
