/**
 * Programs that are killed and stopped at random, and a Redis that is: what that does to items and to tokens.
 * The suite runs a little of it (chaos.test.ts), `npm run redis:chaos` all of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nogil/redis';
import { Program, RedisServer } from './server.ts';

const PREFIX = 'chaos';

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Numbers from 0 to below 1, the same for the same seed: mulberry32. */
export function randomsOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` places below `end`, in order. */
function placesOf(random: () => number, count: number, end: number): number[] {
  return Array.from({ length: count }, () => 1 + Math.floor(random() * end)).sort((a, b) => a - b);
}

/** Seconds after which what does not move any more is said to hang. */
const PATIENCE = 60;

/** How far it is. Says so each ten seconds if it is `loud`. @throws Error nothing has moved for too long */
class Progress {
  readonly #loud: boolean;
  readonly #began = performance.now();
  #told = this.#began;
  #moved = this.#began;
  #last = '';

  constructor(loud: boolean) {
    this.#loud = loud;
  }

  at(what: string): void {
    const now = performance.now();
    if (what !== this.#last) this.#moved = now;
    this.#last = what;
    if (now - this.#moved > PATIENCE * 1000) throw new Error(`nothing has happened for ${PATIENCE} s: ${what}`);
    if (!this.#loud || now - this.#told < 10_000) return;
    this.#told = now;
    console.error(`${((now - this.#began) / 1000).toFixed(0)} s: ${what}`);
  }
}

// ── items ────────────────────────────────────────────────────────────────────────────────────────────────

export interface ItemsPlan {
  items: number;
  kills: number;
  restarts: number;
  /** Seconds. */
  lease: number;
  seed: number;
  /** Whether it says how far it is. */
  loud?: boolean;
}

export interface ItemsOutcome {
  lost: number;
  /** Items that more than one consumer has had. */
  twice: number;
  /** Those of them whose earlier consumer lived on: nothing that is promised allows one. */
  unexplained: number;
  /** The most that one killed program had taken and not finished as Redis saw it. */
  mostOfOneKill: number;
  deadLetters: number;
  kills: number;
  restarts: number;
  seconds: number;
}

/** A consumer, and what it has written down. */
interface Consumer {
  program: Program;
  file: string;
  killed: boolean;
}

const itemsIn = ({ file }: Consumer): number[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    // It was killed before it had opened it.
    return [];
  }
};

/** Items through two programs whose consumers are killed, and a Redis that is killed and started again. */
export async function chaosOfItems({ items, kills, restarts, lease, seed, loud = false }: ItemsPlan): Promise<ItemsOutcome> {
  const random = randomsOf(seed);
  const progress = new Progress(loud);
  const server = await RedisServer.start();
  const options = { lease, prefix: PREFIX, maxDeliveries: 1000 };
  const cluster = await connect(server.url, options);
  const queue = cluster.JoinableQueue<number>('items');
  const consumers: Consumer[] = [];
  const consume = () => {
    const file = join(server.folder, `consumer-${consumers.length}`);
    const consumer = { program: new Program('takeForEver', server.url, options, 'items', file), file, killed: false };
    consumers.push(consumer);
    return consumer;
  };
  const living: [Consumer, Consumer] = [consume(), consume()];
  const began = performance.now();
  const producer = new Program('produceInPieces', server.url, options, 'items', items);
  const toKill = placesOf(random, kills, items);
  const toRestart = placesOf(random, restarts, items);
  const taken = () => consumers.reduce((sum, each) => sum + itemsIn(each).length, 0);
  while (toKill.length + toRestart.length > 0) {
    const now = taken();
    progress.at(`${now} items had, ${toKill.length} kills and ${toRestart.length} restarts to come`);
    if (toKill.length > 0 && now >= (toKill[0] as number)) {
      toKill.shift();
      const at = random() < 0.5 ? 0 : 1;
      living[at].killed = true;
      await living[at].program.kill();
      living[at] = consume();
    } else if (toRestart.length > 0 && now >= (toRestart[0] as number)) {
      toRestart.shift();
      await server.kill();
      await pause(random() * 300);
      await server.start();
    } else await pause(10);
  }
  let isPut = false;
  const put = producer.over().then(() => {
    isPut = true;
  });
  while (!(isPut && (await queue.joinAsync(1)))) {
    progress.at(`${taken()} items had, ${isPut ? 'all' : 'not all'} put, ${queue.unfinishedTasks} not finished`);
    await Promise.race([put, pause(1000)]);
  }
  const deadLetters = (await cluster.inspectAsync()).queues.items?.deadLetters ?? 0;
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(living.map(({ program }) => program.kill()));
  const outcome = countItems(items, consumers);
  await cluster.disconnectAsync();
  await server.stop();
  return { ...outcome, deadLetters, kills, restarts, seconds };
}

function countItems(
  items: number,
  consumers: readonly Consumer[],
): Pick<ItemsOutcome, 'lost' | 'twice' | 'unexplained' | 'mostOfOneKill'> {
  const had = new Map<number, Consumer[]>();
  for (const consumer of consumers) for (const item of itemsIn(consumer)) had.set(item, [...(had.get(item) ?? []), consumer]);
  const again = new Map<Consumer, number>();
  let twice = 0;
  let unexplained = 0;
  for (const all of had.values()) {
    if (all.length === 1) continue;
    twice++;
    const killed = all.filter((each) => each.killed);
    // Whoever had it last has finished it; each of the others was killed before.
    if (killed.length < all.length - 1) unexplained++;
    for (const each of killed) again.set(each, (again.get(each) ?? 0) + 1);
  }
  return { lost: items - had.size, twice, unexplained, mostOfOneKill: Math.max(0, ...again.values()) };
}

// ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────

export interface TokensPlan {
  handOvers: number;
  kills: number;
  /** Owners that are stopped for longer than their lease, and go on. */
  stops: number;
  restarts: number;
  /** Seconds. */
  lease: number;
  seed: number;
  /** Whether it says how far it is. */
  loud?: boolean;
}

export interface TokensOutcome {
  handOvers: number;
  /** Tokens that were not larger than the one before, as an owner first showed them. */
  notGrowing: number;
  /** Tokens that two owners had. */
  shared: number;
  /** Writes that the resource has taken. */
  passed: number;
  /** Reads and writes of owners who had lost the lock, which it has refused. */
  refused: number;
  /** Writes that passed and that another one has overwritten unseen. */
  overwritten: number;
  /** Owners who were told that they had lost it. */
  told: number;
  kills: number;
  stops: number;
  restarts: number;
  seconds: number;
}

type Question = ['read', token: number] | ['write', token: number, value: number] | ['lost', token: number, error: string];

/** What a lock guards: it knows the largest token that it has seen, and refuses smaller ones. */
class Resource {
  value = 0;
  passed = 0;
  refused = 0;
  told = 0;
  notGrowing = 0;
  shared = 0;
  #largest = 0;
  readonly #owners = new Map<number, Program>();
  owner: Program | undefined;

  get handOvers(): number {
    return this.#owners.size;
  }

  answer(program: Program, [what, token, value]: Question): number | null | undefined {
    if (what === 'lost') {
      this.told++;
      return undefined;
    }
    if (what === 'read') {
      if (this.#owners.has(token)) this.shared++;
      this.#owners.set(token, program);
      this.owner = program;
    }
    if (token < this.#largest) {
      this.refused++;
      return null;
    }
    if (what === 'read' && token === this.#largest) this.notGrowing++;
    this.#largest = token;
    if (what === 'write') {
      this.value = value as number;
      this.passed++;
    }
    return this.value;
  }
}

/** Three programs that hand a lock to each other, and are killed and stopped meanwhile. */
export async function chaosOfTokens({
  handOvers,
  kills,
  stops,
  restarts,
  lease,
  seed,
  loud = false,
}: TokensPlan): Promise<TokensOutcome> {
  const random = randomsOf(seed);
  const progress = new Progress(loud);
  const server = await RedisServer.start();
  const options = { lease, prefix: PREFIX };
  const resource = new Resource();
  const start = () => {
    const program = new Program('own', server.url, options, 'guard', lease);
    program.onMessage((question) => {
      const answer = resource.answer(program, question as Question);
      if (answer !== undefined) program.say(answer);
    });
    return program;
  };
  const living = new Set([start(), start(), start()]);
  const began = performance.now();
  const waking: Promise<void>[] = [];
  const faults = [
    ...placesOf(random, kills, handOvers).map((at) => ({ at, fault: 'kill' as const })),
    ...placesOf(random, stops, handOvers).map((at) => ({ at, fault: 'stop' as const })),
    ...placesOf(random, restarts, handOvers).map((at) => ({ at, fault: 'restart' as const })),
  ].sort((a, b) => a.at - b.at);
  while (resource.handOvers < handOvers || faults.length > 0) {
    await pause(5);
    progress.at(`${resource.handOvers} hand-overs, ${faults.length} faults to come`);
    const [next] = faults;
    if (next === undefined || resource.handOvers < next.at) continue;
    faults.shift();
    const others = [...living];
    // Who has it now, or another one.
    const victim =
      random() < 0.8 && resource.owner && living.has(resource.owner)
        ? resource.owner
        : (others[Math.floor(random() * others.length)] as Program);
    if (next.fault === 'kill') {
      living.delete(victim);
      await victim.kill();
      living.add(start());
    } else if (next.fault === 'stop') {
      victim.signal('SIGSTOP');
      waking.push(pause(lease * 2000).then(() => victim.signal('SIGCONT')));
    } else {
      await server.kill();
      await server.start();
    }
  }
  await Promise.all(waking);
  // Who was stopped last has still to find out.
  await pause(lease * 1000);
  const seconds = (performance.now() - began) / 1000;
  await Promise.all([...living].map((program) => program.kill()));
  await server.stop();
  const { passed, refused, told, notGrowing, shared } = resource;
  const overwritten = passed - resource.value;
  return {
    handOvers: resource.handOvers,
    notGrowing,
    shared,
    passed,
    refused,
    overwritten,
    told,
    kills,
    stops,
    restarts,
    seconds,
  };
}
