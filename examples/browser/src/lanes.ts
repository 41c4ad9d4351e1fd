/**
 * The picture: producers, the queue, consumers, and the items on their way.
 */
import { type Box, isIn, Layout, type Point, TUBE } from './layout.ts';

export interface Lane {
  name: string;
  /** Of its own, or of the producer whose item it took last. */
  hue: number;
  state: 'starting' | 'running' | 'dying';
  /** Items made or eaten, from the shared memory. */
  count: number;
}

export interface Scene {
  producers: readonly Lane[];
  consumers: readonly Lane[];
  queued: number;
  room: number;
  paused: boolean;
}

interface Dot {
  from: Point;
  to: Point;
  hue: number;
  began: number;
}

const FLIGHT_MS = 420;
/** Of one lane in one frame: more would be a smear. */
const DOTS_A_FRAME = 3;
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export class LanesView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #dots: Dot[] = [];
  /** Hues of what lies in the queue, as far as it was seen going in. */
  #hues: number[] = [];
  readonly #seen = new WeakMap<Lane, number>();

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  #layout({ producers, consumers }: Scene): Layout {
    return new Layout(this.#canvas.clientWidth, producers.length, consumers.length);
  }

  /** The lane at a point of the canvas. */
  laneAt(scene: Scene, x: number, y: number): Lane | undefined {
    const { producers, consumers } = this.#layout(scene);
    const at = (lanes: readonly Lane[], boxes: readonly Box[]) => lanes[boxes.findIndex((box) => isIn(box, { x, y }))];
    return at(scene.producers, producers) ?? at(scene.consumers, consumers);
  }

  /** The middle of the lane of this name. */
  placeOf(scene: Scene, name: string): Point | undefined {
    const { producers, consumers } = this.#layout(scene);
    const of = (lanes: readonly Lane[], boxes: readonly Box[]) => boxes[lanes.findIndex((lane) => lane.name === name)];
    const box = of(scene.producers, producers) ?? of(scene.consumers, consumers);
    return box && { x: box.x + box.width / 2, y: box.y };
  }

  draw(scene: Scene, now: number): void {
    const layout = this.#layout(scene);
    this.#fit(layout);
    this.#context.clearRect(0, 0, layout.width, layout.height);
    this.#launch(scene, layout, now);
    scene.producers.forEach((lane, index) => {
      const box = layout.producers[index] as Box;
      this.#path(layout, lane, layout.exit(box), layout.inlet, scene.paused);
      this.#lane(layout, lane, box, scene.paused);
    });
    scene.consumers.forEach((lane, index) => {
      const box = layout.consumers[index] as Box;
      this.#path(layout, lane, layout.outlet, layout.entry(box), scene.paused);
      this.#lane(layout, lane, box, scene.paused);
    });
    this.#tube(scene, layout);
    this.#flights(layout, now);
  }

  #fit({ width, height }: Layout): void {
    const scale = devicePixelRatio;
    if (this.#canvas.width === Math.round(width * scale) && this.#canvas.height === Math.round(height * scale)) return;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  /** New dots for what was counted since the last frame. */
  #launch({ producers, consumers, queued }: Scene, layout: Layout, now: number): void {
    const fly = (lane: Lane, from: Point, to: Point): number => {
      const news = lane.count - (this.#seen.get(lane) ?? 0);
      this.#seen.set(lane, lane.count);
      const dots = Math.min(DOTS_A_FRAME, news);
      for (let i = 0; i < dots; i++) this.#dots.push({ from, to, hue: lane.hue, began: now + (i * 16) / dots });
      return dots;
    };
    consumers.forEach((lane, index) => {
      this.#hues.splice(0, fly(lane, layout.outlet, layout.entry(layout.consumers[index] as Box)));
    });
    producers.forEach((lane, index) => {
      const put = fly(lane, layout.exit(layout.producers[index] as Box), layout.inlet);
      for (let i = 0; i < put; i++) this.#hues.push(lane.hue);
    });
    if (this.#hues.length > queued) this.#hues.splice(0, this.#hues.length - queued);
    // Too fast for the eye: any producer's will do.
    for (let i = this.#hues.length; i < queued && producers.length > 0; i++)
      this.#hues.push((producers[i % producers.length] as Lane).hue);
  }

  #path(layout: Layout, { hue, state }: Lane, from: Point, to: Point, paused: boolean): void {
    const context = this.#context;
    const [first, second] = layout.way(from, to);
    context.strokeStyle = `hsl(${hue} 60% 60% / ${state === 'running' && !paused ? 0.28 : 0.1})`;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.bezierCurveTo(first.x, first.y, second.x, second.y, to.x, to.y);
    context.stroke();
  }

  #lane({ isNarrow }: Layout, lane: Lane, { x, y, width }: Box, paused: boolean): void {
    const context = this.#context;
    const alive = lane.state === 'running' && !paused;
    context.fillStyle = '#141b2c';
    context.strokeStyle = lane.state === 'dying' ? '#f87171' : `hsl(${lane.hue} 60% 60% / ${alive ? 0.8 : 0.35})`;
    context.beginPath();
    context.roundRect(x, y - 16, width, 32, 10);
    context.fill();
    context.stroke();
    context.fillStyle = lane.state === 'dying' ? '#f87171' : `hsl(${lane.hue} 75% 66% / ${alive ? 1 : 0.4})`;
    context.beginPath();
    context.arc(x + 17, y, 5, 0, 7);
    context.fill();
    context.font = '600 12px system-ui';
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    context.fillStyle = '#dbe4f5';
    context.fillText(lane.state === 'running' ? lane.name : `${lane.name} · ${lane.state}`, x + 30, y, width - 36);
    context.font = '12px ui-monospace, monospace';
    context.textAlign = 'right';
    context.fillStyle = '#8b98b3';
    const count = isNarrow ? short.format(lane.count) : lane.count.toLocaleString('en');
    if (lane.state === 'running') context.fillText(count, x + width - 12, y);
  }

  #tube({ queued, room }: Scene, { tube: { left, right, y } }: Layout): void {
    const context = this.#context;
    // A window can be made narrower than anything.
    const width = Math.max(2 * TUBE, right - left);
    context.fillStyle = '#0e1524';
    context.strokeStyle = '#2b3753';
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(left, y - TUBE, width, 2 * TUBE, TUBE);
    context.fill();
    context.stroke();
    const step = (width - 28) / room;
    const radius = Math.min(9, step * 0.4);
    for (let place = 0; place < room; place++) {
      const x = left + width - 14 - step * (place + 0.5);
      context.beginPath();
      context.arc(x, y, place < queued ? radius : Math.min(2, radius), 0, 7);
      context.fillStyle = place < queued ? `hsl(${this.#hues[place] ?? 210} 75% 64%)` : '#2b3753';
      context.fill();
    }
    context.font = '600 12px system-ui';
    context.textAlign = 'center';
    context.fillStyle = '#8b98b3';
    context.fillText(`Queue(${room})  ·  ${queued} waiting`, left + width / 2, y - TUBE - 18);
  }

  #flights(layout: Layout, now: number): void {
    const context = this.#context;
    this.#dots = this.#dots.filter(({ began }) => now - began < FLIGHT_MS);
    for (const { from, to, hue, began } of this.#dots) {
      const t = Math.max(0, (now - began) / FLIGHT_MS);
      const s = 1 - t;
      const [first, second] = layout.way(from, to);
      const along = (axis: 'x' | 'y') =>
        s * s * s * from[axis] + 3 * s * s * t * first[axis] + 3 * s * t * t * second[axis] + t * t * t * to[axis];
      context.fillStyle = `hsl(${hue} 85% 68%)`;
      context.shadowColor = `hsl(${hue} 90% 60%)`;
      context.shadowBlur = 10;
      context.beginPath();
      context.arc(along('x'), along('y'), 5, 0, 7);
      context.fill();
    }
    context.shadowBlur = 0;
  }
}
