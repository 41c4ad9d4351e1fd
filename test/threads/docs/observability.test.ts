/** The example of observability, with the packages that it feeds. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { launch } from '../../support/programs.ts';

const file = fileURLToPath(new URL('../../../examples/observability/main.ts', import.meta.url));

test('OpenTelemetry gets a span for each task and each long wait, Prometheus what it scrapes', async () => {
  const { code, lines, errors } = await launch(file, ['--import=tsx']).ending;
  expect([code, errors]).toEqual([0, '']);
  expect(lines).toContain('caught: broken.png is no picture');
  expect(lines.filter((line) => line.startsWith('span: ')).toSorted()).toEqual([
    'span: task resize',
    'span: task resize',
    'span: task resize (Error: broken.png is no picture)',
    'span: task waitFor',
    'span: wait queueGet',
  ]);
  const value = (name: string) =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')
        .at(-1),
    );
  expect(value('nogil_workers{role="main",state="running"}')).toBe(1);
  expect(value('nogil_memory_bytes{what="reserved"}')).toBe(4 * 2 ** 20);
  expect(lines.find((line) => /^nogil_pool_tasks_done\{id="\d+"\} 4$/.test(line))).toBeDefined();
  expect(lines.filter((line) => /^nogil_queue_items\{class="Queue",id="\d+"\} \d+$/.test(line)).length).toBe(4);
  expect(value('nogil_queue_full_total')).toBe(0);
});
