/**
 * WorkerRecord: what is known of a worker, in the shared memory. The handle that a user has (Runnable), the
 * worker itself and the supervisor read and write it through this class. Whoever makes one keeps a reference
 * to the record meanwhile.
 */
import { Kind, WorkerField, WorkerFlag, WorkerState } from '../../assembly/abi.ts';
import { ValueError } from '../errors.ts';
import type { Heap } from '../heap/heap.ts';
import { boxRecord, decodeRecord, placeBoxed, RECORD, readBoxed } from '../heap/records.ts';
import type { Queue } from '../queue/queue.ts';
import type { TargetSpec } from './targets.ts';
import { unsendable } from './unsendable.ts';

/** What to run: travels as the record's task. */
export interface TaskSpec {
  target: TargetSpec | undefined;
  /** Of a subclass: its class, and the instance's own data fields. */
  subclass: TargetSpec | undefined;
  fields: Record<string, unknown> | undefined;
  args: readonly unknown[];
  kwargs: Record<string, unknown> | undefined;
  /** Where goes what it prints: kept here until it has them open. */
  stdout?: Queue<Uint8Array>;
  stderr?: Queue<Uint8Array>;
}

/** Which record: a row of the object table, and its generation. */
export interface RecordRow {
  id: number;
  generation: number;
}

export class WorkerRecord<T = TaskSpec> {
  readonly #heap: Heap;
  /** Where it lies in the heap. */
  readonly address: number;

  constructor(heap: Heap, address: number) {
    this.#heap = heap;
    this.address = address;
  }

  #word(field: WorkerField): number {
    return this.#heap.loadWord(this.address + field);
  }

  #setWord(field: WorkerField, value: number): void {
    this.#heap.storeWord(this.address + field, value);
  }

  /** The value behind a word; undefined: there is none. */
  #boxed(field: WorkerField): unknown {
    const record = this.#word(field);
    return record === 0 ? undefined : readBoxed(this.#heap, record);
  }

  #has(flag: WorkerFlag): boolean {
    return (this.#word(WorkerField.FLAGS) & flag) !== 0;
  }

  #setFlag(flag: WorkerFlag, on: boolean): void {
    const flags = this.#word(WorkerField.FLAGS);
    this.#setWord(WorkerField.FLAGS, on ? flags | flag : flags & ~flag);
  }

  // ── who it is ──────────────────────────────────────────────────────────────────────────────────────

  get isProcess(): boolean {
    return this.#has(WorkerFlag.PROCESS);
  }

  get daemon(): boolean {
    return this.#has(WorkerFlag.DAEMON);
  }

  set daemon(daemon: boolean) {
    this.#setFlag(WorkerFlag.DAEMON, daemon);
  }

  get name(): string {
    const meta = this.#heap.core.workerName(this.address);
    return meta < 0 ? '' : (decodeRecord(this.#heap, RECORD, this.#heap.scratchI32[0] as number, meta) as string);
  }

  /** @throws ValueError it is longer than some 60 000 bytes; MemoryError */
  set name(name: string) {
    const { core, codec } = this.#heap;
    const encoding = codec.encode(name);
    if (codec.end - codec.start > this.#heap.scratch.length - RECORD - 8) throw new ValueError('the name is too long');
    core.workerSetName(this.address, boxRecord(this.#heap, encoding));
  }

  /** 0 until it is started, as its process's and its parent's. */
  get tid(): number {
    return this.#word(WorkerField.TID);
  }

  /** The worker whose process it is, or belongs to. */
  get pid(): number {
    return this.#word(WorkerField.PID);
  }

  /** Whether it is a process of the operating system. */
  get isSpawned(): boolean {
    return this.#has(WorkerFlag.SPAWNED);
  }

  set isSpawned(spawned: boolean) {
    this.#setFlag(WorkerFlag.SPAWNED, spawned);
  }

  /** What users know a process by, or 0: the system's number of one that has one, once it is known. */
  get number(): number {
    if (!this.isSpawned || this.tid === 0) return this.pid;
    return Math.max(this.#heap.core.workerOsPid(this.address), 0);
  }

  /** Until the process runs, or never will. */
  waitForNumber(): void {
    this.#heap.core.workerOsPid(this.address);
  }

  setOsPid(pid: number): void {
    this.#heap.core.workerSetOsPid(this.address, pid);
  }

  /** The process that started it. */
  get parent(): number {
    return this.#word(WorkerField.PARENT);
  }

  setNumbers(tid: number, pid: number, parent: number): void {
    this.#setWord(WorkerField.TID, tid);
    this.#setWord(WorkerField.PID, pid);
    this.#setWord(WorkerField.PARENT, parent);
  }

  // ── its task ───────────────────────────────────────────────────────────────────────────────────────

  /**
   * @throws TypeError it cannot be sent; ValueError a handle was closed meanwhile, by a getter; MemoryError
   */
  setTask(task: T): void {
    placeBoxed(this.#heap, this.address + WorkerField.TASK, task);
  }

  readTask(): T {
    return this.#boxed(WorkerField.TASK) as T;
  }

  /** Drops the task, with the handles inside, if it is still there. */
  dropTask(): void {
    this.#heap.core.boxedDropAt(this.address + WorkerField.TASK);
  }

  // ── what becomes of it ─────────────────────────────────────────────────────────────────────────────

  get state(): WorkerState {
    return this.#heap.core.workerState(this.address);
  }

  move(from: WorkerState, to: WorkerState): void {
    this.#heap.core.workerMove(this.address, from, to);
  }

  /** Opens when it has ended. */
  get gate(): number {
    return this.#heap.core.workerGate(this.address);
  }

  /** Once it has ended. */
  get exitCode(): number {
    return this.#heap.core.workerExitCode(this.address);
  }

  /** Says that it has ended, to all who wait for that. The first time counts. */
  end(exitCode: number): void {
    this.#heap.core.workerEnd(this.address, exitCode);
  }

  /** Leaves what the target returned, or threw. */
  settle(failed: boolean, outcome: unknown): void {
    const result = this.address + WorkerField.RESULT;
    try {
      placeBoxed(this.#heap, result, outcome);
      if (failed) this.#setFlag(WorkerFlag.FAILED, true);
    } catch (error) {
      const text = failed ? `the error ${String(outcome)} cannot be sent` : 'the result cannot be sent';
      placeBoxed(this.#heap, result, unsendable(`${text}: ${(error as Error).message}`, outcome));
      this.#setFlag(WorkerFlag.FAILED, true);
    }
  }

  /** Whether `result` is what the target threw. */
  get hasFailed(): boolean {
    return this.#has(WorkerFlag.FAILED);
  }

  get hasResult(): boolean {
    return this.#word(WorkerField.RESULT) !== 0;
  }

  /** What it has left; undefined: nothing. */
  get result(): unknown {
    return this.#boxed(WorkerField.RESULT);
  }
}

/**
 * The records of the living workers of one kind that `wanted` accepts. It may read plain words: no reference
 * is counted, for who is killed on this walk could not give it back, and every process ends with one.
 */
export function livingWorkers(heap: Heap, isProcess: boolean, wanted: (record: WorkerRecord) => boolean): RecordRow[] {
  const { core } = heap;
  const rows: RecordRow[] = [];
  const end = core.objectEntries();
  for (let id = 1; id < end; id++) {
    if (core.objectKind(id) !== Kind.WORKER) continue;
    const generation = core.generationAt(id);
    const address = core.objectAt(id, generation);
    if (address === 0) continue;
    const record = new WorkerRecord(heap, address);
    const { state } = record;
    const isAlive = state === WorkerState.STARTING || state === WorkerState.RUNNING;
    if (!isAlive || record.isProcess !== isProcess || !wanted(record)) continue;
    // Gone meanwhile, or never a worker's: then what was read says nothing.
    if (core.objectKind(id) === Kind.WORKER && core.objectAt(id, generation) === address) rows.push({ id, generation });
  }
  return rows;
}
