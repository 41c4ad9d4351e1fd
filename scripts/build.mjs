/**
 * The whole build: assembly/ -> build/core.wasm -> src/heap/generated (the module as text, its types) ->
 * dist/ (ES modules and declarations). `node scripts/build.mjs [--core] [--no-types]`: only the core;
 * everything but the declarations.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { build } from 'esbuild';
import { embed } from './embed.mjs';
import { compactCalls, guardedCalls, waitingCalls } from './guarded-calls.mjs';
import { shortExports } from './short-exports.mjs';
import { unchecked } from './unchecked.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const flags = new Set(process.argv.slice(2));

const sourceAt = (name, folder) => {
  const path = resolve(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
};

/**
 * A source of the core with its marks: functions that are on a path so short that a call of them would be felt,
 * and that the optimiser takes for too much to be put in place: what calls another, such as a check, or an
 * import.
 */
function readMarked(name, folder) {
  return sourceAt(name, folder)?.replaceAll(/^\/\/ @inline$/gm, '@inline') ?? null;
}
/** The same for memories between processes, where sleeping and waking are imports. */
function readBetween(name, folder) {
  const source = readMarked(name, folder);
  if (source === null) return null;
  if (name.endsWith('assembly/atomics.ts') && !BETWEEN.test(source)) throw new Error(`${name} has no constant BETWEEN`);
  return source.replace(BETWEEN, 'const BETWEEN: bool = true;');
}
/** A source for pages: without the checks, which are a tenth of the core. */
function readUnchecked(name, folder) {
  const source = sourceAt(name, folder);
  return source === null ? null : unchecked(source);
}
const BETWEEN = /^const BETWEEN: bool = false;$/m;

async function compile(options, api) {
  const { error, stderr } = await asc.main(['--target', 'release', '--config', 'asconfig.json', ...options], api);
  const complaints = stderr.toString().trim();
  if (complaints && !complaints.startsWith('Last converge')) console.error(complaints);
  if (error) throw error;
}

async function buildCore() {
  mkdirSync('build', { recursive: true });
  await compile([], { readFile: readMarked });
  await compile(['--outFile', 'build/core-between.wasm', '--bindings', 'none'], { readFile: readBetween });
  mkdirSync('src/heap/generated', { recursive: true });
  writeFileSync('src/heap/generated/wasm.ts', embed(readFileSync('build/core.wasm')));
  // The declarations speak of adapted exports; the raw ones have numbers for booleans.
  const types = readFileSync('build/core.d.ts', 'utf8');
  const body = membersIn(types);
  writeFileSync('src/heap/generated/exports.ts', `/** Generated from assembly/. */\nexport interface CoreExports {${body}\n}\n`);
  writeFileSync('src/heap/generated/calls.ts', guardedCalls(body));
  writeFileSync('src/heap/generated/waits.ts', waitingCalls(body));
}

/** The members of an interface out of the declarations of adapted exports. */
function membersIn(types) {
  return types
    .slice(types.indexOf('{') + 1, types.indexOf('\n}\n'))
    .replaceAll(': boolean', ': number')
    .replaceAll('export function ', '');
}

/** Without the sources themselves, which are two thirds of a map: what a stack needs is where they are. */
const sourceMap = { sourcemap: true, sourcesContent: false };

/** The packages whose code is in what was built, by what esbuild says of each build. */
const contained = new Set();

function noteContents({ inputs }) {
  for (const file of Object.keys(inputs)) {
    const [, name] = /(?:^|[\\/])node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file) ?? [];
    if (name) contained.add(name.replaceAll('\\', '/'));
  }
}

/**
 * What few programs want, in files of its own that take the rest from the package's one copy: the classes
 * over Redis, and the thread that talks to Redis; the inspector; the command line.
 */
async function buildExtras() {
  const { redisCore, inspectorCore } = await import(new URL('../dist/nogil.js', import.meta.url));
  const cores = { redis: ['redisCore', redisCore], inspector: ['inspectorCore', inspectorCore] };
  for (const file of readdirSync('dist')) if (/^(redis-|shared-)/.test(file)) rmSync(`dist/${file}`);
  const fromThePackage = {
    name: 'from-the-package',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/core\.ts$/ }, ({ path, resolveDir }) => {
        const folder = relative('src', dirname(resolve(resolveDir, path)));
        return folder in cores ? { path: folder, namespace: 'package' } : undefined;
      });
      onResolve({ filter: /^\.\/nogil\.js$/ }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /.*/, namespace: 'package' }, ({ path }) => {
        const [name, core] = cores[path];
        return {
          contents: `import { ${name} } from './nogil.js';\nexport const { ${Object.keys(core).join(', ')} } = ${name};\n`,
        };
      });
    },
  };
  const { metafile } = await build({
    metafile: true,
    entryPoints: {
      redis: 'src/redis/index.ts',
      'redis-bridge': 'src/redis/bridge/index.ts',
      'redis-serve': 'src/redis/serve-module.ts',
      inspector: 'src/inspector.ts',
      'inspect-answer': 'src/cli/answer.ts',
      cli: 'src/cli/cli.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    ...sourceMap,
    lineLimit: 110,
    legalComments: 'none',
    logLevel: 'warning',
    // The last two colour what nobody asked to be coloured.
    external: ['ioredis', 'bullmq', '@colors/colors', '@colors/colors/safe'],
    plugins: [fromThePackage],
  });
  noteContents(metafile);
  writeFileSync('dist/cli.js', `#!/usr/bin/env node\n${readFileSync('dist/cli.js', 'utf8')}`, { mode: 0o755 });
}

const entries = ['index', 'threading', 'multiprocessing', 'queue', 'sched', 'futures'];

/**
 * Puts the progress bar into the package as text, which costs nobody anything who draws none, and works in a
 * bundle.
 */
async function embedBar() {
  mkdirSync('src/platform/generated', { recursive: true });
  const {
    outputFiles: [bar],
    metafile,
  } = await build({
    metafile: true,
    entryPoints: ['src/pool/bar.ts'],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  noteContents(metafile);
  writeFileSync('src/platform/generated/bar.ts', `export const BAR: string = '${packed(bar.text)}';\n`);
}

/** Every worker reads the package, hardly any needs this: a third of the length. */
function packed(text) {
  return deflateRawSync(text, { level: 9 }).toString('base64');
}

const stub = (names) => ({ contents: names.map((name) => `export const ${name} = '';`).join('\n'), loader: 'js' });

/** For who is given the compiled core, and starts others by what it was given itself. */
const withoutText = {
  name: 'without-text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /generated\/(wasm|worker|bar)\.ts$/ }, ({ path }) => ({ path, namespace: 'text' }));
    onLoad({ filter: /wasm/, namespace: 'text' }, () => stub(['ALPHABET', 'LENGTH', 'ORDER', 'PAGES', 'TEXT']));
    onLoad({ filter: /worker/, namespace: 'text' }, () => stub(['WORKER']));
    onLoad({ filter: /bar/, namespace: 'text' }, () => stub(['BAR']));
  },
};

/**
 * Puts the code of the workers into the package as text, for programs that were bundled: there they have no
 * files.
 */
async function embedWorkers() {
  const {
    outputFiles: [worker],
  } = await build({
    entryPoints: ['src/entry/embedded.ts'],
    bundle: true,
    // Not `cjs`: a worker's text is a script, whose names would be everybody's.
    format: 'iife',
    platform: 'node',
    target: 'node20',
    minify: true,
    define: { 'import.meta.url': 'undefined' },
    legalComments: 'none',
    logLevel: 'warning',
    ignoreAnnotations: true,
    plugins: [withoutText, loaderWithoutPolyfill, keepClassNames],
    write: false,
  });
  writeFileSync('src/platform/generated/worker.ts', `export const WORKER: string = '${packed(worker.text)}';\n`);
}

/** Node reads base64 itself, in no time; what scripts/embed.mjs makes is for pages, which fetch it compressed. */
const coreInBase64 = {
  name: 'core-in-base64',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]heap[\\/]embedded\.ts$/ }, () => {
      const text = readFileSync('build/core.wasm', 'base64');
      return { contents: `export const embeddedModule = () => Buffer.from('${text}', 'base64');` };
    });
  },
};

/**
 * One file with everything in it, the two libraries too: a worker starts 8 ms sooner than with one file a
 * module. The entry points pick from it.
 */
async function buildModules() {
  const { metafile } = await build({
    metafile: true,
    entryPoints: ['src/bundle.ts'],
    outfile: 'dist/nogil.js',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    ...sourceMap,
    // Every worker reads it: 1.5 ms less of its start.
    minifyWhitespace: true,
    lineLimit: 110,
    legalComments: 'eof',
    logLevel: 'warning',
    plugins: [coreInBase64, loaderWithoutPolyfill],
    ignoreAnnotations: true,
  });
  noteContents(metafile);
  keepDirectives();
  const bundle = await import(new URL('../dist/nogil.js', import.meta.url));
  for (const entry of entries) {
    const names = Object.keys(bundle[entry]).join(', ');
    writeFileSync(`dist/${entry}.js`, `import { ${entry} } from './nogil.js';\nexport const { ${names} } = ${entry};\n`);
  }
  buildCommonJs();
  // Nothing is awaited at the top level: Node 20 (V8 11.3) aborts the program when a worker is terminated
  // while it begins to evaluate such a module.
  writeFileSync('dist/worker.js', "import { runWorker } from './nogil.js';\nvoid runWorker();\n");
  await buildSupervisor();
  writeFileSync('dist/process.js', "import { runProcess } from './nogil.js';\nvoid runProcess();\n");
  copyFileSync('build/core-between.wasm', 'dist/between.wasm');
  await buildExtras();
  const plugins = ['vite', 'rollup', 'esbuild'].map((name) => `src/${name}.ts`);
  const forTools = { outdir: 'dist', format: 'esm', platform: 'node', target: 'node20', bundle: true, logLevel: 'warning' };
  await build({ entryPoints: plugins, ...forTools });
  await build({ entryPoints: plugins, ...forTools, format: 'cjs', outExtension: { '.js': '.cjs' } });
}

/**
 * A file of its own for the supervisor, which every program starts and which runs nobody's code but ours: a
 * quarter of the text. As CommonJS, since the loader of modules takes longer to begin than this to be read.
 */
async function buildSupervisor() {
  const OWN_URL = 'own_url';
  await build({
    entryPoints: ['src/entry/supervisor-module.ts'],
    outfile: 'dist/supervisor.cjs',
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    lineLimit: 110,
    legalComments: 'none',
    logLevel: 'warning',
    banner: { js: `'use strict';const ${OWN_URL}=require('node:url').pathToFileURL(__filename).href;` },
    define: { 'import.meta.url': OWN_URL },
    plugins: [ownName('supervisor.cjs'), withoutText, loaderWithoutPolyfill, keepClassNames],
    ignoreAnnotations: true,
  });
}

const ownName = (name) => ({
  name: 'own-name',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]platform[\\/]node-name\.ts$/ }, () => ({ contents: `export const OWN_NAME = '${name}';` }));
  },
});

/**
 * For `require`: the same modules, so that a program that also imports them has one heap.
 */
function buildCommonJs() {
  const load = `'use strict';
// Of the program, not of a sandbox of Jest's, whose own loads no ES modules.
const { getBuiltinModule } = require('node:vm').runInThisContext('process');
const { createRequire } = getBuiltinModule ? getBuiltinModule('node:module') : require('node:module');
try {
  module.exports = createRequire(__filename)('./nogil.js');
} catch (error) {
  if (error?.code !== 'ERR_REQUIRE_ESM') throw error;
  throw new Error("require('nogil') needs Node 20.19, 22.12 or later; before, use await import('nogil')", { cause: error });
}
`;
  writeFileSync('dist/commonjs.cjs', load);
  for (const entry of entries)
    writeFileSync(`dist/${entry}.cjs`, `'use strict';\nmodule.exports = { ...require('./commonjs.cjs').${entry} };\n`);
}

/** What bundlers are told of our imports at run time are comments, which have gone with the white space. */
function keepDirectives() {
  const file = 'dist/nogil.js';
  const source = readFileSync(file, 'utf8');
  const imports = /(?<![\w$.])import\((?=\w)/g;
  if (!imports.test(source)) throw new Error(`${file} imports nothing at run time any more: drop keepDirectives`);
  writeFileSync(file, source.replaceAll(imports, 'import(/* @vite-ignore */ /* webpackIgnore: true */ '));
}

/**
 * AssemblyScript's loader without its polyfill of Object.hasOwn: assigning to `Object` throws where
 * intrinsics are frozen.
 */
const loaderWithoutPolyfill = {
  name: 'loader-without-polyfill',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@assemblyscript[\\/]loader[\\/]index\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const contents = source.replace(/^Object\.hasOwn = [\s\S]*?^\};?$/m, '');
      if (contents === source) throw new Error(`${path} has no polyfill to take away any more: drop this plugin`);
      return { contents };
    });
  },
};

const isPlatform = /[\\/]platform[\\/](node|index)\.ts$/;

/** Modules that tell of a program by means that browsers do not have, and what takes their places. */
const observers = /[\\/](?:heap[\\/]trace|workers[\\/]observed|pool[\\/]trace-task)\.ts$/;
const withoutObservers = (file) => (observers.test(file) ? file.replace(/([\w-]+\.ts)$/, 'no-$1') : file);

/** Puts the browsers' platform in place of Node's. */
const browserPlatform = {
  name: 'browser-platform',
  setup({ onResolve }) {
    onResolve({ filter: /\/(node|index)\.ts$/ }, ({ path, resolveDir }) =>
      isPlatform.test(resolve(resolveDir, path)) ? { path: resolve('src/platform/browser.ts') } : undefined,
    );
    onResolve({ filter: /\/(trace|observed|trace-task)\.ts$/ }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      return observers.test(file) ? { path: withoutObservers(file) } : undefined;
    });
  },
};

/** The script of all workers need not know where it came from. */
const sameScript = {
  name: 'same-script',
  setup({ onResolve }) {
    onResolve({ filter: /\/browser-script\.ts$/ }, () => ({ path: resolve('src/platform/browser-same-script.ts') }));
  },
};

/** Modules of constants: whoever uses them has them written out. */
const isConstants = /[\\/](heap[\\/]members|codec[\\/]cells|codec[\\/]node)\.ts$/;

/**
 * Each module of src/ to a file of its own; what they need from elsewhere (two libraries, constants of
 * assembly/) goes into the one that needs it.
 */
const oneFileEach = {
  name: 'one-file-each',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      const file = resolve(resolveDir, path);
      if (kind === 'entry-point' || isConstants.test(file) || relative('src', file).startsWith('..')) return undefined;
      const target = isPlatform.test(file) ? resolve('src/platform/browser.ts') : withoutObservers(file);
      const from = relative(resolveDir, target).replaceAll('\\', '/');
      return { path: `${from.startsWith('.') ? '' : './'}${from.replace(/\.ts$/, '.js')}`, external: true };
    });
  },
};

/** The words in the entry points: what users see is among them. */
const isPublic = new Set(entries.flatMap((entry) => readFileSync(`src/${entry}.ts`, 'utf8').match(/\w+/g)));

/** What a class is called shows in messages, and default names: a minifier must not change it. */
const keepClassNames = {
  name: 'keep-class-names',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const names = [...source.matchAll(/^export (?:abstract )?class (\w+)/gm)]
        .map(([, name]) => name)
        .filter((name) => isPublic.has(name));
      const lines = names.map((name) => `\nObject.defineProperty(${name}, 'name', { value: '${name}', configurable: true });`);
      return { contents: source + lines.join(''), loader: 'ts' };
    });
  },
};

/**
 * The core as it is for browsers, which have to fetch it: small, with short names for its exports, and
 * without the loader's wrappers, which nothing here calls (2 KB).
 */
function smallCore({ bytes, calls }) {
  return {
    name: 'small-core',
    setup({ onLoad }) {
      const bare =
        'export const instantiateSync = (module, imports) => ({ instance: new WebAssembly.Instance(module, imports) });';
      onLoad({ filter: /[\\/]@assemblyscript[\\/]loader[\\/]index\.js$/ }, () => ({ contents: bare }));
      onLoad({ filter: /[\\/]generated[\\/]wasm\.ts$/ }, () => ({ contents: embed(bytes), loader: 'ts' }));
      onLoad({ filter: /[\\/]generated[\\/]calls\.ts$/ }, () => ({ contents: calls, loader: 'ts' }));
    },
  };
}

/** What debuggers and tests call by its name. */
const KEPT = 'configureWaiting lockInternal lockOwner objectPin objectUnpin outputLock slotCount slotOf unlock'.split(' ');

/** The core's exports under short names, where no other property has the same long one. */
function shortened() {
  const sources = readdirSync('src', { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .map((file) => readFileSync(`src/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''));
  const isElsewhere = (name) => sources.some((source) => new RegExp(`(?<!\\b(core|raw)\\??\\.)\\b${name}\\b`).test(source));
  const kept = (name) => KEPT.includes(name) || isElsewhere(name);
  const { bytes, names } = shortExports(readFileSync('build/core-small.wasm'), kept);
  const calls = compactCalls(membersIn(readFileSync('build/core.d.ts', 'utf8')), (name) => names.get(name) ?? name);
  return { bytes, calls, mangleProps: new RegExp(`^(${[...names.keys()].join('|')})$`), mangleCache: Object.fromEntries(names) };
}

const forBrowsers = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
  define: { Buffer: 'undefined' },
  minifySyntax: true,
};

/**
 * For pages: modules, from which a bundler takes what is used, and the one script of all workers, which it
 * only copies.
 */
async function buildForBrowsers() {
  // Two thirds of the size, for functions that are less inlined.
  await compile(['--shrinkLevel', '1', '--outFile', 'build/core-small.wasm', '--bindings', 'none'], { readFile: readUnchecked });
  rmSync('dist/browser', { recursive: true, force: true });
  const { mangleProps, mangleCache, ...core } = shortened();
  const options = { ...forBrowsers, mangleProps, mangleCache };
  const sources = readdirSync('src', { recursive: true }).map((file) => `src/${file}`);
  const { outputFiles, metafile } = await build({
    ...options,
    metafile: true,
    entryPoints: sources.filter(
      (file) =>
        /\.ts$/.test(file) &&
        !observers.test(file) &&
        !/\/(entry\/|redis\/|cli\/|generated\/(worker|bar)|bundle\.ts|(vite|rollup|esbuild)\.ts|pool\/bar\.ts|platform\/(node|node-\w+|native|index|browser-same-script)\.)/.test(
          file,
        ),
    ),
    outdir: 'dist/browser',
    outbase: 'src',
    plugins: [oneFileEach, smallCore(core), keepClassNames],
    write: false,
  });
  noteContents(metafile);
  for (const { path, text } of outputFiles) {
    if (text.trim() === '') continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const {
    outputFiles: [worker],
  } = await build({
    ...options,
    entryPoints: ['src/entry/browser.ts'],
    outfile: 'dist/browser/worker.js',
    minify: true,
    ignoreAnnotations: true,
    plugins: [browserPlatform, sameScript, smallCore(core), keepClassNames],
    write: false,
  });
  // The minifier takes the comment away that tells Vite's development server to leave the import as it is.
  // It is there for its URL, and has nothing to import.
  writeFileSync('dist/browser/worker.d.ts', 'export {};\n');
  writeFileSync('dist/browser/worker.js', worker.text.replaceAll(/\bimport\((\w+)\)/g, 'import(/* @vite-ignore */ $1)'));
}

/** Beside the code, also where only the part for browsers is copied. */
function writeLicences() {
  // The core is compiled from our sources and AssemblyScript's standard library; its loader has no file of
  // its own.
  const homes = new Map([['assemblyscript', 'assemblyscript']]);
  for (const name of contained) homes.set(name, name === '@assemblyscript/loader' ? 'assemblyscript' : name);
  const notices = [...homes].map(([name, home]) => `${name}\n\n${licenceOf(home)}`);
  const text = `Besides its own code, under the licence in LICENSE, this package contains:\n\n${notices.join('\n\n')}`;
  for (const folder of ['dist', 'dist/browser']) writeFileSync(`${folder}/THIRD-PARTY-LICENSES.txt`, text);
}

/** The licence, and the notice that some ask to be kept with it. */
function licenceOf(name) {
  const files = readdirSync(`node_modules/${name}`).filter((each) => /^(licen[cs]e|notice)/i.test(each));
  return files.map((file) => readFileSync(`node_modules/${name}/${file}`, 'utf8')).join('\n');
}

function buildTypes() {
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  dropUnreachedTypes();
  // The same for who compiles to CommonJS, as the compiler takes what lies below such a package.json.
  rmSync('dist/types-cjs', { recursive: true, force: true });
  cpSync('dist/types', 'dist/types-cjs', { recursive: true });
  writeFileSync('dist/types-cjs/package.json', '{ "type": "commonjs" }\n');
}

/** What no entry point mentions nobody's compiler reads: a third of the declarations. */
function dropUnreachedTypes() {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import|import\() ?['"](\.[^'"]+)\.[jt]s['"]/g))
      visit(resolve(dirname(file), `${path}.d.ts`));
  };
  const exported = JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).exports);
  for (const [path] of exported.matchAll(/\.\/dist\/types\/[^"]+/g)) visit(resolve(path));
  for (const each of readdirSync('dist/types', { recursive: true })) {
    const file = resolve('dist/types', each);
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

await buildCore();
await embedBar();
await embedWorkers();
if (!flags.has('--core')) {
  await buildModules();
  await buildForBrowsers();
  writeLicences();
  if (!flags.has('--no-types')) buildTypes();
}
