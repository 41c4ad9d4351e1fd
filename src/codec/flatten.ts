/**
 * Turns the graph of a value into the table that `wire.ts` describes, in one walk without recursion, breadth
 * first.
 * Nothing is retained or changed by it, so it may fail anywhere.
 */

import { Buffers } from './buffers.ts';
import { classOf, type RegisteredClass } from './classes.ts';
import { classify, isDetached, isOutOfBounds, isShared, outOfBounds, unbox, viewName, withArticle } from './classify.ts';
import { DOM_EXCEPTION, errorClassNamed, nearestErrorClass } from './error-classes.ts';
import { type HandleRef, SEND, type Sendable } from './handle.ts';
import { Node } from './node.ts';
import { cannotSend, formatStep, type Step } from './path.ts';
import { NUMBER, VIEWS } from './wire.ts';

/**
 * The properties of errors that are not enumerable when the engine sets them. SuppressedError has the last
 * two.
 */
const HIDDEN = ['stack', 'cause', 'errors', 'error', 'suppressed'];

/** Up to so many nodes a linear search beats a Map. */
const LINEAR = 16;

const hasOwn = Object.hasOwn;
const isEnumerable = Object.prototype.propertyIsEnumerable;
const flagsOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags')?.get as (this: unknown) => string;
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source')?.get as (this: unknown) => string;
const timeOf = Date.prototype.getTime;
const forEachEntry = Map.prototype.forEach;
const forEachMember = Set.prototype.forEach;

export class Flattener {
  readonly heads: unknown[] = [];
  readonly bodies: unknown[] = [];
  /** The distinct handles inside, in the order in which the heads mention them. */
  readonly handles: HandleRef[] = [];
  /** The contents of the ArrayBuffers inside, if there are any. */
  buffers: Buffers | undefined;

  /** The numbers of the nodes by their objects; made when there are too many for a linear search. */
  #ids: Map<object, number> | undefined;
  readonly #handleNodes: number[] = [];
  /** Made when there are too many for a linear search. */
  #handleIndex: Map<string, number> | undefined;
  // One entry a node. The last two say how it was reached, for error messages.
  readonly #nodes: object[] = [];
  readonly #kinds: Node[] = [];
  readonly #parents: number[] = [];
  readonly #steps: Step[] = [];

  /** Throws a TypeError that names the part that cannot be sent, or what a getter throws. */
  constructor(root: unknown) {
    this.#cell(this.bodies, root, -1, '');
    for (let node = 0; node < this.#nodes.length; node++) this.#body(node);
    this.buffers?.finish();
  }

  #body(node: number): void {
    const value = this.#nodes[node] as object;
    switch (this.#kinds[node]) {
      case Node.OBJECT:
      case Node.ARRAY:
        this.#properties(value, Object.keys(value), node);
        break;
      case Node.LIST:
        this.bodies.push((value as unknown[]).length);
        for (let i = 0, n = (value as unknown[]).length; i < n; i++) this.#cell(this.bodies, (value as unknown[])[i], node, i);
        break;
      case Node.MAP:
        this.#map(value, node);
        break;
      case Node.SET:
        this.#set(value, node);
        break;
      case Node.INSTANCE:
        this.#instance(value, node);
        break;
      case Node.ERROR:
        this.#properties(
          value,
          HIDDEN.filter((key) => isHidden(value, key)),
          node,
        );
        this.#properties(value, Object.keys(value), node);
        break;
    }
  }

  #properties(value: object, keys: string[], node: number): void {
    const { bodies } = this;
    bodies.push(keys.length);
    for (const key of keys) {
      bodies.push(key);
      this.#cell(bodies, (value as Record<string, unknown>)[key], node, key);
    }
  }

  #instance(value: object, node: number): void {
    const { encode, decode } = classOf(value) as RegisteredClass;
    const isMade = encode !== undefined || decode !== undefined;
    this.bodies.push(isMade);
    if (isMade) this.#cell(this.bodies, encode ? encode(value) : { ...value }, node, '');
    else this.#properties(value, Object.keys(value), node);
  }

  #map(value: object, node: number): void {
    const { bodies } = this;
    const slot = bodies.push(0) - 1;
    let step = 0;
    forEachEntry.call(value as Map<unknown, unknown>, (item: unknown, key: unknown) => {
      this.#cell(bodies, key, node, step++);
      this.#cell(bodies, item, node, step++);
    });
    bodies[slot] = step / 2;
  }

  #set(value: object, node: number): void {
    const { bodies } = this;
    const slot = bodies.push(0) - 1;
    let step = 0;
    forEachMember.call(value as Set<unknown>, (item: unknown) => this.#cell(bodies, item, node, step++));
    bodies[slot] = step;
  }

  #cell(out: unknown[], value: unknown, parent: number, step: Step): void {
    switch (typeof value) {
      case 'number':
        out.push(NUMBER, value);
        break;
      case 'object':
      case 'function':
        out.push(value === null ? null : this.#reference(value, parent, step));
        break;
      case 'symbol':
        throw this.#refusal('a symbol', parent, step);
      default:
        out.push(value);
    }
  }

  #reference(value: object, parent: number, step: Step): number {
    const node = this.#find(value) ?? this.#head(value, parent, step);
    // A view may have brought its buffer along before.
    if (this.#kinds[node] === Node.BUFFER) this.buffers?.addDirect(node);
    return node;
  }

  #find(value: object): number | undefined {
    if (this.#ids !== undefined) return this.#ids.get(value);
    const node = this.#nodes.indexOf(value);
    return node < 0 ? undefined : node;
  }

  #indexed(): Map<object, number> {
    this.#ids ??= new Map(this.#nodes.map((value, node) => [value, node]));
    return this.#ids;
  }

  /** Makes a node of an object that is met for the first time. Answers its number. */
  #head(value: object, parent: number, step: Step): number {
    const kind = classify(value);
    const { heads } = this;
    switch (kind) {
      case Node.OBJECT:
      case Node.MAP:
      case Node.SET:
        heads.push(kind);
        break;
      case Node.ARRAY:
        if (isList(value as unknown[])) {
          heads.push(Node.LIST);
          return this.#node(value, Node.LIST, parent, step);
        }
        heads.push(kind, (value as unknown[]).length);
        break;
      case Node.DATE:
        heads.push(kind, timeOf.call(value));
        break;
      case Node.REGEXP:
        heads.push(kind);
        heads.push(sourceOf.call(value));
        heads.push(flagsOf.call(value));
        break;
      case Node.BOXED:
        heads.push(kind);
        this.#cell(heads, unbox(value), parent, step);
        break;
      case Node.BUFFER:
        return this.#bufferHead(value as ArrayBuffer, parent, step);
      case Node.VIEW:
        return this.#viewHead(value as ArrayBufferView, parent, step);
      case Node.ERROR:
        this.#errorHead(value as Error);
        break;
      case Node.INSTANCE: {
        const { name, module } = classOf(value) as RegisteredClass;
        heads.push(kind, name, module);
        break;
      }
      case Node.HANDLE:
        return this.#handleHead(value as Sendable, parent, step);
      default:
        throw this.#refusal(kind as string, parent, step);
    }
    return this.#node(value, kind, parent, step);
  }

  #node(value: object, kind: Node, parent: number, step: Step): number {
    const node = this.#nodes.push(value) - 1;
    this.#kinds.push(kind);
    this.#parents.push(parent);
    this.#steps.push(step);
    if (this.#ids !== undefined || node >= LINEAR) this.#indexed().set(value, node);
    return node;
  }

  #bufferHead(buffer: ArrayBufferLike, parent: number, step: Step): number {
    if (isDetached(buffer)) throw this.#refusal('a detached ArrayBuffer', parent, step);
    this.heads.push(Node.BUFFER);
    const node = this.#node(buffer, Node.BUFFER, parent, step);
    this.#buffers().add(node, new Uint8Array(buffer));
    return node;
  }

  #viewHead(view: ArrayBufferView, parent: number, step: Step): number {
    const { heads } = this;
    const buffers = this.#buffers();
    const name = viewName(view);
    if (isShared(view.buffer)) throw this.#refusal(`${withArticle(name)} on a SharedArrayBuffer`, parent, step);
    if (isOutOfBounds(view) && !isDetached(view.buffer)) throw this.#refusal(outOfBounds(name), parent, step);
    let buffer: number;
    if (isPooled(view)) {
      heads.push(Node.BUFFER);
      // Under a key of its own: other views on the pool have nothing to do with this one.
      buffer = this.#node({}, Node.BUFFER, parent, step);
      buffers.add(buffer, view);
      heads.push(Node.VIEW, VIEWS.indexOf(name), buffer, 0, view.length);
      return this.#node(view, Node.VIEW, parent, step);
    }
    buffer = this.#find(view.buffer) ?? this.#bufferHead(view.buffer, parent, step);
    const viewSlot = heads.push(Node.VIEW, VIEWS.indexOf(name), buffer, view.byteOffset) - 1;
    heads.push((view as Partial<Uint8Array>).length ?? view.byteLength);
    buffers.addView(buffer, viewSlot, view.byteLength);
    return this.#node(view, Node.VIEW, parent, step);
  }

  #buffers(): Buffers {
    this.buffers ??= new Buffers(this.heads);
    return this.buffers;
  }

  #errorHead(error: Error): void {
    const { heads } = this;
    const className = nearestErrorClass(error);
    heads.push(Node.ERROR);
    heads.push(className);
    if (className === DOM_EXCEPTION) {
      heads.push(error.message);
      heads.push(error.name);
      return;
    }
    // A class may compute its message; then it is an own property at the receiver, whose class may be a
    // different one.
    const message: unknown = isEnumerable.call(error, 'message') ? undefined : error.message;
    if (typeof message === 'string' && (message !== '' || hasOwn(error, 'message'))) heads.push(message);
    else heads.push(undefined);
    const name: unknown = isEnumerable.call(error, 'name') ? undefined : error.name;
    if (typeof name === 'string' && name !== errorClassNamed(className)?.prototype.name) heads.push(name);
    else heads.push(undefined);
  }

  #handleHead(value: Sendable, parent: number, step: Step): number {
    const handle = value[SEND]();
    const { handles } = this;
    // Two objects for the same shared object in one worker are the exception.
    const known = this.#indexOfHandle(handle);
    if (known >= 0) {
      const node = this.#handleNodes[known] as number;
      this.#indexed().set(value, node);
      return node;
    }
    const index = handles.push(handle) - 1;
    this.#handleIndex?.set(keyOf(handle), index);
    this.heads.push(Node.HANDLE, index, handle.tag);
    const node = this.#node(value, Node.HANDLE, parent, step);
    this.#handleNodes.push(node);
    return node;
  }

  #indexOfHandle(handle: HandleRef): number {
    const { handles } = this;
    if (handles.length < LINEAR)
      return handles.findIndex(({ tag, id, gen }) => tag === handle.tag && id === handle.id && gen === handle.gen);
    this.#handleIndex ??= new Map(handles.map((each, index) => [keyOf(each), index]));
    return this.#handleIndex.get(keyOf(handle)) ?? -1;
  }

  #refusal(what: string, parent: number, step: Step): TypeError {
    let path = '';
    for (let node = parent, last = step; node >= 0; last = this.#steps[node] as Step, node = this.#parents[node] as number) {
      path = formatStep(this.#nodes[node] as object, this.#kinds[node] as Node, last) + path;
    }
    return cannotSend(what, path);
  }
}

function keyOf({ tag, id, gen }: HandleRef): string {
  return `${tag} ${id} ${gen}`;
}

/**
 * Whether an error has `key` as an own property that its enumerable ones do not include; its stack may be
 * inherited.
 */
function isHidden(error: object, key: string): boolean {
  if (key === 'stack') return typeof (error as Error).stack === 'string' && !isEnumerable.call(error, key);
  return hasOwn(error, key) && !isEnumerable.call(error, key);
}

/** Dense, and without further properties. */
function isList(value: unknown[]): boolean {
  const keys = Object.keys(value);
  // Indices come first and in order: if the last key is the last index, all of them are there.
  return keys.length === value.length && (keys.length === 0 || keys[keys.length - 1] === String(keys.length - 1));
}

/**
 * Whether a view is one of Node's Buffers on the pool that all small ones share. That they share it is an
 * accident, and the rest of the pool is nobody's business.
 */
function isPooled(view: ArrayBufferView): view is Uint8Array {
  return (
    typeof Buffer === 'function' &&
    Buffer.isBuffer(view) &&
    view.buffer.byteLength === Buffer.poolSize &&
    view.length < Buffer.poolSize >>> 1
  );
}
