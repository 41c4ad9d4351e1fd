/**
 * By which name a task is known on all machines: its module, as from the root of its package, and its mark there.
 * So a program may be in another folder elsewhere.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Package {
  folder: string;
  name: string;
}

const packages = new Map<string, Package | undefined>();

/** The package that a folder is in. */
function packageAround(folder: string): Package | undefined {
  if (packages.has(folder)) return packages.get(folder);
  const file = join(folder, 'package.json');
  let found: Package | undefined;
  if (existsSync(file)) {
    const { name = '' } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string };
    found = { folder, name };
  } else if (dirname(folder) !== folder) found = packageAround(dirname(folder));
  packages.set(folder, found);
  return found;
}

export function taskName({ module, name }: { module: string; name: string }): string {
  if (!module.startsWith('file:')) return `${module}#${name}`;
  const file = fileURLToPath(module);
  const around = packageAround(dirname(file));
  if (around === undefined) return `${file}#${name}`;
  return `${around.name}/${relative(around.folder, file).replaceAll('\\', '/')}#${name}`;
}
