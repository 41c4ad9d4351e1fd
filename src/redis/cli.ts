/** `npx nogil serve ./main.js --redis redis://host --pool name`: tasks of a module for whoever asks. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Process } from './core.ts';

const USAGE = `usage: nogil serve MODULE --redis URL --pool NAME [--processes N] [--lease SECONDS] [--prefix PREFIX]

Does the tasks that MODULE marks with task(import.meta, fn), whoever asks for them by cluster.Pool(NAME).`;

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number > 0)) fail(`--${name} must be a number above 0, got ${text}`);
  return number;
}

/** What the command line asks for. */
function parsed() {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: { redis: option, pool: option, processes: option, lease: option, prefix: option, help: { type: 'boolean' } },
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}

const { values, positionals } = parsed();
const [command, file] = positionals;
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (command !== 'serve' || file === undefined) fail('expected: nogil serve MODULE');
const { redis = process.env.REDIS_URL, pool, prefix } = values;
if (redis === undefined) fail('--redis (or REDIS_URL) is missing');
if (pool === undefined) fail('--pool is missing');
const lease = numberOf('lease', values.lease);
const options = { ...(lease !== undefined && { lease }), ...(prefix !== undefined && { prefix }) };
const server = new Process({
  target: new URL('./redis-serve.js#serveModule', import.meta.url),
  args: [pathToFileURL(resolve(file)).href, pool, redis, options, numberOf('processes', values.processes)],
  name: 'nogil-serve',
});
server.start();
await server.joinAsync();
process.exit(server.exitcode ?? 1);
