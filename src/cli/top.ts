/** `npx nogil top PID`: what the workers of a program do, and what they wait for. */
import { clearScreenDown, cursorTo } from 'node:readline';
import { parseArgs } from 'node:util';
import { History } from '../inspector/history.ts';
import { pageOf } from '../inspector/sections.ts';
import { type Looker, lookAt, NothingToSee } from './lookers.ts';
import { textOf } from './text.ts';

const USAGE = `usage: nogil top PID [--interval SECONDS] [--once] [--json]

Shows the workers of the program with process number PID: what each does, holds and waits for, queues, locks,
pools and memory; q or Ctrl-C ends it. With --once, or where the output is no terminal, it looks twice, an
interval apart, and prints what it has seen; --json prints a snapshot as JSON.`;

function fail(message: string, usage = false): never {
  console.error(usage ? `${message}\n\n${USAGE}` : message);
  process.exit(usage ? 2 : 1);
}

/** Seconds between two looks. */
const INTERVAL = 1;
/** Seconds between the two looks of one that only prints. */
const SHORT = 0.3;

function parsed() {
  try {
    return parseArgs({
      args: process.argv.slice(3),
      allowPositionals: true,
      options: {
        interval: { type: 'string' },
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    return fail((error as Error).message, true);
  }
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** As many lines and columns as there are. */
function fitted(text: string, rows: number, columns: number): string {
  const lines = text.split('\n').map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
  if (lines.length < rows) return lines.join('\n');
  return [...lines.slice(0, rows - 2), `… and ${lines.length - rows + 2} lines more: --once shows all`].join('\n');
}

/** As a terminal in raw mode sends it. */
const CTRL_C = '\u0003';

/** Calls `stop` when the user has seen enough. */
function onQuit(stop: () => void): void {
  process.on('SIGINT', stop);
  const { stdin } = process;
  if (!stdin.isTTY) return;
  stdin.setRawMode(true);
  stdin.on('data', (keys: Buffer) => {
    const typed = keys.toString();
    if (typed.includes('q') || typed.includes(CTRL_C)) stop();
  });
}

async function show(looker: Looker, interval: number): Promise<void> {
  const history = new History();
  const { stdout } = process;
  // The other screen, so that what was there before comes back.
  stdout.write('\u001b[?1049h\u001b[?25l');
  let isOver = false;
  let wake = () => {};
  onQuit(() => {
    isOver = true;
    wake();
  });
  try {
    while (!isOver) {
      const view = history.add(await looker.look());
      cursorTo(stdout, 0, 0);
      clearScreenDown(stdout);
      stdout.write(fitted(textOf(pageOf(view)), stdout.rows, stdout.columns));
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await Promise.race([pause(interval), woken]);
    }
  } finally {
    stdout.write('\u001b[?25h\u001b[?1049l');
  }
}

async function print(looker: Looker, interval: number): Promise<void> {
  const history = new History();
  history.add(await looker.look());
  await pause(interval);
  console.log(textOf(pageOf(history.add(await looker.look()))));
}

const { values, positionals } = parsed();
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const pid = Number(positionals[0]);
if (positionals.length !== 1 || !Number.isInteger(pid) || pid < 1) fail('expected: nogil top PID', true);
const interval = values.interval === undefined ? undefined : Number(values.interval);
if (interval !== undefined && !(interval > 0)) fail(`--interval must be a number above 0, got ${values.interval}`, true);
let looker: Looker | undefined;
try {
  looker = await lookAt(pid);
  if (values.json) console.log(JSON.stringify(await looker.look(), undefined, 2));
  else if (values.once || !process.stdout.isTTY) await print(looker, interval ?? SHORT);
  else await show(looker, interval ?? INTERVAL);
} catch (error) {
  if (!(error instanceof NothingToSee)) throw error;
  fail(`nogil top: ${error.message}`);
} finally {
  looker?.close();
}
process.exit(0);
