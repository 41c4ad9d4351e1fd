/** One case: words of a heap are written over, and the core is used as if nothing had happened. */
import { HeapCorruptError } from '../../src/errors.ts';
import { Random } from './random.ts';
import { Scene } from './scene.ts';

export interface CoreCase {
  mode: 'core';
  /** Which scene: its seed. */
  scene: number;
  /** Of what is done then. */
  seed: number;
  /** How many calls are made before the end begins. */
  acts: number;
  /** What is written over: indices of words, and their values. */
  writes: [word: number, value: number][];
}

export interface Outcome {
  /** Calls that were refused with a HeapCorruptError. */
  refused: number;
  /** What was thrown instead; undefined: nothing. */
  wrong?: string;
}

/** Statuses are from -1 to this. */
const LOWEST_STATUS = -13;
const SCENES = 6;
/** Bytes of the root, without the chunks of the object table, most of which are 0. */
const ROOT_WORDS = 1000;

const scenes = new Map<number, Scene>();

function sceneOf(seed: number): Scene {
  let scene = scenes.get(seed);
  if (scene === undefined) {
    scene = new Scene(new Random(seed));
    scenes.set(seed, scene);
  }
  return scene;
}

/** The case of a number. */
export function coreCase(number: number): CoreCase {
  const random = new Random(number);
  const seed = random.below(SCENES);
  const scene = sceneOf(seed);
  const writes: [number, number][] = [];
  for (let left = 1 + random.below(random.chance(4) ? 12 : 3); left > 0; left--) {
    const word = wordIn(scene, random);
    writes.push([word, valueFor(scene, scene.words[word] as number, random)]);
  }
  return { mode: 'core', scene: seed, seed: random.word(), acts: 40, writes };
}

/** Any word that is used, and more often one that says where something is, or how much. */
function wordIn(scene: Scene, random: Random): number {
  switch (random.below(4)) {
    case 0: {
      const thing = random.pick(scene.things);
      return scene.header(thing) + random.below(random.chance(3) ? 128 : 20);
    }
    case 1:
      return 16 + random.below(ROOT_WORDS);
    default:
      return random.pick(scene.used);
  }
}

function valueFor(scene: Scene, before: number, random: Random): number {
  const value = [
    () => 0,
    () => random.below(20),
    () => -1 - random.below(3),
    () => before ^ (1 << random.below(32)),
    () => before + random.pick([1, -1, 4, 8, -8, 16, 64]),
    () => random.word(),
    () => random.pick([0x7fffffff, -0x80000000, 0x10000, 0x7fff0000]),
    // An address of something else.
    () => random.pick(scene.used) << 2,
    () => (random.pick(scene.used) << 2) & ~15,
    () => scene.words[random.pick(scene.used)] as number,
  ];
  const chosen = random.pick(value)() | 0;
  // The id of a worker that lives is a word that could be right: whoever wants such a lock waits for its
  // owner.
  return scene.agents.some(({ tid }) => (chosen & 0x1fffffff) === tid) ? 0 : chosen;
}

export function runCoreCase({ scene: seed, seed: acts, acts: count, writes }: CoreCase): Outcome {
  const scene = sceneOf(seed);
  const random = new Random(acts);
  const outcome: Outcome = { refused: 0 };
  scene.reset();
  for (const [word, value] of writes) scene.words[word] = value;
  const attempt = (what: string, call: () => unknown) => {
    try {
      const answer = call();
      if (typeof answer === 'number' && answer < LOWEST_STATUS) outcome.wrong ??= `${what} answered ${answer}`;
    } catch (error) {
      if (error instanceof HeapCorruptError) outcome.refused++;
      else outcome.wrong ??= `${what}: ${String((error as Error)?.stack ?? error)}`;
    }
  };
  for (let i = 0; i < count; i++) attempt(`call ${i}`, () => scene.act(random));
  let step = 0;
  for (const call of scene.end()) attempt(`step ${step++} of the end`, call);
  return outcome;
}
