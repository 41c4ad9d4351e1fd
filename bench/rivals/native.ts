/** The references in C (native.c), where there is a compiler. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Program } from '../harness/program.ts';
import { type Contender, Missing } from '../harness/row.ts';

const source = fileURLToPath(new URL('./native.c', import.meta.url));
const folder = fileURLToPath(new URL('../native/', import.meta.url));

export function compiler(): { command: string; version: string | undefined } {
  const command = process.env.CC ?? 'cc';
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return { command, version: status === 0 ? stdout.split('\n')[0] : undefined };
}

let built: string | undefined;

function build(): string {
  if (built !== undefined) return built;
  const { command, version } = compiler();
  if (version === undefined) throw new Missing(`no C compiler here (${command})`);
  mkdirSync(folder, { recursive: true });
  const program = `${folder}native`;
  const { status, stderr } = spawnSync(command, ['-O2', '-pthread', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr.trim().split('\n')[0]}`);
  built = program;
  return program;
}

export function startNative(): Program {
  return new Program(build(), []);
}

/** @param words what native.c is asked, but for the count at the end; a function of the place on the axis */
export function native(name: string, words: (at: number) => (string | number)[], note?: string): Contender {
  return {
    name,
    by: 'c',
    ...(note !== undefined && { note }),
    open(at) {
      const program = startNative();
      return { run: (count) => program.ask<number>(...words(at), count), close: () => program.close() };
    },
  };
}
