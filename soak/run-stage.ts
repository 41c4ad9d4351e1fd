/** Runs a stage as a program of its own, and hears what comes of it, also when it hangs or dies. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Line, Progress, Sample, StageOrder } from './report/lines.ts';
import { emptyTally } from './report/tally.ts';

/** What is printed of its standard error when something is wrong, in characters. */
const SHOWN = 40_000;
/** Milliseconds beside what it may take by its order: the watch in it is to speak first. */
const MORE_MS = 60_000;

export async function runStage(order: StageOrder): Promise<{ progress: Progress; samples: Sample[] }> {
  let progress: Progress = { total: emptyTally(), scenes: {}, ways: {}, complaints: [] };
  const samples: Sample[] = [];
  let hasEnded = false;
  let errors = '';
  const file = fileURLToPath(new URL('./stage.js', import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-SHOWN);
  });
  createInterface({ input: child.stdout }).on('line', (text) => {
    // Whatever else prints, it is not the stage.
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as Line;
    if (line.sample) samples.push(line.sample);
    if (line.progress) progress = line.progress;
    hasEnded ||= line.end === true;
  });
  const untilMs = Number.isFinite(order.until) ? order.until - Date.now() : 0;
  const timer = setTimeout(() => child.kill('SIGKILL'), untilMs + order.patience * 2000 + MORE_MS);
  const how = await new Promise<string>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => done(String(code ?? signal)));
  });
  clearTimeout(timer);
  if (hasEnded && how === '0') return { progress, samples };
  console.error(errors);
  // A hang that it has found itself is counted already.
  if (how !== '3') {
    progress.total.hangs += how === 'SIGKILL' ? 1 : 0;
    progress.total.errors += how === 'SIGKILL' ? 0 : 1;
    progress.complaints.push(`the stage itself ended by ${how}`);
  }
  return { progress, samples };
}
