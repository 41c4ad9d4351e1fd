/**
 * The workers that have a place in the heap, read from outside.
 */
import {
  Encoding,
  Limit,
  Meta,
  RootField,
  Size,
  SlotField,
  TraceField,
  WorkerField,
  WorkerFlag,
  type WorkerState,
} from '../../assembly/abi.ts';
import type { Role, WorkerInfo } from './snapshot.ts';
import type { Reader } from './source.ts';
import type { Row } from './table.ts';

/** A worker, the address of its slot, and the word that it sleeps on; 0: it is awake. */
export interface Placed {
  slot: number;
  on: number;
  info: WorkerInfo;
}

const text = new TextDecoder();
/** Characters of a name; it may be as long as 60 000. */
const LONGEST_NAME = 200;

/** The text in a record; empty: it is none that can be read. */
function textOf(reader: Reader, record: number): string {
  if (record === 0) return '';
  const meta = reader.word(record + 4);
  const at = meta & Meta.OUT_OF_LINE ? reader.unsigned(record + Size.RECORD) + Meta.BLOCK_HEADER : record + Size.RECORD;
  const bytes = reader.bytes(at, Math.min(reader.unsigned(record), LONGEST_NAME * 3));
  const encoding = meta & 0xff;
  const name =
    encoding === Encoding.LATIN1 ? String.fromCharCode(...bytes) : encoding === Encoding.UTF8 ? text.decode(bytes) : '';
  return name.slice(0, LONGEST_NAME);
}

const NAMES: Record<Role, string> = {
  main: 'main',
  supervisor: 'supervisor',
  thread: '',
  process: '',
  attached: 'attached',
  guest: 'guest',
};

function roleWithoutRecord(reader: Reader, slot: number, tid: number): Role {
  if (reader.word(slot + SlotField.THREAD) !== 0) return 'attached';
  if (reader.word(slot + SlotField.OS) === tid) return 'guest';
  // Whoever has a parent and no record was started to watch over others.
  return reader.word(slot + SlotField.PARENT) === 0 ? 'main' : 'supervisor';
}

const STATES = ['starting', 'starting', 'running', 'ended'] as const;

function infoOf(reader: Reader, slot: number, tid: number, record: number): WorkerInfo {
  if (record === 0) {
    const role = roleWithoutRecord(reader, slot, tid);
    const info: WorkerInfo = { tid, name: NAMES[role], role, state: 'running', daemon: false, pid: tid, holds: [] };
    // What it has there is the system's number.
    if (role === 'guest') info.osPid = reader.word(slot + SlotField.PID);
    return info;
  }
  const flags = reader.word(record + WorkerField.FLAGS);
  const info: WorkerInfo = {
    tid,
    name: textOf(reader, reader.unsigned(record + WorkerField.NAME)),
    role: flags & WorkerFlag.PROCESS ? 'process' : 'thread',
    state: STATES[reader.word(record + WorkerField.STATE) as WorkerState] ?? 'running',
    daemon: (flags & WorkerFlag.DAEMON) !== 0,
    pid: reader.word(record + WorkerField.PID),
    holds: [],
  };
  const osPid = reader.word(record + WorkerField.OS_PID);
  if (flags & WorkerFlag.SPAWNED && osPid > 0) info.osPid = osPid;
  return info;
}

/** All that have a place, in the order of their numbers. */
export function livingWorkers(reader: Reader, rows: ReadonlyMap<number, Row>): Placed[] {
  const slots = reader.unsigned(Limit.ROOT + RootField.SLOTS);
  const found: Placed[] = [];
  if (slots === 0) return found;
  for (let index = 0; index < Limit.SLOTS; index++) {
    const slot = slots + (index << SlotField.SHIFT);
    const tid = reader.word(slot + SlotField.TID);
    // Below 0: it is being taken.
    if (tid <= 0) continue;
    const record = rows.get(reader.word(slot + SlotField.RECORD_ID))?.at ?? 0;
    const info = infoOf(reader, slot, tid, record);
    const on = reader.unsigned(slot + SlotField.WAITING_ON);
    if (on !== 0 && info.state === 'running') info.state = 'waiting';
    found.push({ slot, on, info });
  }
  return found;
}

/** What a worker has left of where it waits, and since when; undefined: it leaves nothing. */
export function traceOf(reader: Reader, tid: number): { since: number; where: string } | undefined {
  const traces = reader.unsigned(Limit.ROOT + RootField.TRACES);
  if (traces === 0) return undefined;
  const at = traces + (tid & (Limit.SLOTS - 1)) * TraceField.BYTES;
  if (reader.word(at + TraceField.TID) !== tid) return undefined;
  const length = Math.min(reader.unsigned(at + TraceField.LENGTH), TraceField.BYTES - TraceField.TEXT);
  const trace = { since: reader.double(at + TraceField.SINCE), where: text.decode(reader.bytes(at + TraceField.TEXT, length)) };
  // It may have woken meanwhile, and slept again.
  return reader.word(at + TraceField.TID) === tid ? trace : undefined;
}

/** Whether workers leave traces. */
export function isTraced(reader: Reader): boolean {
  return reader.word(Limit.ROOT + RootField.TRACES) !== 0;
}
