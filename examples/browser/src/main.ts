/**
 * The page. It never blocks: it reads counters in shared memory once a frame, and awaits the rest.
 */
import { cpuCount, Event, main, Process, Queue, RawValue } from 'nogil';
import { RateChart } from './chart.ts';
import { fail, showFailures } from './failure.ts';
import { type Lane, LanesView, type Scene } from './lanes.ts';
import { renderInto } from './pictures.ts';
import { type Controls, consume, type Item, produce } from './tasks.ts';

const ROOM = 24;
const SAMPLE_MS = 250;

interface Worker extends Lane {
  process: Process;
  counter: RawValue<'I'>;
  last?: RawValue<'I'>;
}

main(import.meta, () => {
  showFailures();
  if (!globalThis.crossOriginIsolated) {
    for (const button of document.querySelectorAll('button')) button.disabled = true;
    return;
  }
  const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
  const on = (id: string, act: () => void) => element(id).addEventListener('click', act);

  const queue = new Queue<Item>(ROOM);
  const controls: Controls = { running: new Event(), pace: new RawValue('d', 0) };
  controls.running.set();
  const producers: Worker[] = [];
  const consumers: Worker[] = [];
  const hueOf = (producer: number) => (producer * 67 + 165) % 360;
  let made = 0;
  let gone = 0;

  function start(list: Worker[], worker: Worker): void {
    list.push(worker);
    worker.process.start();
    // However it ends: its lane goes, and what it has eaten still counts.
    void worker.process.joinAsync().then(() => {
      list.splice(list.indexOf(worker), 1);
      if (list === consumers) gone += worker.counter.value;
    });
  }

  function addProducer(): void {
    const number = ++made;
    const counter = new RawValue('I', 0);
    const process = new Process({ target: produce, args: [number, queue, counter, controls], daemon: true });
    start(producers, { name: `producer ${number}`, hue: hueOf(number), state: 'starting', count: 0, process, counter });
  }

  let served = 0;
  function addConsumer(): void {
    const counter = new RawValue('I', 0);
    const last = new RawValue('I', 0);
    const process = new Process({ target: consume, args: [queue, counter, last, controls], daemon: true });
    start(consumers, { name: `consumer ${++served}`, hue: 210, state: 'starting', count: 0, process, counter, last });
  }

  // ── what one can do ────────────────────────────────────────────────────────────────────────────────

  on('add-producer', addProducer);
  on('add-consumer', addConsumer);
  on('pause', () => {
    const running = controls.running.isSet();
    if (running) controls.running.clear();
    else controls.running.set();
    element('pause').textContent = running ? 'Go on' : 'Pause';
  });
  const pace = element<HTMLInputElement>('pace');
  const setPace = () => {
    const seconds = pace.value === '0' ? 0 : 0.001 * 1.075 ** Number(pace.value);
    controls.pace.value = seconds;
    element('pace-text').textContent = seconds === 0 ? 'as fast as they can' : `${Math.round(seconds * 1000)} ms`;
  };
  pace.addEventListener('input', setPace);
  setPace();

  const burners: Process[] = [];
  on('saturate', () => {
    if (burners.length > 0) for (const each of burners.splice(0)) each.kill();
    else {
      for (let core = 0; core < cpuCount(); core++) {
        // A target sent by its source: it uses nothing from outside itself.
        const burn = () => {
          for (let x = 0; ; ) x = Math.sqrt(x + 1);
        };
        const burner = new Process({ target: burn, daemon: true });
        burner.start();
        burners.push(burner);
      }
    }
    element('saturate').textContent = burners.length > 0 ? `Let the ${burners.length} cores go` : 'Saturate the cores';
    element('saturate').classList.toggle('hot', burners.length > 0);
  });

  /** The seconds that it took. */
  async function render(id: 'many' | 'one', workers: number, text: string): Promise<number> {
    element(`${id}-text`).textContent = text;
    const bar = element<HTMLProgressElement>(`${id}-progress`);
    bar.value = 0;
    const seconds = await renderInto(element<HTMLCanvasElement>(id), workers, (done) => {
      bar.value = done;
    });
    element(`${id}-text`).textContent = `${text}: ${seconds.toFixed(2)} s`;
    return seconds;
  }

  on('render', async () => {
    const button = element<HTMLButtonElement>('render');
    button.disabled = true;
    element('verdict').textContent = 'rendering …';
    try {
      const many = await render('many', cpuCount(), `${cpuCount()} workers`);
      const one = await render('one', 1, 'one worker');
      element('verdict').textContent = `${(one / many).toFixed(1)} times as fast`;
    } catch (error) {
      element('verdict').textContent = 'failed';
      fail(error);
    } finally {
      button.disabled = false;
    }
  });

  // ── what one sees ──────────────────────────────────────────────────────────────────────────────────

  const view = new LanesView(element('lanes'));
  const chart = new RateChart(element('chart'));
  const scene = (): Scene => ({
    producers,
    consumers,
    queued: queue.qsize(),
    room: ROOM,
    paused: !controls.running.isSet(),
  });
  const canvas = element<HTMLCanvasElement>('lanes');
  canvas.addEventListener('click', ({ offsetX, offsetY }) => {
    const lane = view.laneAt(scene(), offsetX, offsetY) as Worker | undefined;
    if (lane === undefined || lane.state === 'dying') return;
    lane.state = 'dying';
    lane.process.kill();
  });

  // For whoever wants to look from the console, and for the tests.
  Object.assign(globalThis, {
    burning: () => burners.filter((each) => each.isAlive() && each.exitcode === undefined).length,
    lanes: () => [...producers, ...consumers].map(({ name }) => name),
    placeOf: (name: string) => view.placeOf(scene(), name),
  });

  const began = performance.now();
  let sampled = { at: began, eaten: 0 };
  let frames: number[] = [];
  element('cores').textContent = String(cpuCount());

  function frame(now: number): void {
    for (const each of [...producers, ...consumers]) {
      each.count = each.counter.value;
      if (each.last && each.last.value > 0) each.hue = hueOf(each.last.value);
      if (each.state === 'starting' && each.count > 0) each.state = 'running';
    }
    view.draw(scene(), now);
    frames = [...frames.filter((each) => now - each < 1000), now];
    const eaten = gone + consumers.reduce((sum, { count }) => sum + count, 0);
    if (now - sampled.at >= SAMPLE_MS) {
      const rate = ((eaten - sampled.eaten) * 1000) / (now - sampled.at);
      chart.add((now - began) / 1000, Math.max(0, rate));
      element('rate').textContent = Math.max(0, Math.round(rate)).toLocaleString('en');
      element('eaten').textContent = eaten.toLocaleString('en');
      element('fps').textContent = String(frames.length);
      sampled = { at: now, eaten };
    }
    requestAnimationFrame(frame);
  }

  for (let i = 0; i < 3; i++) addProducer();
  for (let i = 0; i < 2; i++) addConsumer();
  requestAnimationFrame(frame);
});
