/** Items: each has its producer, a serial number, a checksum, and sometimes handles. */
import { crc32 } from 'node:zlib';
import { type Connection, Event, Lock, Pipe } from 'nogil';
import type { Player } from '../cast/player.ts';

export interface Item {
  row: number;
  serial: number;
  sum: number;
  bytes: Uint8Array;
  /** The only handles of what they are of, but for the producer's, which it closes. */
  bell?: Event;
  end?: Connection;
  lock?: Lock;
}

function sumOf(row: number, serial: number, bytes: Uint8Array): number {
  return crc32(bytes, (row << 16) ^ serial);
}

/** Bytes that tell whose they are anywhere, so that a part of another item does not fit. */
function filled(row: number, serial: number, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, `${row}:${serial};`));
}

/** The player's next items, which its ledger does not have yet. */
export function nextItems(player: Player, count: number, largest: number): Item[] {
  const { row, random } = player;
  const first = player.get('PUT');
  return Array.from({ length: count }, (_, i) => {
    const serial = first + i;
    const bytes = filled(row, serial, random.size(largest));
    const item: Item = { row, serial, sum: sumOf(row, serial, bytes), bytes };
    if (random.percent(20)) {
      item.bell = new Event();
      item.bell.set();
    }
    if (random.percent(5)) {
      const [reader, end] = Pipe(false);
      reader.close();
      item.end = end;
      item.lock = new Lock();
    }
    return item;
  });
}

export function closeHandles({ bell, end, lock }: Item): void {
  bell?.close();
  end?.close();
  lock?.close();
}

/** Whether it is what was put, with what it came with. */
function isWhole({ row, serial, sum, bytes, bell, end, lock }: Item): boolean {
  if (sum !== sumOf(row, serial, bytes)) return false;
  if (bell !== undefined && !bell.isSet()) return false;
  if (end?.closed) return false;
  if (lock !== undefined) {
    if (!lock.acquire(false)) return false;
    lock.release();
  }
  return true;
}

/** Notes in the ledger that an item has come out, and what is wrong with it; closes its handles. */
export function takeIn(player: Player, item: Item): void {
  if (!isWhole(item)) player.add('TORN');
  note(player, item.row, item.serial);
  closeHandles(item);
}

function note(player: Player, row: number, serial: number): void {
  const before = player.ledger.see(row, serial);
  if (before === 'never put') player.add('TORN');
  else if (before > 0) player.add('DOUBLED');
}

// ── items that are nothing but bytes ─────────────────────────────────────────────────────────────────

const HEADER = 12;

/** Bytes of such an item. */
export function packedLength(player: Player, largest: number): number {
  return HEADER + player.random.size(largest);
}

export function pack(row: number, serial: number, into: Uint8Array): void {
  const rest = into.subarray(HEADER);
  rest.set(filled(row, serial, rest.length));
  const view = new DataView(into.buffer, into.byteOffset);
  view.setUint32(0, row);
  view.setUint32(4, serial);
  view.setUint32(8, sumOf(row, serial, rest));
}

export function takeInPacked(player: Player, bytes: Uint8Array): void {
  if (bytes.length < HEADER) {
    player.add('TORN');
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [row, serial, sum] = [view.getUint32(0), view.getUint32(4), view.getUint32(8)];
  if (sum !== sumOf(row, serial, bytes.subarray(HEADER))) player.add('TORN');
  note(player, row, serial);
}
