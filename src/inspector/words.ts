/** Figures and relations as people read them. */
import type { Since, View } from './history.ts';
import type { CycleLink, ObjectName, WorkerInfo } from './snapshot.ts';

const UNITS: readonly [ms: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

export function duration({ ms, atLeast }: Since): string {
  const [size, unit] = UNITS.find(([each]) => ms >= each) ?? [1, 'ms'];
  const value = ms / size;
  return `${atLeast ? '> ' : ''}${value < 10 && unit !== 'ms' ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 2 ** 20 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 2 ** 20).toFixed(1)} MiB`;
}

/** So many a second. */
export function perSecond(rate: number | undefined): string {
  if (rate === undefined) return '';
  return rate < 10 && !Number.isInteger(rate) ? `${rate.toFixed(1)}/s` : `${Math.round(rate)}/s`;
}

export function objectText({ class: name, id }: ObjectName): string {
  return id === 0 ? `the ${name}` : `${name} ${id}`;
}

/** Workers by their numbers, with the names that users gave them. */
export class Names {
  readonly #workers: ReadonlyMap<number, WorkerInfo>;

  constructor(workers: readonly WorkerInfo[]) {
    this.#workers = new Map(workers.map((worker) => [worker.tid, worker]));
  }

  of(tid: number | undefined): string {
    if (tid === undefined || tid === 0) return '';
    const name = this.#workers.get(tid)?.name;
    return name ? `${name} (${tid})` : `worker ${tid}`;
  }

  list(tids: readonly number[], asyncWaiters = 0): string {
    const others = asyncWaiters === 0 ? [] : [`${asyncWaiters} async`];
    return [...tids.map((tid) => this.of(tid)), ...others].join(', ');
  }
}

/** A cycle in words, a link each. */
export function cycleTexts(cycle: readonly CycleLink[], names: Names): string[] {
  return cycle.map((link, i) => {
    const holder = names.of((cycle[(i + 1) % cycle.length] as CycleLink).worker);
    return `${names.of(link.worker)} waits for ${objectText(link)}, which ${holder} holds`;
  });
}

/** What a worker does, in words. */
export function waitText({ waits }: WorkerInfo, names: Names): string {
  if (waits === undefined) return '';
  if (waits.call === 'join' && waits.holder !== undefined) return `join ${names.of(waits.holder)}`;
  const holder = waits.holder === undefined ? '' : `, held by ${names.of(waits.holder)}`;
  return `${waits.call} ${objectText(waits)}${holder}`;
}

export function summary({ memory, workers, at }: View): string {
  const waiting = workers.filter(({ state }) => state === 'waiting').length;
  return [
    new Date(at).toISOString(),
    `${workers.length} workers, ${waiting} of them blocked`,
    `${memory.objects} objects`,
    `${bytes(memory.bytesInUse)} in use of ${bytes(memory.bytesReserved)}`,
  ].join(' · ');
}
