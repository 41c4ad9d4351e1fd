/**
 * A web server for the tests: the package as it is built, and the test files, each by itself and translated when it is asked for.
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

/** Browsers find nothing by a bare name, and workers have no import map. */
function withUrls(code: string): string {
  return code.replaceAll(/(\bfrom\s*|\bimport\s*\(?\s*)"([^"\n]+)"/g, (all, before: string, name: string) => {
    if (name === 'vitest') return `${before}"/test/browser/page/vitest.ts"`;
    if (name === 'nogil') return `${before}"/dist/browser/index.js"`;
    if (name.startsWith('node:')) return `${before}"/test/browser/page/node.ts"`;
    if (name.startsWith('nogil/')) return `${before}"/dist/browser/${name.slice(6)}.js"`;
    return all;
  });
}

let vitest: Promise<string> | undefined;

async function translated(path: string): Promise<string> {
  if (path === '/test/browser/page/vitest.ts') {
    vitest ??= build({
      entryPoints: [join(root, path)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      define: { 'process.env.NODE_ENV': '"test"' },
    }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
    return vitest;
  }
  // What workers load lies beside the tests as source, which is where `import.meta` says it is.
  const source = readFileSync(join(root, path), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' });
  return withUrls(code.replaceAll('.workers.js"', '.workers.ts"'));
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
    try {
      const file = join(folder, path);
      const type = TYPES[extname(path)] ?? 'application/octet-stream';
      if (path === '/index.html' && !existsSync(file)) {
        response
          .writeHead(200, { 'Content-Type': 'text/html', ...headers })
          .end('<!doctype html><link rel="icon" href="data:,">');
      } else if (tests && path.endsWith('.ts'))
        response.writeHead(200, { 'Content-Type': type, ...headers }).end(await translated(path));
      else if (existsSync(file) && statSync(file).isFile())
        response.writeHead(200, { 'Content-Type': type, ...headers }).end(readFileSync(file));
      else response.writeHead(404, headers).end();
    } catch (error) {
      response.writeHead(500, headers).end(String(error));
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
