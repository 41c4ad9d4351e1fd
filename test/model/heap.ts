/**
 * What the models of the heap and of what lives in it have in common: a heap with workers on it, and whether
 * it is sound at the end.
 *
 * What is read here at the end of a schedule is read past the harness (`wordsOf`): nobody can move any more,
 * so it is no access that others could notice.
 */
import type { Handle, Model } from './model.ts';
import { call, must, type Step } from './program.ts';

/** Of test/model/assembly/limits.ts. */
export const PAGE = 1024;
export const SMALL_MAX = 512;
export const SMALL_CLASSES = 16;
export const MEDIUM_PAGES = 2;
const ROOT = 64;
const CLASSES = ROOT + 128;
/** Words of Root. */
const PAGES = (ROOT + 40) >> 2;
const PAGE_MAP = (ROOT + 48) >> 2;
const LARGE_PAGES = (ROOT + 56) >> 2;
const NEXT_ENTRY = (ROOT + 68) >> 2;
const FREE_ENTRY = (ROOT + 72) >> 2;
const TAKEN_ENTRIES = (ROOT + 108) >> 2;
/** Words of the root: the chunks of the object table, and how many entries each has. */
const CHUNK_WORDS = (CLASSES + (SMALL_CLASSES + MEDIUM_PAGES) * 64) >> 2;
const CHUNK_ENTRIES = 16;
/** Of the models whose chunks have fewer. */
const chunkEntries = new WeakMap<Model, number>();
const ENTRY_BYTES = 16;
/** What the page map says of a run. */
const FREE = 1;
export const LARGE = 2;
export const MEDIUM = 3;
export const SMALL = 16;

/**
 * A heap of `pages` pages, on which the setup itself is a worker. `most`: what it may grow to. `entries`: what
 * the core's chunks have.
 */
export function makeHeap(m: Model, pages = 48, most = pages, entries = CHUNK_ENTRIES): void {
  chunkEntries.set(m, entries);
  m.call('rootInit', pages, most);
  m.call('workerBecome', m.call('slotTake'));
}

/** The setup takes all that is free. */
export function starve(m: Model): void {
  for (let index = SMALL_CLASSES + MEDIUM_PAGES - 1; index >= 0; index--) {
    const bytes = index < SMALL_CLASSES ? sizeOfClass(index) : (index - SMALL_CLASSES + 1) * PAGE;
    while (m.call('allocate', bytes) !== 0);
  }
}

/** Makes `worker` a worker of the heap: its id. */
export function enlist(m: Model, worker: Handle): number {
  const tid = m.call('slotTake');
  must(worker.call('workerBecome', tid) === 1, 'the heap of the model is too small');
  return tid;
}

/** What the supervisor does when it hears of a death, and what it does later: anybody may move in between. */
export function reaps(m: Model, tids: readonly number[]): readonly [locks: Step, rest: Step] {
  const step = (name: string) => call(name, () => [tids[m.victim] as number, 0]);
  return [step('reapLocks'), step('reap')];
}

export function wordsOf(m: Model): Readonly<Int32Array> {
  return m.machine.words;
}

/** A worker writes to words that are its own, its scratch say, together with the operation before. */
export function writeWords(m: Model, at: number, words: readonly number[]): void {
  m.machine.memory.note(at, words.length * 4);
  m.machine.words.set(words, at >> 2);
}

export function sizeOfClass(index: number): number {
  if (index < 4) return (index + 1) * 16;
  const log = 6 + ((index - 4) >> 2);
  return (1 << log) + (((index - 4) & 3) + 1) * (1 << (log - 2));
}

/** The index of the class that serves `bytes`; those above SMALL_CLASSES are runs of pages. */
export function classOf(bytes: number): number {
  if (bytes > SMALL_MAX) return SMALL_CLASSES + Math.ceil(bytes / PAGE) - 1;
  let index = 0;
  while (sizeOfClass(index) < bytes) index++;
  return index;
}

/** How many blocks of a class are in use, as it counts them. */
export function usedIn(m: Model, index: number): number {
  return wordsOf(m)[(CLASSES + index * 64 + 16) >> 2] as number;
}

/** The blocks in the free list of a class. */
export function freeIn(m: Model, index: number): number[] {
  const words = wordsOf(m);
  const blocks: number[] = [];
  for (let block = words[(CLASSES + index * 64) >> 2]; block; block = words[block >> 2]) {
    if (blocks.includes(block)) throw new Error(`free list ${index} goes round in a cycle`);
    blocks.push(block);
  }
  return blocks;
}

/** The blocks of a class that a search for whole free pages has in hand. */
export function takenIn(m: Model, index: number): number[] {
  const words = wordsOf(m);
  const blocks: number[] = [];
  for (let block = words[(CLASSES + index * 64 + 20) >> 2]; block; block = words[block >> 2]) {
    if (blocks.includes(block)) throw new Error(`the taken blocks of class ${index} go round in a cycle`);
    blocks.push(block);
  }
  return blocks;
}

/** Blocks of a small class that are neither free nor untouched: somebody's, or lost. */
export function missingIn(m: Model, index: number, bytes: number): number {
  const pages = runsOf(m).filter(({ tag }) => tag === SMALL + index).length;
  const { from, end } = carvedIn(m, index);
  const untouched = from === 0 ? 0 : Math.floor((end - from) / bytes);
  return pages * Math.floor(PAGE / bytes) - untouched - freeIn(m, index).length;
}

/** Where the untouched part of the page that a class is carving begins and ends. */
function carvedIn(m: Model, index: number): { from: number; end: number } {
  const at = (CLASSES + index * 64 + 8) >> 2;
  const [from, end] = wordsOf(m).subarray(at, at + 2);
  return { from: from as number, end: end as number };
}

export interface Run {
  readonly page: number;
  readonly pages: number;
  readonly tag: number;
}

/** The runs of pages, in order; throws if the map is not whole. */
export function runsOf(m: Model): Run[] {
  const words = wordsOf(m);
  const end = words[PAGES] as number;
  const map = (words[PAGE_MAP] as number) >> 2;
  const runs: Run[] = [];
  for (let page = 0; page < end; ) {
    const word = words[map + page] as number;
    const tag = word & 255;
    // Of a page of small blocks the upper bits are a count (see assembly/heap/reclaim.ts).
    const run = { page, pages: tag >= SMALL ? 1 : word >>> 8, tag };
    if (run.pages === 0 || page + run.pages > end) throw new Error(`the page map is torn at page ${page}`);
    runs.push(run);
    page += run.pages;
  }
  return runs;
}

/** Pages that nobody has. */
export function freePages(m: Model): number {
  return runsOf(m).reduce((sum, { pages, tag }) => sum + (tag === FREE ? pages : 0), 0);
}

/** Which object, and which of those that had its entry. */
export type Name = readonly [index: number, generation: number];

/** What the object table says of a chunk: its address, or why there is none (see assembly/heap/chunks.ts). */
export function chunkWord(m: Model, chunk: number): number {
  return wordsOf(m)[CHUNK_WORDS + chunk] as number;
}

/** The address of an entry of the object table; 0: its chunk is gone. */
export function entryAt(m: Model, index: number): number {
  const entries = chunkEntries.get(m) ?? CHUNK_ENTRIES;
  const chunk = chunkWord(m, Math.floor(index / entries));
  return chunk & 3 ? 0 : chunk + (index % entries) * ENTRY_BYTES;
}

/** The references to an object that are counted; 0 when it is doomed, or gone. */
export function referencesTo(m: Model, [index, generation]: Name): number {
  const at = entryAt(m, index) >> 2;
  return at !== 0 && wordsOf(m)[at + 1] === generation ? (wordsOf(m)[at] as number) : 0;
}

/** Entries of chunks that are there which nobody has, and which are neither in the free list nor untouched. */
export function entriesLost(m: Model): number {
  const words = wordsOf(m);
  const free = new Set<number>();
  // After a death what was taken is for whoever takes the heap's lock next.
  for (const list of m.victim < 0 ? [FREE_ENTRY] : [FREE_ENTRY, TAKEN_ENTRIES]) {
    for (let index = words[list] as number; index !== 0; index = words[(entryAt(m, index) + 8) >> 2] as number) {
      if (free.has(index)) throw new Error('the free entries go round in a cycle');
      if (entryAt(m, index) === 0 && list === FREE_ENTRY) throw new Error(`entry ${index} is free, and its chunk is gone`);
      free.add(index);
      if (entryAt(m, index) === 0) break;
    }
  }
  let lost = 0;
  for (let index = 1; index < (words[NEXT_ENTRY] as number); index++) {
    const entry = entryAt(m, index) >> 2;
    const isUsed = entry === 0 || words[entry] !== 0 || (words[entry + 1] as number) & 1;
    if (!isUsed && !free.has(index)) lost++;
  }
  return lost;
}

/** The indices of the objects that somebody has doomed and nobody has taken apart. */
export function doomedIn(m: Model): number[] {
  const words = wordsOf(m);
  const doomed: number[] = [];
  for (let index = 1; index < (words[NEXT_ENTRY] as number); index++) {
    const entry = entryAt(m, index) >> 2;
    if (entry !== 0 && (words[entry + 1] as number) & 1) doomed.push(index);
  }
  return doomed;
}

/**
 * What is wrong with the heap and with what lives in it when nobody moves: `taken` are blocks that somebody
 * has.
 */
export function heapTrouble(m: Model, taken: readonly number[] = []): string | undefined {
  try {
    const [doomed] = doomedIn(m);
    if (doomed !== undefined) return `object ${doomed} is doomed, and nobody takes it apart`;
    const runs = runsOf(m);
    const seen = new Set<number>();
    for (let index = 0; index < SMALL_CLASSES + MEDIUM_PAGES; index++) {
      const { from, end } = carvedIn(m, index);
      // After a death it is for whoever takes the heap's lock next.
      const [left] = index < SMALL_CLASSES && m.victim < 0 ? takenIn(m, index) : [];
      if (left !== undefined) return `block ${left} was taken by a search for whole pages, and not given back`;
      for (const block of freeIn(m, index)) {
        const run = runs.find(({ page, pages }) => block >= page * PAGE && block < (page + pages) * PAGE);
        const isMedium = index >= SMALL_CLASSES;
        const tag = isMedium ? MEDIUM : SMALL + index;
        const length = isMedium ? index - SMALL_CLASSES + 1 : 1;
        if (run?.tag !== tag || run.pages !== length)
          return `block ${block} is in the free list of class ${index}, but not of it`;
        if (block >= from && block < end) return `block ${block} is free and untouched at once`;
        if (seen.has(block)) return `block ${block} is in two free lists`;
        seen.add(block);
      }
    }
    for (const block of taken) {
      if (seen.has(block)) return `block ${block} is taken and free at once`;
      seen.add(block);
      const run = runs.find(({ page, pages }) => block >= page * PAGE && block < (page + pages) * PAGE);
      if (!run || run.tag === FREE) return `block ${block} is taken and lies in a free run`;
    }
    // Who dies may have a block in hand that is counted, or not yet.
    return m.victim < 0 ? countsTrouble(m, runs) : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Whether what the heap says of itself is what lies there. */
function countsTrouble(m: Model, runs: readonly Run[]): string | undefined {
  if (runs[0]?.tag !== LARGE) return 'the pages of the root are free';
  const pages = runs.slice(1).reduce((sum, run) => sum + (run.tag === LARGE ? run.pages : 0), 0);
  if (wordsOf(m)[LARGE_PAGES] !== pages) return `${wordsOf(m)[LARGE_PAGES]} pages are said to be in large runs, of ${pages}`;
  let bytes = pages * PAGE;
  for (let index = 0; index < SMALL_CLASSES + MEDIUM_PAGES; index++) {
    const length = index - SMALL_CLASSES + 1;
    const isMedium = length > 0;
    const inRuns = runs.filter((run) => run.tag === MEDIUM && run.pages === length).length - freeIn(m, index).length;
    const used = isMedium ? inRuns : missingIn(m, index, sizeOfClass(index));
    if (usedIn(m, index) !== used) return `${usedIn(m, index)} blocks of class ${index} are said to be in use, of ${used}`;
    bytes += used * (isMedium ? length * PAGE : sizeOfClass(index));
  }
  const said = m.look('bytesInUse');
  return said === bytes ? undefined : `${said} bytes are said to be in use, of ${bytes}`;
}
