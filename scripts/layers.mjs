/**
 * The layers of both trees, from low to high. This is the only place where they stand: a file imports from
 * its own layer and from those below it, and never in a cycle. Imports of types count as well. `npm run lint`
 * checks that.
 *
 * A program of our own, because dependency-cruiser needs the API of TypeScript before 7 (with swc instead it
 * stops at `using`), and Biome's noImportCycles does not see all imports of types.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

/** A layer is a folder, a file, or several of them side by side. */
const LAYERS = {
  src: [
    'symbols.ts',
    'codec/',
    'errors.ts',
    'platform/',
    'heap/',
    'sync/',
    'queue/',
    'workers/',
    'pipe/',
    'pool/',
    'manager/',
    'shared-memory/',
    'sharing/',
    'sched/',
    'futures/',
    'inspector/',
    // What users import.
    [
      'threading.ts',
      'multiprocessing.ts',
      'queue.ts',
      'sched.ts',
      'futures.ts',
      'inspector.ts',
      'rollup.ts',
      'esbuild.ts',
      'vite.ts',
    ],
    'index.ts',
    // The same classes between machines.
    'redis/',
    // What workers run; and all of it in one file.
    'entry/',
    'bundle.ts',
    // What the command line runs, and whoever answers it.
    'cli/',
  ],
  assembly: [
    ['atomics.ts', 'abi.ts', 'limits.ts', 'layout.ts', 'checks.ts'],
    'waiting/',
    'sync/',
    'heap/',
    'queue/',
    ['manager/', 'pipe/'],
    'lifecycle/',
    'index.ts',
  ],
};

/** All that src/ may know of the core's sources: the rest of it is in the module that the build embeds. */
const ABI = 'assembly/abi.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

// As Biome formats them: in single quotes.
const IMPORT = /\bfrom\s*'(\.[^']+)'|\bimport\s*\(?\s*'(\.[^']+)'/g;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

function importsOf(file) {
  const source = readFileSync(file, 'utf8').replaceAll(COMMENT, '');
  return [...source.matchAll(IMPORT)].map(([, from, bare]) => {
    const path = join(dirname(file), from ?? bare);
    return path.endsWith('.ts') ? path : `${path}.ts`;
  });
}

/** Which layer of its tree a file is in; -1: none. */
function layerOf(tree, file) {
  const path = relative(tree, file);
  return LAYERS[tree].findIndex((layer) =>
    [layer].flat().some((name) => (name.endsWith('/') ? path.startsWith(name) : path === name)),
  );
}

const complaints = [];
/** Each file's imports from its own tree. */
const graph = new Map();
for (const tree of Object.keys(LAYERS)) {
  for (const name of readdirSync(tree, { recursive: true })) {
    const file = join(tree, name.replaceAll('\\', '/'));
    if (!file.endsWith('.ts') || file.endsWith('.d.ts') || file.includes('/generated/')) continue;
    const layer = layerOf(tree, file);
    if (layer < 0) complaints.push(`${file} is in no layer`);
    const imports = importsOf(file);
    for (const target of imports) {
      if (target.startsWith(`${tree}/`)) {
        if (layer >= 0 && layerOf(tree, target) > layer) complaints.push(`${file} imports ${target}, of a layer above it`);
      } else if (target !== ABI) complaints.push(`${file} imports ${target}: of the other tree only ${ABI} is known`);
    }
    graph.set(file, imports);
  }
}

/** Files whose cycles are known, and those on the way from where the search began. */
const done = new Set();
const path = [];

function findCycles(file) {
  const at = path.indexOf(file);
  if (at >= 0) complaints.push(`cycle: ${[...path.slice(at), file].join(' -> ')}`);
  if (at >= 0 || done.has(file)) return;
  path.push(file);
  for (const target of graph.get(file) ?? []) findCycles(target);
  path.pop();
  done.add(file);
}
for (const file of graph.keys()) findCycles(file);

for (const complaint of complaints) console.error(complaint);
console.log(`${graph.size} files in layers, ${complaints.length} faults (the layers stand in scripts/layers.mjs)`);
process.exitCode = complaints.length > 0 ? 1 : 0;
