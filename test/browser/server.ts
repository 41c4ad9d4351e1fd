/**
 * A web server for the tests: the package as it is built, and the test files, each by itself and translated
 * when it is asked for.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { build, transform } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');

/** What lets a page share memory with its workers. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
};

/**
 * What stands for Node's functions in a browser: something that can be imported. A test that calls it is
 * about Node, and is to be left out.
 */
const NODE = `new Proxy({}, { get: (_, name) => () => {
  if (name === 'setImmediate') return new Promise((resolve) => setTimeout(resolve));
  throw new Error(name + '() is of Node: leave this test out');
} })`;

/** Browsers find nothing by a bare name, and workers have no import map. */
function withUrls(code: string): string {
  return code
    .replaceAll(
      /import \{([^}]*)\} from "node:[^"]*"/g,
      (_, names: string) => `const {${names.replaceAll(' as ', ': ')}} = ${NODE}`,
    )
    .replaceAll(/(\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g, (all, before: string, name: string) => {
      if (name === 'vitest') return `${before}"/test/browser/page/vitest.ts"`;
      if (name === 'nogil') return `${before}"/package/index.js"`;
      if (name.startsWith('nogil/')) return `${before}"/package/${name.slice(6)}.js"`;
      return all;
    });
}

const bundled = { bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' } as const;

/**
 * The package as a bundler leaves it: a few files instead of fifty, which each worker would have to fetch.
 */
async function bundlePackage(): Promise<Map<string, string>> {
  const entries = ['index', 'threading', 'multiprocessing', 'queue', 'sched', 'inspector'];
  const { outputFiles } = await build({
    ...bundled,
    entryPoints: entries.map((entry) => join(root, `dist/browser/${entry}.js`)),
    outdir: '/package',
    splitting: true,
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}

async function bundleVitest(): Promise<string> {
  const { outputFiles } = await build({
    ...bundled,
    entryPoints: [join(root, VITEST)],
    define: { 'process.env.NODE_ENV': '"test"' },
  });
  return outputFiles[0]?.text ?? '';
}

const VITEST = '/test/browser/page/vitest.ts';
let vitest: Promise<string> | undefined;
let ours: Promise<Map<string, string>> | undefined;

/** What the tests consist of, and undefined for all else. */
async function forTests(path: string): Promise<string | undefined> {
  if (path === '/worker.js') return readFileSync(join(root, 'dist/browser/worker.js'), 'utf8');
  if (path === VITEST) {
    vitest ??= bundleVitest();
    return vitest;
  }
  if (path.startsWith('/package/')) {
    ours ??= bundlePackage();
    return (await ours).get(path);
  }
  if (!path.endsWith('.ts')) return undefined;
  // What workers load lies beside the tests as source, which is where `import.meta` says it is.
  const source = readFileSync(join(root, path.replace(/^\/build\/test\//, '/test/')), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' });
  return withUrls(code.replaceAll(/\.workers\.js(?=["`])/g, '.workers.ts'));
}

export interface Site {
  origin: string;
  close(): void;
}

/** Serves `folder` (and with `tests` the repository's tests). `headers` go along with everything. */
export async function serve(folder: string, headers: Record<string, string> = ISOLATION, tests = false): Promise<Site> {
  const server: Server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
    const answer = (status: number, body?: string | Buffer) => {
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      response.writeHead(status, { 'Content-Type': type, ...headers }).end(body);
    };
    try {
      const file = join(folder, path);
      const test = tests ? await forTests(path) : undefined;
      if (test !== undefined) answer(200, test);
      else if (existsSync(file) && statSync(file).isFile()) answer(200, readFileSync(file));
      else if (path === '/index.html') answer(200, '<!doctype html><link rel="icon" href="data:,">');
      else answer(404);
    } catch (error) {
      answer(500, String(error));
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The repository itself, with its tests. */
export function serveTests(headers?: Record<string, string>): Promise<Site> {
  return serve(root, headers, true);
}
