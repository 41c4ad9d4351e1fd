/**
 * The search: breadth first through every state that the moves of a model lead to, so that what it finds
 * wrong is found on a shortest way.
 */
import type { Core } from './build.ts';
import { Frontier, Graph } from './graph.ts';
import { type MachineOptions, Move } from './machine.ts';
import { accidentOf, type Describe, Model } from './model.ts';
import { schedule } from './report.ts';
import { Shared } from './sharing.ts';

export interface Options {
  /** Pages of the core's memory (64 KiB). Default: 1. Fewer are faster. */
  readonly pages?: number;
  /** How many of these the core gets only by `grow`. Default: 0. */
  readonly sparePages?: number;
  /** Bytes for the suspended stack of each thread. Default: 1024; too few is a trap, never a wrong result. */
  readonly stackBytes?: number;
  /**
   * Plain loads, plain stores and copies are scheduling points too: for deaths inside of critical sections.
   * Default: false.
   */
  readonly fine?: boolean;
  /** More states than this are a failure. Default: a million. */
  readonly maxStates?: number;
  /** False: every operation is a scheduling point, not only those on words that are shared. Default: true. */
  readonly reduce?: boolean;
  /** False: do not demand that everybody can still come to an end from every state. Default: true. */
  readonly canFinish?: boolean;
}

export interface Failure {
  /** What is wrong: `sleeps for ever: w1`, or a condition's words. */
  readonly message: string;
  /** The schedule that leads there, in words, and how everybody stands at its end. */
  readonly report: string;
  /** Its moves. */
  readonly path: readonly number[];
  /** Nothing was found wrong, but not all was seen. */
  readonly gaveUp: boolean;
}

export interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly ms: number;
  /** Everything that can come of it, as `model.outcome` puts it. */
  readonly outcomes: ReadonlySet<string>;
  readonly failure?: Failure;
}

interface Wrong {
  readonly gaveUp?: boolean;
  readonly message: string;
  readonly path: readonly number[];
}

interface Found {
  readonly wrong?: Wrong | undefined;
  readonly graph: Graph;
  readonly transitions: number;
}

/** More states than this are a failure, unless a model says otherwise. */
export const MOST_STATES = 1_000_000;

/** For the suspended stack of each thread, unless a model says otherwise. */
export const STACK_BYTES = 1024;

/** What a search makes its machines of. */
export function machineOf(core: Core, options: Options): MachineOptions {
  const { pages = 1, sparePages = 0, stackBytes = STACK_BYTES, fine = false, reduce = true } = options;
  return { core, pages, sparePages, stackBytes, fine, shared: new Shared((pages * 65536) >> 2, reduce) };
}

export function explore(name: string, core: Core, describe: Describe, options: Options = {}): Result {
  const start = performance.now();
  const { maxStates = MOST_STATES, canFinish = true } = options;
  const machine = machineOf(core, options);
  for (;;) {
    const model = new Model(machine, describe);
    const { wrong, graph, transitions } = search(model, maxStates, canFinish);
    const { sharing } = model.machine.seam;
    if (sharing.learned) {
      sharing.teach();
      continue;
    }
    if (!wrong) spotCheck(graph, new Model(machine, describe));
    const result = {
      name,
      ok: !wrong,
      states: graph.states,
      transitions,
      ms: performance.now() - start,
      outcomes: model.outcomes,
    };
    if (!wrong) return result;
    const { message, path, gaveUp = false } = wrong;
    const lines = gaveUp ? [] : schedule(path, (listen) => new Model(machine, describe, listen));
    return { ...result, failure: { message, path, gaveUp, report: [`${name}: ${message}`, ...lines].join('\n') } };
  }
}

/** One run. It counts only if it did not learn that a word is shared. */
function search(model: Model, maxStates: number, canFinish: boolean): Found {
  const { machine } = model;
  const { memory } = machine;
  const { sharing } = machine.seam;
  const graph = new Graph();
  const frontier = new Frontier();
  const moves = new Int32Array(machine.workers.length * 3);
  let transitions = 0;
  let enough = Number.POSITIVE_INFINITY;

  const found = (wrong?: Wrong): Found => ({ wrong, graph, transitions });

  /** The state that was just scanned; what is wrong with it, if it is new and wrong. */
  const meet = (parent: number, move: number): Wrong | undefined => {
    const state = graph.visit(memory.hashLow, memory.hashHigh, parent, move);
    if (canFinish && parent >= 0 && move >> 8 < Move.DIE) graph.connect(parent, state < 0 ? -1 - state : state);
    if (state >= 0) return undefined;
    const { chunk, at } = frontier.push(-1 - state, memory.differing);
    memory.save(chunk, at);
    const message = model.wrongNow();
    return message === undefined ? undefined : { message, path: graph.pathTo(-1 - state) };
  };

  try {
    machine.boot();
  } catch (error) {
    return found({ message: accidentOf(error), path: [] });
  }
  const first = meet(-1, 0);
  if (first) return found(first);
  for (let entry = frontier.shift(); entry; entry = frontier.shift()) {
    const { state, chunk, at, count } = entry;
    memory.restore(chunk, at, count);
    const { all, living } = machine.possible(moves);
    if (living === 0) {
      const message = model.wrongAtEnd();
      if (message !== undefined) return found({ message, path: graph.pathTo(state) });
      graph.ends(state);
    }
    for (let i = 0; i < all; i++) {
      if (i > 0) memory.restore(chunk, at, count);
      transitions++;
      try {
        machine.apply(moves[i]);
      } catch (error) {
        return found({ message: accidentOf(error), path: [...graph.pathTo(state), moves[i]] });
      }
      memory.scan();
      const wrong = meet(state, moves[i]);
      if (wrong) return found(wrong);
    }
    if (graph.states > maxStates) return found({ message: `gave up: more than ${maxStates} states`, path: [], gaveUp: true });
    // Go on for a while, to learn of several words at once.
    if (sharing.learned && enough === Number.POSITIVE_INFINITY) enough = graph.states * 2 + 100;
    if (graph.states > enough) return found();
  }
  if (canFinish && !sharing.learned) {
    const trap = graph.trap();
    if (trap >= 0) return found({ message: 'no schedule comes to an end from here', path: graph.pathTo(trap) });
  }
  return found();
}

const SPOT_CHECKS = 100;

/**
 * Goes to some of the states by the moves that led there: they must turn out the same, or something that
 * belongs to the state lies outside of the memory.
 */
function spotCheck(graph: Graph, { machine }: Model): void {
  const nothing = new Int32Array(0);
  machine.boot();
  const stride = Math.max(1, Math.floor(graph.states / SPOT_CHECKS));
  for (let state = graph.states - 1; state >= 0; state -= stride) {
    machine.memory.restore(nothing, 0, 0);
    for (const move of graph.pathTo(state)) machine.apply(move);
    machine.memory.scan();
    if (graph.visit(machine.memory.hashLow, machine.memory.hashHigh, -1, 0) === state) continue;
    throw new Error(
      'the same moves led to another state: a program keeps something in a JavaScript variable that belongs into a ghost',
    );
  }
}
