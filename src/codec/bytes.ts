/**
 * Copying bytes to and from shared memory.
 *
 * V8's own `set` copies shared memory word by word, at a fifth of the speed of memcpy. Where there is Node's
 * Buffer, its `fill` with an array as long as the range is one native memcpy, between any two memories; what
 * it costs to call pays from some KiB on.
 *
 * Where large copies lie is the C library's to say. The engine gives back 32 MiB of them at a time, and glibc
 * hands the end of its heap on to the kernel when more than 128 KiB of it are free: then each page of the
 * next copies is faulted in anew, which costs more than what is copied. That limit adapts itself to programs
 * whose large blocks come and go: it is twice the largest block of a mapping of its own that was ever freed,
 * of those up to 32 MiB. So each thread that copies makes and drops one such block, without touching it.
 */

/** From this many bytes on the native copy is faster. Chosen by measurement, on Node 20. */
const MANY = 8192;

const native = typeof Buffer === 'function' && typeof Buffer.prototype?.fill === 'function' ? Buffer.prototype.fill : undefined;

/** Writes `source` to `target` from byte `at` on. They must not overlap. */
export function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  const { length } = source;
  if (native === undefined || length < MANY) target.set(source, at);
  else native.call(target as Buffer, source, at, at + length);
}

/** The largest block of which glibc learns, with its header. Of 64 bits. */
const LESSON = 2 ** 25 - 2 ** 14;
// Behind `native`: before it a variable keeps the build for pages from leaving out what only Node needs.
let isTaught = false;

/** Has freed memory stay this process's; see above. Where the C library is another, nothing comes of it. */
function keepFreed(): void {
  isTaught = true;
  try {
    // The next collection frees it, which is at hand: nothing else is as large.
    Buffer.allocUnsafeSlow(LESSON);
  } catch {
    // Memory is so short that giving it back is right.
  }
}

/** The bytes in private memory of their own. Not `slice`, which for a Buffer is a view. */
export function copyOf(source: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> {
  const from = new Uint8Array(source.buffer, source.byteOffset + start, end - start);
  if (native === undefined || from.length < MANY) return new Uint8Array(from);
  if (!isTaught) keepFreed();
  // Not zeroed first: every byte is written. Not from Buffer's pool either, whose memory it would share.
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(from.length).buffer as ArrayBuffer);
  native.call(copy as Buffer, from, 0, from.length);
  return copy;
}
