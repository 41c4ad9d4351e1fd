/**
 * Counts a code base: every .ts, .js and .json file below a folder goes through a bounded JoinableQueue to
 * some workers, each of which reads it, hashes it and counts its lines and words; what they find comes back
 * through a second queue. The same work is then done once with one worker and once without any, and must give
 * the same result.
 *
 *     npm start -- [folder] [--workers N] [--processes]
 *
 * folder: default node_modules; N: default the number of cores; --processes: the workers are processes of the
 * operating system.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { cpuCount, JoinableQueue, main, Process, Queue, Semaphore, ValueError } from 'nogil';
import { setStartMethod } from 'nogil/multiprocessing';

interface Found {
  path: string;
  bytes: number;
  lines: number;
  words: number;
  sha256: string;
  error?: string;
}

/** Reads one file. One that cannot be read is a result, too. */
function examine(path: string): Found {
  try {
    const content = readFileSync(path);
    const text = content.toString('latin1');
    const words = text.match(/\S+/g)?.length ?? 0;
    let lines = 0;
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
    return { path, bytes: content.length, lines, words, sha256: createHash('sha256').update(content).digest('hex') };
  } catch (error) {
    return { path, bytes: 0, lines: 0, words: 0, sha256: '', error: (error as Error).message };
  }
}

/** What each worker does: takes paths until there are no more. */
export function worker(ready: Semaphore, paths: JoinableQueue<string>, results: Queue<Found>): void {
  ready.release();
  for (const path of paths) {
    results.put(examine(path));
    paths.taskDone();
  }
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile() && /\.(ts|js|json)$/.test(entry.name)) yield path;
  }
}

interface Total {
  files: number;
  bytes: number;
  lines: number;
  words: number;
  unreadable: Found[];
  /** The hash of all files' hashes, in the order of their paths. */
  sha256: string;
}

function addUp(found: Found[]): Total {
  const sorted = [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
  const hash = createHash('sha256');
  for (const each of sorted) hash.update(`${each.path}\0${each.sha256}\n`);
  const sum = (key: 'bytes' | 'lines' | 'words') => sorted.reduce((total, each) => total + each[key], 0);
  return {
    files: sorted.length,
    bytes: sum('bytes'),
    lines: sum('lines'),
    words: sum('words'),
    unreadable: sorted.filter((each) => each.error),
    sha256: hash.digest('hex'),
  };
}

interface Run {
  total: Total;
  /** Until all workers have loaded their code. */
  starting: number;
  /** From the first path that goes in to the last result that comes out. */
  seconds: number;
}

async function countWith(workers: number, files: string[]): Promise<Run> {
  const paths = new JoinableQueue<string>(256);
  const results = new Queue<Found>(256);
  const ready = new Semaphore(0);
  const processes = Array.from({ length: workers }, () => new Process({ target: worker, args: [ready, paths, results] }));
  const started = performance.now();
  for (const each of processes) each.start();
  for (const _ of processes) await ready.acquireAsync();
  const began = performance.now();

  const bar = new SingleBar({
    format: `${workers} worker${workers > 1 ? 's' : ' '} [{bar}] {value}/{total} files, {eta} s left`,
    stream: process.stderr,
    noTTYOutput: false,
  });
  if (process.stderr.isTTY) bar.start(files.length, 0);
  const feeding = paths.putManyAsync(files);
  const found: Found[] = [];
  while (found.length < files.length) {
    found.push(...(await results.getManyAsync()));
    bar.update(found.length);
  }
  await feeding;
  await paths.joinAsync();
  paths.shutdown();
  const seconds = (performance.now() - began) / 1000;
  for (const each of processes) each.join();
  bar.stop();
  return { total: addUp(found), starting: (began - started) / 1000, seconds };
}

function countHere(files: string[]): Run {
  const began = performance.now();
  const total = addUp(files.map(examine));
  return { total, starting: 0, seconds: (performance.now() - began) / 1000 };
}

function readArguments(): { folder: string; workers: number; processes: boolean } {
  const options = { workers: { type: 'string' }, processes: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const workers = values.workers === undefined ? cpuCount() : Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1) throw new ValueError(`--workers must be a number from 1, got ${values.workers}`);
  const folder = resolve(positionals[0] ?? 'node_modules');
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new ValueError(`${folder} is not a folder`);
  return { folder, workers, processes: values.processes ?? false };
}

function row(name: string, { total, starting, seconds }: Run): Record<string, string | number> {
  const speed = (total.bytes / 1e6 / seconds).toFixed(0);
  return {
    run: name,
    files: total.files,
    bytes: total.bytes,
    lines: total.lines,
    words: total.words,
    'start s': starting.toFixed(2),
    seconds: seconds.toFixed(2),
    'MB/s': speed,
  };
}

main(import.meta, async () => {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments();
    if (options.processes) setStartMethod('spawn');
  } catch (error) {
    console.error(`count: ${(error as Error).message}`);
    process.exitCode = 2;
    return;
  }
  const files = [...filesBelow(options.folder)];
  console.log(`${files.length} .ts, .js and .json files below ${options.folder}`);
  if (files.length === 0) return;

  countHere(files); // so that none of the runs below is the first to read the disk
  const alone = countHere(files);
  const one = await countWith(1, files);
  const many = options.workers === 1 ? one : await countWith(options.workers, files);
  console.table([
    row('no workers', alone),
    row('1 worker', one),
    ...(many === one ? [] : [row(`${options.workers} workers`, many)]),
  ]);

  const perSecond = Math.round((2 * files.length) / many.seconds);
  console.log(
    `items through the two queues: ${perSecond} per second; ${options.workers} workers are ${(one.seconds / many.seconds).toFixed(2)} times as fast as one`,
  );
  for (const each of many.total.unreadable) console.log(`unreadable: ${each.path}: ${each.error}`);
  console.log(`unreadable files: ${many.total.unreadable.length}`);

  const same = [one, many].every((run) => JSON.stringify(run.total) === JSON.stringify(alone.total));
  console.log(same ? `all runs agree: sha256 ${many.total.sha256}` : 'THE RUNS DISAGREE');
  if (!same) process.exitCode = 1;
});
