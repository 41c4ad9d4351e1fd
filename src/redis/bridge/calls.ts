/**
 * Calls: scripts on their way to Redis. Those of one turn of the loop that follow each other and are of one
 * script and one object go as one, and are done one after the other there: a command costs the client and
 * Redis more than what it does.
 */
import type { Arg, Reply } from '../protocol.ts';
import type { Lua, Script } from '../scripts/index.ts';
import { type Client, gather } from './connections.ts';

type RawArg = string | number | Buffer;

/** What ioredis has, and does not declare. */
interface Scripting {
  evalshaBuffer(sha: string, keys: number, ...args: RawArg[]): Promise<Reply>;
  evalBuffer(lua: string, keys: number, ...args: RawArg[]): Promise<Reply>;
}

interface Call {
  args: readonly Arg[];
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** Those that go as one. */
interface Group {
  script: Script;
  keys: readonly string[];
  /** Of all calls together. */
  weight: number;
  calls: Call[];
}

/** Calls in one, and what they weigh: others' commands wait meanwhile. */
const MOST_CALLS = 64;
const MOST_WEIGHT = 512;

/** So many arguments, and blocks of bytes in them. */
function weightOf(args: readonly Arg[]): number {
  let weight = args.length;
  for (const arg of args) if (typeof arg !== 'number') weight += arg.length >> 8;
  return weight;
}

function rawOf(arg: Arg): RawArg {
  return arg instanceof Uint8Array ? Buffer.from(arg.buffer, arg.byteOffset, arg.length) : arg;
}

/** Scripts and places that are remembered to have been told. */
const MOST_TOLD = 10_000;

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((key, i) => key === b[i]);

export class Calls {
  readonly #client: Client;
  #group: Group | undefined;
  /** The scripts that this connection has been told; of a Redis Cluster, by the hash tag, too. */
  readonly #told = new Set<string>();

  constructor(client: Client) {
    this.#client = client;
    // A server that is connected to anew may be another one.
    client.on('close', () => this.#told.clear());
  }

  send(script: Script, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const weight = weightOf(args);
      const group = this.#groupFor(script, keys, weight);
      group.calls.push({ args, resolve, reject });
      group.weight += weight;
    });
  }

  #groupFor(script: Script, keys: readonly string[], weight: number): Group {
    const known = this.#group;
    if (
      known?.script === script &&
      known.calls.length < MOST_CALLS &&
      known.weight + weight <= MOST_WEIGHT &&
      isSame(known.keys, keys)
    )
      return known;
    // In the order in which they were asked for.
    if (known !== undefined) this.#flush(known);
    else process.nextTick(() => this.#group && this.#flush(this.#group));
    const group: Group = { script, keys, weight: 0, calls: [] };
    this.#group = group;
    return group;
  }

  #flush({ script, keys, calls }: Group): void {
    this.#group = undefined;
    const [first] = calls;
    if (calls.length === 1 && first !== undefined) {
      this.#run(script, keys, first.args).then(first.resolve, first.reject);
      return;
    }
    const args = [calls.length, ...calls.flatMap((call) => [call.args.length, ...call.args])];
    this.#run(script.many, keys, args).then(
      (reply) => {
        const answers = reply as Reply[];
        calls.forEach((call, i) => {
          const answer = answers[2 * i + 1] as Reply;
          if (answers[2 * i] === 1) call.resolve(answer);
          else call.reject(new Error(String(answer)));
        });
      },
      (error) => {
        for (const { reject } of calls) reject(error);
      },
    );
  }

  async #run({ sha, lua }: Lua, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    const scripting = this.#client as unknown as Scripting;
    const raw: RawArg[] = [...keys, ...args.map(rawOf)];
    gather(this.#client);
    // Its text goes first: a call that fails because Redis does not know the script is overtaken by others.
    if (this.#isNew(sha, keys)) return scripting.evalBuffer(lua, keys.length, ...raw);
    try {
      return await scripting.evalshaBuffer(sha, keys.length, ...raw);
    } catch (error) {
      // Redis has been restarted meanwhile, or has forgotten its scripts.
      if (!/^NOSCRIPT/.test((error as Error).message)) throw error;
      return await scripting.evalBuffer(lua, keys.length, ...raw);
    }
  }

  #isNew(sha: string, keys: readonly string[]): boolean {
    const name = this.#client.isCluster ? `${sha}${/\{[^}]*\}/.exec(keys[0] ?? '')?.[0]}` : sha;
    if (this.#told.has(name)) return false;
    if (this.#told.size === MOST_TOLD) this.#told.clear();
    this.#told.add(name);
    return true;
  }
}
