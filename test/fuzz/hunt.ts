/** Runs cases in processes of their own, and watches that each comes to an end. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Case, caseOf, type Mode } from './cases.ts';

const child = fileURLToPath(new URL('child.ts', import.meta.url));
/** Milliseconds after which a case has not come to an end: it takes less than one. */
const LIMIT = Number(process.env.NOGIL_FUZZ_LIMIT ?? 10_000);

export interface Finding {
  what: string;
  case: Case;
}

export interface Hunt {
  cases: number;
  /** Of them: in which something was refused with a HeapCorruptError. */
  refused: number;
  findings: Finding[];
}

interface Line {
  at?: number;
  wrong?: string;
  case?: Case;
  done?: number;
  refused?: number;
}

interface Run {
  lines: Line[];
  /** How it ended, if not by itself: 'hang', or what the system says. */
  end: string | undefined;
}

function run(args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const lines: Line[] = [];
    let rest = '';
    let errors = '';
    let isHung = false;
    const started = spawn(process.execPath, ['--import', 'tsx', child, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => {
      isHung = true;
      started.kill('SIGKILL');
    };
    let timer = setTimeout(kill, LIMIT);
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      clearTimeout(timer);
      timer = setTimeout(kill, LIMIT);
      const parts = (rest + text).split('\n');
      rest = parts.pop() as string;
      for (const part of parts) lines.push(JSON.parse(part) as Line);
    });
    started.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    started.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = isHung ? 'does not come to an end' : code === 0 ? undefined : `ends the process (${signal ?? code}): ${errors}`;
      resolve({ lines, end });
    });
  });
}

/** What is wrong with a case by itself; undefined: nothing. */
export async function tryCase(each: Case): Promise<string | undefined> {
  const { lines, end } = await run([JSON.stringify(each)]);
  return end ?? lines.find(({ wrong }) => wrong !== undefined)?.wrong;
}

async function leastOf(each: Case): Promise<Case> {
  if (each.mode === 'codec') return each;
  let least = each;
  for (const write of each.writes) {
    const fewer = { ...least, writes: least.writes.filter((other) => other !== write) };
    if (fewer.writes.length > 0 && (await tryCase(fewer)) !== undefined) least = fewer;
  }
  return least;
}

/** The cases from `first` on, `count` of them. */
export async function hunt(mode: Mode, first: number, count: number): Promise<Hunt> {
  const found: Hunt = { cases: 0, refused: 0, findings: [] };
  let next = first;
  while (next < first + count) {
    const { lines, end } = await run([mode, String(next), String(first + count - next)]);
    for (const line of lines) {
      if (line.case !== undefined) found.findings.push({ what: line.wrong as string, case: line.case });
      found.refused += line.refused ?? 0;
    }
    if (end === undefined) break;
    const at = lines.findLast((line) => line.at !== undefined)?.at ?? next;
    found.findings.push({ what: end, case: await leastOf(caseOf(mode, at)) });
    next = at + 1;
  }
  found.cases = count;
  return found;
}
