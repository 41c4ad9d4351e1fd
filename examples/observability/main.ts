/**
 * Observability: the tasks of a pool as spans of OpenTelemetry, and the program's figures as Prometheus
 * scrapes them. Here the spans go to the main thread over a queue; a program has an exporter for its backend
 * instead (OTLP) in each worker.
 *
 *     npm run example:observability
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BasicTracerProvider, type ReadableSpan, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { configure, main, Pool, Queue, sleep } from 'nogil';
import { Registry } from 'prom-client';
import { counters, gauges } from './metrics.ts';
import { traceTasks, traceWaits } from './tracing.ts';

configure({ trace: true });

interface Finished {
  name: string;
  attributes: Record<string, unknown>;
  error: string | undefined;
}

/** Sends finished spans to whoever reads the queue. */
class QueueExporter implements SpanExporter {
  readonly #queue: Queue<Finished>;

  constructor(queue: Queue<Finished>) {
    this.#queue = queue;
  }

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const { name, attributes, status } of spans) this.#queue.put({ name, attributes, error: status.message });
    done({ code: 0 });
  }

  async shutdown(): Promise<void> {}
}

/** Each worker of the pool begins with this. */
export function instrument(spans: Queue<Finished>): void {
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new QueueExporter(spans))] });
  const tracer = provider.getTracer('nogil');
  traceTasks(tracer);
  traceWaits(tracer);
}

export function resize(picture: string): string {
  if (picture === 'broken.png') throw new Error(`${picture} is no picture`);
  return picture.replace('.png', '.small.png');
}

export function waitFor(gate: Queue<string>): string {
  return gate.get();
}

main(import.meta, async () => {
  const register = new Registry();
  gauges(register);
  counters(register);

  const spans = new Queue<Finished>();
  const gate = new Queue<string>();
  const pool = new Pool(2, { initializer: instrument, initargs: [spans] });
  const waiting = pool.applyAsync(waitFor, [gate]);
  for (const picture of ['a.png', 'b.png', 'broken.png']) {
    await pool.applyAsync(resize, [picture]).catch((error: unknown) => console.log(`caught: ${(error as Error).message}`));
  }
  sleep(0.1);
  gate.put('go');
  await waiting;

  const server = createServer(async (_, response) => response.end(await register.metrics()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  console.log(scraped);
  server.close();
  server.closeAllConnections();

  pool.close();
  await pool.joinAsync();
  while (spans.qsize() > 0) {
    const { name, error } = spans.get();
    console.log(`span: ${name}${error === undefined ? '' : ` (${error})`}`);
  }
});
