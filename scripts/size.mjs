/**
 * What a page has to fetch of the package, minified and gzipped, by what it imports. Fails when queue and
 * process together are above the limit, or when something that was not asked for comes along.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * 39.7 KB before slots, leases and getInto, chunks of the object table that go back, and processes; 46.5 before
 * scripts of the program's own for workers, errors that name what was called, workers' options, registered
 * classes and streams; 48.9 before what is read was checked.
 */
const LIMIT = 50_800;

/** Imports, and modules of dist/browser that must stay behind. */
const CASES = [
  { names: ['Queue', 'Process'], without: /^(pool|pipe|manager|shared-memory|sched)\// },
  { names: ['Queue'], without: /^(workers|pool|pipe|manager|shared-memory|sched)\// },
  { names: ['Lock'], without: /^(queue|workers|pool|pipe|manager|shared-memory|sched)\// },
  { names: ['scheduler'], without: /^(heap\/core|queue|sync\/lock|pool|pipe|manager)/ },
  { names: ['task'], without: /^(heap|queue|sync|pool|pipe|manager|sched)\// },
];

const root = fileURLToPath(new URL('..', import.meta.url));

export async function measure({ names, without }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `import { ${names.join(', ')} } from 'nogil'; console.log(${names.join(', ')});`, resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    // Whose messages are looked at by bundlers themselves: the worker's script is an asset beside it.
    logLevel: 'error',
  });
  const modules = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const ours = modules.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path.replace('dist/browser/', ''));
  return {
    names,
    bytes: gzipSync(outputFiles[0].contents, { level: 9 }).length,
    unasked: ours.filter((each) => without.test(each)),
  };
}

export async function sizes() {
  return { limit: LIMIT, cases: await Promise.all(CASES.map(measure)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { limit, cases } = await sizes();
  for (const { names, bytes, unasked } of cases) {
    console.log(
      `import { ${names.join(', ')} } from 'nogil'`.padEnd(44),
      `${(bytes / 1000).toFixed(1)} KB`.padStart(8),
      unasked.join(' '),
    );
  }
  if (cases[0].bytes > limit || cases.some(({ unasked }) => unasked.length > 0)) {
    console.error(`The limit for Queue and Process is ${limit / 1000} KB, and nothing that was not asked for may come along.`);
    process.exitCode = 1;
  }
}
