/**
 * Where everything of the picture lies: beside each other where there is room, below each other on a phone.
 */
export interface Point {
  x: number;
  y: number;
}

/** A lane's box, by its left end and its middle. */
export interface Box extends Point {
  width: number;
}

const LANE = 44;
const BOX = 170;
const EDGE = 16;
/** Between a lane and the queue, where the items fly. */
const FLIGHT = 64;
/** Less than two lanes, two flights and a queue to look at. */
const NARROW = 640;
/** Half the height of the queue. */
export const TUBE = 26;

export class Layout {
  readonly isNarrow: boolean;
  readonly width: number;
  readonly height: number;
  readonly producers: readonly Box[];
  readonly consumers: readonly Box[];
  readonly tube: { left: number; right: number; y: number };

  constructor(width: number, producers: number, consumers: number) {
    this.width = width;
    this.isNarrow = width < NARROW;
    if (this.isNarrow) {
      const above = Math.max(1, Math.ceil(producers / 2)) * LANE;
      const below = Math.max(1, Math.ceil(consumers / 2)) * LANE;
      // Its caption lies above the queue.
      this.tube = { left: 1, right: width - 1, y: above + FLIGHT + TUBE };
      this.height = this.tube.y + TUBE + FLIGHT + below;
      this.producers = pairs(producers, 0, width);
      this.consumers = pairs(consumers, this.height - below, width);
    } else {
      this.height = Math.max(220, Math.max(producers, consumers) * LANE + 24);
      this.tube = { left: EDGE + BOX + FLIGHT, right: width - EDGE - BOX - FLIGHT, y: this.height / 2 };
      this.producers = column(producers, EDGE, this.height);
      this.consumers = column(consumers, width - EDGE - BOX, this.height);
    }
  }

  /** Where a producer's items leave it. */
  exit({ x, y, width }: Box): Point {
    return this.isNarrow ? { x: x + width / 2, y: y + 16 } : { x: x + width, y };
  }

  /** Where a consumer's items come in. */
  entry({ x, y, width }: Box): Point {
    return this.isNarrow ? { x: x + width / 2, y: y - 16 } : { x, y };
  }

  /** Where items go into the queue. */
  get inlet(): Point {
    const { left, y } = this.tube;
    return this.isNarrow ? { x: left + TUBE, y: y - TUBE } : { x: left, y };
  }

  /** Where they come out. */
  get outlet(): Point {
    const { right, y } = this.tube;
    return this.isNarrow ? { x: right - TUBE, y: y + TUBE } : { x: right, y };
  }

  /** The control points of the way between two points: it leaves and arrives straight. */
  way(from: Point, to: Point): [Point, Point] {
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    return this.isNarrow
      ? [
          { x: from.x, y: middle.y },
          { x: to.x, y: middle.y },
        ]
      : [
          { x: middle.x, y: from.y },
          { x: middle.x, y: to.y },
        ];
  }
}

function column(count: number, x: number, height: number): Box[] {
  return Array.from({ length: count }, (_, index) => ({ x, y: height / 2 + (index - (count - 1) / 2) * LANE, width: BOX }));
}

function pairs(count: number, top: number, width: number): Box[] {
  const half = (width - 10) / 2;
  return Array.from({ length: count }, (_, index) => {
    const isAlone = index === count - 1 && index % 2 === 0;
    const x = isAlone ? (width - half) / 2 : (index % 2) * (half + 8) + 1;
    return { x, y: top + LANE / 2 + Math.floor(index / 2) * LANE, width: half };
  });
}

/** Whether a point lies in a lane; a finger is no needle. */
export function isIn({ x, y, width }: Box, point: Point): boolean {
  return point.x >= x && point.x <= x + width && Math.abs(point.y - y) < LANE / 2;
}
