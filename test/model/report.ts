/**
 * A failing schedule in words, for people.
 */
import { Field, Status, type Worker } from './machine.ts';
import { accidentOf, type Model } from './model.ts';
import { type Listener, Op } from './seam.ts';

/** Makes the model afresh, with somebody who hears what happens. */
export type Remake = (listen: (model: Model) => Listener) => Model;

/** The moves of `path`, then how everybody stands. */
export function schedule(path: readonly number[], remake: Remake): string[] {
  const lines: string[] = [];
  let number = '';
  const model = remake((made) => {
    const { workers } = made.machine;
    const width = Math.max(...workers.map((worker) => worker.name.length));
    return listenerFor(made, (who, what) => {
      lines.push(`${number.padStart(5)}  ${workers[who].name.padEnd(width)}  ${what}`);
      number = '';
    });
  });
  const { machine } = model;
  const { listener } = machine.seam;
  try {
    machine.boot();
    for (const [i, move] of path.entries()) {
      const before = lines.length;
      number = String(i + 1);
      machine.apply(move);
      if (lines.length === before) listener?.says(move & 255, 'comes to its end');
    }
  } catch (error) {
    listener?.says(machine.seam.who, accidentOf(error));
  }
  lines.push('  and then:');
  for (const worker of machine.workers) listener?.says(worker.index, standing(model, worker));
  for (const word of model.namedWords()) lines.push(`${''.padStart(5)}  ${word}`);
  return lines;
}

function listenerFor(model: Model, say: (who: number, what: string) => void): Listener {
  return {
    op: (who, ...op) => say(who, describe(model, ...op)),
    calls: (who, name, args) => say(who, `calls ${name}(${args.map((arg) => model.argumentOf(arg)).join(', ')})`),
    returns: (who, name, result) => say(who, `${name} returns ${result}`),
    says: say,
  };
}

/** `cas [lock] 0 -> 1 = 0`: the operation and, after the =, what it answered. */
function describe(model: Model, op: number, p: number, a: number, b: number, c: number, d: number, result: number): string {
  const at = `[${model.nameOf(p)}]`;
  const value = (v: number) => model.valueOf(v, p);
  switch (op) {
    case Op.LOAD:
      return `load ${at} = ${value(result)}`;
    case Op.LOAD_PLAIN:
      return `loadPlain ${at} = ${value(result)}`;
    case Op.STORE:
      return `store ${at} <- ${value(a)}`;
    case Op.STORE_PLAIN:
      return `storePlain ${at} <- ${value(a)}`;
    case Op.CAS:
      return `cas ${at} ${value(a)} -> ${value(b)} = ${value(result)}`;
    case Op.XCHG:
      return `xchg ${at} <- ${value(a)} = ${value(result)}`;
    case Op.ADD:
      return `add ${at} ${a < 0 ? '-' : '+'}${Math.abs(a)} = ${value(result)}`;
    case Op.LOAD64:
      return `load64 ${at} = ${wide(result, model.machine.words[(p >> 2) + 1])}`;
    case Op.STORE64:
      return `store64 ${at} <- ${wide(a, b)}`;
    case Op.CAS64:
      return `cas64 ${at} ${wide(a, b)} -> ${wide(c, d)} = ${result === a ? 'low half equal' : 'not equal'}`;
    case Op.LOAD_PLAIN64:
      return `loadPlain64 ${at} = ${wide(result, model.machine.words[(p >> 2) + 1])}`;
    case Op.STORE_PLAIN64:
      return `storePlain64 ${at} <- ${wide(a, b)}`;
    case Op.FILL:
      return `fill ${at} <- ${a}, ${b} bytes`;
    case Op.COPY:
      return `copy ${at} <- [${model.nameOf(a)}] ${b} bytes`;
    case Op.WAIT:
    case Op.WAIT_ASYNC:
    case Op.LISTEN:
      return `${op === Op.WAIT ? 'wait' : op === Op.LISTEN ? 'listen' : 'waitAsync'} ${at} while ${value(a)}: ${result === 1 ? 'not equal' : 'sleeps'}`;
    case Op.NOTIFY:
    case Op.NOTIFY_HERE:
      return `${op === Op.NOTIFY ? 'notify' : 'notifyHere'} ${at} ${a < 0 ? 'all' : a} = ${result}`;
    default:
      return 'pause';
  }
}

function wide(low: number, high: number): string {
  return `${high}:${low >>> 0}`;
}

function standing(model: Model, worker: Worker): string {
  const { words } = model.machine;
  const { at, program } = worker;
  const step = program[words[at + Field.PC]];
  const where = words[at + Field.IN_CALL] ? ` in ${step?.name}` : '';
  const p = words[at + Field.P];
  switch (words[at]) {
    case Status.OFF:
      return 'has nothing to reap';
    case Status.PARKED:
      return `asleep on [${model.nameOf(p)}]${where}${words[at + Field.B] ? ', with a timeout' : ''}`;
    case Status.SPINNING:
      return `spinning${where}`;
    case Status.DONE:
      return 'done';
    case Status.DEAD:
      return 'dead';
    case Status.LOST:
      return 'woken, but its event loop does not turn';
    default:
      return `before ${next(model, worker)}${where}`;
  }
}

function next(model: Model, { at, program }: Worker): string {
  const { words } = model.machine;
  const op = words[at + Field.OP];
  if (op === Op.RUN) return `"${program[words[at + Field.PC]]?.name ?? 'the end'}"`;
  if (op === Op.GO_ON) return 'going on';
  if (op === Op.PAUSE) return 'going round its spin';
  const name = Object.entries(Op)
    .find(([, each]) => each === op)?.[0]
    .toLowerCase()
    .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${name} [${model.nameOf(words[at + Field.P])}]`;
}
