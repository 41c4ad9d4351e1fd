/** The other end of child-process.program.ts: takes so many items, or sends them back. */
import { type ShapeName, shapeOf } from '../ways/shapes.ts';

type Job = { shape: ShapeName; count: number } | { echo: number };

const say = (what: unknown) => void process.send?.(what);

function echo(count: number): (item: unknown) => boolean {
  let left = count;
  return (item) => {
    say(item);
    return --left > 0;
  };
}

function take(name: ShapeName, count: number): (item: unknown) => boolean {
  const shape = shapeOf(name);
  let [left, sum] = [count, 0];
  return (item) => {
    sum += shape.number(item);
    if (--left > 0) return true;
    say({ end: Number(process.hrtime.bigint()), sum });
    return false;
  };
}

let work: ((item: unknown) => boolean) | undefined;
process.on('message', (message) => {
  if (work) {
    if (!work(message)) work = undefined;
    return;
  }
  const job = message as Job;
  work = 'echo' in job ? echo(job.echo) : take(job.shape, job.count);
  say('ready');
});
say('ready');
