/** What became of `test/<path>.workers.ts`: what workers load. */
export function compiled(path: string): URL {
  return new URL(`../../build/test/${path}.workers.js`, import.meta.url);
}
