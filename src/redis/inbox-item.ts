/**
 * What lies in an inbox: an item of a stream, behind a header. Values lie at multiples of 8.
 *
 *     ╒═ 0 ══════╤═ 4 ═══════════════════════════════╤═ 8 ═══════╕
 *     │ slot: u32 │ 1: a program has had it before: u32 │ the value … │
 *     ╘══════════╧════════════════════════════════════╧═══════════╛
 */

/** Bytes before the value. */
export const HEADER = 8;

function header(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset);
}

export function inboxItem(value: Uint8Array, slot: number, isSuspect: boolean): Uint8Array {
  const bytes = new Uint8Array(HEADER + value.length);
  header(bytes).setUint32(0, slot, true);
  header(bytes).setUint32(4, isSuspect ? 1 : 0, true);
  bytes.set(value, HEADER);
  return bytes;
}

export function slotOf(bytes: Uint8Array): number {
  return header(bytes).getUint32(0, true);
}

/** Whether a program has had it that did not finish it: it may be what has ended that. */
export function isSuspect(bytes: Uint8Array): boolean {
  return header(bytes).getUint32(4, true) !== 0;
}
