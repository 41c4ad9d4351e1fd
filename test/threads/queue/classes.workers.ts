import { type Queue, registerClass, task } from 'nogil';

export class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}
registerClass(Point);

export class Named extends Point {
  name = 'nobody';
}

export class Registered extends Point {
  tag = 1;
}
registerClass(Registered, {}, 'a subclass');

/** With what nobody sees. */
export class Secret {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get value(): number {
    return this.#value;
  }
  static state(secret: Secret): number {
    return secret.#value;
  }
}
registerClass(Secret, { encode: Secret.state, decode: (value: number) => new Secret(value) });

/** Filled by its decode. */
export class Tree {
  children: Tree[] = [];
  parent: Tree | undefined;
}
registerClass(Tree, {
  encode: ({ children, parent }) => ({ children, parent }),
  decode: (state, tree) => {
    Object.assign(tree, state);
  },
});

/** What is received: its class, and what its methods say. */
export const look = task(import.meta, function look(value: unknown): unknown {
  if (value instanceof Registered) return ['Registered', value.tag, value.length];
  if (value instanceof Point) return ['Point', value.length, { ...value }];
  if (value instanceof Secret) return ['Secret', value.value];
  return [value?.constructor?.name];
});

export const returnPoint = task(import.meta, function returnPoint(x: number, y: number): Point {
  return new Point(x, y);
});

export const take = task(import.meta, function take(from: Queue<unknown>, to: Queue<unknown>): void {
  to.put(look(from.get()));
});
