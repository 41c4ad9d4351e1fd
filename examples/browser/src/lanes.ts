/**
 * The picture: producers on the left, the queue in the middle, consumers on the right, and the items on their
 * way.
 */
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
  from: { x: number; y: number };
  to: { x: number; y: number };
  hue: number;
  began: number;
}

const FLIGHT_MS = 420;
const LANE = 44;
/** Of one lane in one frame: more would be a smear. */
const DOTS_A_FRAME = 3;

export class LanesView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #dots: Dot[] = [];
  /** Hues of what lies in the queue, as far as it was seen going in. */
  #hues: number[] = [];
  readonly #seen = new WeakMap<Lane, number>();
  #height = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D;
  }

  /** The lane at a point of the canvas. */
  laneAt({ producers, consumers }: Scene, x: number, y: number): Lane | undefined {
    const lanes = x < this.#canvas.clientWidth / 2 ? producers : consumers;
    const within = x < 190 || x > this.#canvas.clientWidth - 190;
    return within ? lanes.find((_, index) => Math.abs(y - this.#laneY(index, lanes.length)) < LANE / 2) : undefined;
  }

  /** The middle of the lane of this name. */
  placeOf({ producers, consumers }: Scene, name: string): { x: number; y: number } | undefined {
    for (const [lanes, x] of [
      [producers, 100],
      [consumers, this.#canvas.clientWidth - 100],
    ] as const) {
      const index = lanes.findIndex((lane) => lane.name === name);
      if (index >= 0) return { x, y: this.#laneY(index, lanes.length) };
    }
    return undefined;
  }

  #laneY(index: number, count: number): number {
    return this.#height / 2 + (index - (count - 1) / 2) * LANE;
  }

  draw(scene: Scene, now: number): void {
    const { clientWidth: width } = this.#canvas;
    const height = Math.max(220, Math.max(scene.producers.length, scene.consumers.length) * LANE + 24);
    this.#fit(width, height);
    const context = this.#context;
    context.clearRect(0, 0, width, height);
    const tube = { left: 250, right: width - 250, y: height / 2 };
    this.#launch(scene, tube, now);
    scene.producers.forEach((lane, index) => {
      this.#lane(lane, 16, this.#laneY(index, scene.producers.length), tube.left, tube.y, scene.paused);
    });
    scene.consumers.forEach((lane, index) => {
      this.#lane(lane, width - 186, this.#laneY(index, scene.consumers.length), tube.right, tube.y, scene.paused);
    });
    this.#tube(scene, tube);
    this.#flights(now);
  }

  #fit(width: number, height: number): void {
    const scale = devicePixelRatio;
    this.#height = height;
    if (this.#canvas.width === Math.round(width * scale) && this.#canvas.height === Math.round(height * scale)) return;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  /** New dots for what was counted since the last frame. */
  #launch({ producers, consumers, queued }: Scene, tube: { left: number; right: number; y: number }, now: number): void {
    const { clientWidth: width } = this.#canvas;
    const fly = (lane: Lane, from: Dot['from'], to: Dot['to']): number => {
      const news = lane.count - (this.#seen.get(lane) ?? 0);
      this.#seen.set(lane, lane.count);
      const dots = Math.min(DOTS_A_FRAME, news);
      for (let i = 0; i < dots; i++) this.#dots.push({ from, to, hue: lane.hue, began: now + (i * 16) / dots });
      return dots;
    };
    consumers.forEach((lane, index) => {
      const taken = fly(lane, { x: tube.right, y: tube.y }, { x: width - 186, y: this.#laneY(index, consumers.length) });
      this.#hues.splice(0, taken);
    });
    producers.forEach((lane, index) => {
      const put = fly(lane, { x: 186, y: this.#laneY(index, producers.length) }, { x: tube.left, y: tube.y });
      for (let i = 0; i < put; i++) this.#hues.push(lane.hue);
    });
    if (this.#hues.length > queued) this.#hues.splice(0, this.#hues.length - queued);
    // Too fast for the eye: any producer's will do.
    for (let i = this.#hues.length; i < queued && producers.length > 0; i++)
      this.#hues.push((producers[i % producers.length] as Lane).hue);
  }

  #lane(lane: Lane, x: number, y: number, endX: number, endY: number, paused: boolean): void {
    const context = this.#context;
    const [from, to] = x < endX ? [x + 170, endX] : [x, endX];
    const alive = lane.state === 'running' && !paused;
    context.strokeStyle = `hsl(${lane.hue} 60% 60% / ${alive ? 0.28 : 0.1})`;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(from, y);
    context.bezierCurveTo((from + to) / 2, y, (from + to) / 2, endY, to, endY);
    context.stroke();
    context.fillStyle = '#141b2c';
    context.strokeStyle = lane.state === 'dying' ? '#f87171' : `hsl(${lane.hue} 60% 60% / ${alive ? 0.8 : 0.35})`;
    context.beginPath();
    context.roundRect(x, y - 16, 170, 32, 10);
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
    context.fillText(lane.state === 'running' ? lane.name : `${lane.name} · ${lane.state}`, x + 32, y);
    context.font = '12px ui-monospace, monospace';
    context.textAlign = 'right';
    context.fillStyle = '#8b98b3';
    if (lane.state === 'running') context.fillText(lane.count.toLocaleString('en'), x + 158, y);
  }

  #tube({ queued, room }: Scene, { left, right, y }: { left: number; right: number; y: number }): void {
    const context = this.#context;
    context.fillStyle = '#0e1524';
    context.strokeStyle = '#2b3753';
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(left, y - 26, right - left, 52, 26);
    context.fill();
    context.stroke();
    const step = (right - left - 28) / room;
    const radius = Math.min(9, step * 0.4);
    for (let place = 0; place < room; place++) {
      const x = right - 14 - step * (place + 0.5);
      context.beginPath();
      context.arc(x, y, place < queued ? radius : 2, 0, 7);
      context.fillStyle = place < queued ? `hsl(${this.#hues[place] ?? 210} 75% 64%)` : '#2b3753';
      context.fill();
    }
    context.font = '600 12px system-ui';
    context.textAlign = 'center';
    context.fillStyle = '#8b98b3';
    context.fillText(`Queue(${room})  ·  ${queued} waiting`, (left + right) / 2, y - 44);
  }

  #flights(now: number): void {
    const context = this.#context;
    this.#dots = this.#dots.filter(({ began }) => now - began < FLIGHT_MS);
    for (const { from, to, hue, began } of this.#dots) {
      const t = Math.max(0, (now - began) / FLIGHT_MS);
      const s = 1 - t;
      const x = from.x + (to.x - from.x) * (3 * s * s * t * 0.5 + 3 * s * t * t * 0.5 + t * t * t);
      const y = from.y + (to.y - from.y) * (3 * s * t * t + t * t * t);
      context.fillStyle = `hsl(${hue} 85% 68%)`;
      context.shadowColor = `hsl(${hue} 90% 60%)`;
      context.shadowBlur = 10;
      context.beginPath();
      context.arc(x, y, 5, 0, 7);
      context.fill();
    }
    context.shadowBlur = 0;
  }
}
