/**
 * Who called the package: the stack without the package's own frames. Browsers show it beside a warning by
 * themselves.
 */
export function callSite(): string {
  const frames = deepStack();
  const folder = /[(\s]((?:[a-z]+:)?[^\s()]*[/\\])[^/\\]+:\d+:\d+\)?$/.exec(frames[0] ?? '')?.[1];
  const users = folder === undefined ? frames : frames.filter((frame) => !frame.includes(folder));
  return `\n${(users.length > 0 ? users : frames).join('\n')}`;
}

/** Bytes of a path and a place in it that are shown. */
const LONGEST = 200;

/** Where the program has called the package: `function file:line:column`. Empty: that cannot be seen. */
export function userFrame(): string {
  const frames = deepStack();
  const folder = /[(\s]((?:[a-z]+:)?[^\s()]*[/\\])[^/\\]+:\d+:\d+\)?$/.exec(frames[0] ?? '')?.[1];
  const isOurs = (frame: string) => frame.includes('wasm') || (folder !== undefined && frame.includes(folder));
  const frame = frames.find((each) => !isOurs(each) && /:\d+:\d+\)?$/.test(each)) ?? '';
  const text = frame
    .replace(/^\s*at (?:async )?/, '')
    .replace(/[()]/g, '')
    .replace(/file:\/\//, '');
  const here = typeof process === 'undefined' ? '' : `${process.cwd()}/`;
  const short = here === '' ? text : text.replace(here, '');
  return short.length > LONGEST ? `…${short.slice(-LONGEST)}` : short;
}

function deepStack(): string[] {
  const errors = Error as { stackTraceLimit?: number };
  const limit = errors.stackTraceLimit;
  try {
    errors.stackTraceLimit = 50;
  } catch {
    // Frozen: the stack is as deep as it is.
  }
  const { stack = '' } = new Error();
  try {
    errors.stackTraceLimit = limit as number;
  } catch {
    // As above.
  }
  return stack.split('\n').slice(1);
}
