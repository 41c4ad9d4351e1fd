/** The programs in the documentation: those in comments of src/, in the guides, and in the README. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block of TypeScript. */
export interface Example {
  /** Where it begins, such as `src/sync/lock.ts:197`. */
  place: string;
  code: string;
  /** What stands behind `not run:`, and why it does; undefined: it is a program, and run. */
  notRun: string | undefined;
  /** What it prints, as its comments `// prints ...` say. */
  prints: string[];
  /** What its standard error has among other lines, as `// complains ...` says. */
  complains: string[];
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith(ending) && !name.includes('/generated/'))
    .sort();
}

/** The blocks of a file that are fenced as `ts`. */
function blocksOf(file: string): Example[] {
  const found: Example[] = [];
  let open: { info: string; place: string; lines: string[] } | undefined;
  for (const [i, raw] of readFileSync(join(root, file), 'utf8').split('\n').entries()) {
    const line = file.endsWith('.ts') ? raw.replace(/^\s*\* ?/, '') : raw;
    const [, info] = /^\s*```(.*)$/.exec(line) ?? [];
    if (info === undefined) open?.lines.push(line);
    else if (!open) open = { info, place: `${file}:${i + 1}`, lines: [] };
    else {
      const [, language, notRun] = /^(\w*)(?: (.*))?$/.exec(open.info) ?? [];
      const code = open.lines.join('\n');
      const said = (pattern: RegExp) => [...code.matchAll(pattern)].map(([, text]) => text as string);
      const prints = said(/\/\/ prints (.*)$/gm);
      const complains = said(/\/\/ complains (.*)$/gm);
      if (language === 'ts') found.push({ place: open.place, code, notRun, prints, complains });
      open = undefined;
    }
  }
  return found;
}

/** All of them, by their places. */
export function examples(): Example[] {
  return [...filesIn('src', '.ts'), ...filesIn('docs/guide', '.md'), 'README.md'].flatMap(blocksOf);
}
