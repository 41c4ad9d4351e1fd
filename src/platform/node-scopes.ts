/**
 * Node: what the engine's debugger knows of functions: the scopes they close over, and what stands there. It
 * is asked in this very thread and answers at once, in 1 to 2 ms.
 */
import type { Session } from 'node:inspector';
import { builtIn } from './node-modules.ts';

/** The others have no inspector that answers at once. */
export const canLook = process.versions.bun === undefined && !('Deno' in globalThis);

const LOOK = 'nogil.look';

/** Finds, in the scope that it is called on, what is identical with `fn`. */
const NAMES_OF = `function (fn) {
  const names = [];
  for (const name of Object.getOwnPropertyNames(this.object)) {
    try {
      if (this.object[name] === fn) names.push(name);
    } catch {} // Not initialized yet.
  }
  return names;
}`;

/** Leaves what is called `name`, in the scope that it is called on, where this thread finds it. */
const VALUE_OF = `function (name) {
  globalThis[Symbol.for('${LOOK}')].push(this.object[name]);
}`;

/** A scope, as the debugger speaks of it. */
interface Remote {
  objectId: string;
  description?: string;
}
interface Properties {
  result: { name: string; value: Remote }[];
}
/** As much of the debugger's answers as is used. */
interface Answer {
  result: { objectId: string; value: string[] };
  internalProperties: { name: string; value: Remote }[];
}

interface Look {
  /** What the debugger calls an object that it is asked about. */
  idOf(index: number): string;
  /** From the innermost to the global one. */
  scopesOf(index: number): Remote[];
  call(fn: string, scope: string, argument: object): string[];
}

/** Asks about some objects. @returns undefined: there is no debugger, it is forbidden, or it does not know */
function ask<T>(objects: unknown[], question: (look: Look) => T): T | undefined {
  if (!canLook) return undefined;
  const key = Symbol.for(LOOK);
  let session: Session | undefined;
  try {
    session = new (builtIn<typeof import('node:inspector')>('node:inspector').Session)();
    session.connect();
    const post = (method: string, params: object): Answer => {
      let answer: Answer | undefined;
      session?.post(method, params, (error, result) => {
        if (error) throw error;
        answer = result as Answer;
      });
      return answer as Answer;
    };
    (globalThis as Record<symbol, unknown>)[key] = objects;
    const idOf = (index: number) =>
      post('Runtime.evaluate', { expression: `globalThis[Symbol.for('${LOOK}')][${index}]` }).result.objectId;
    return question({
      idOf,
      scopesOf(index) {
        const { internalProperties } = post('Runtime.getProperties', { objectId: idOf(index), ownProperties: true });
        const scopes = internalProperties.find(({ name }) => name === '[[Scopes]]')?.value.objectId;
        if (scopes === undefined) return [];
        const { result } = post('Runtime.getProperties', { objectId: scopes, ownProperties: true }) as unknown as Properties;
        return result.flatMap(({ value }) => value ?? []);
      },
      call(functionDeclaration, objectId, argument) {
        const params = { objectId, functionDeclaration, arguments: [argument], returnByValue: true };
        return post('Runtime.callFunctionOn', params).result.value;
      },
    });
  } catch {
    return undefined;
  } finally {
    delete (globalThis as Record<symbol, unknown>)[key];
    session?.disconnect();
  }
}

export function topLevelNames(fn: object, inside: object): string[] | undefined {
  return ask([fn, inside], ({ idOf, scopesOf, call }) => {
    const moduleOf = (scopes: Remote[]) => scopes.find(({ description }) => description === 'Module')?.objectId;
    const [objectId, around, aroundMain] = [idOf(0), scopesOf(0), scopesOf(1)];
    let isKnown = false;
    for (const scope of [moduleOf(aroundMain), moduleOf(around)]) {
      if (scope === undefined) continue;
      isKnown = true;
      const names = call(NAMES_OF, scope, { objectId });
      if (names.length > 0) return names;
    }
    // In CommonJS what is deeper inside than what main() was given is no function of the module's own.
    return isKnown || around.length > aroundMain.length ? [] : undefined;
  });
}

/** The scopes of functions, and of eval(), that a bundler may have put around a module. */
function functionsAround(scopes: Remote[]): Remote[] {
  return scopes.filter(({ description }) => /^(Closure|Block|Eval)\b/.test(description ?? ''));
}

export function nameAround(fn: object, inside: object): string | undefined {
  return ask([fn, inside], ({ idOf, scopesOf, call }) => {
    const objectId = idOf(0);
    for (const scope of functionsAround(scopesOf(1))) {
      const [name] = call(NAMES_OF, scope.objectId, { objectId });
      if (name !== undefined) return name;
    }
    return undefined;
  });
}

export function valueAround(name: string, inside: object): unknown {
  const objects: unknown[] = [inside];
  ask(objects, ({ scopesOf, call }) => {
    for (const scope of functionsAround(scopesOf(0))) {
      call(VALUE_OF, scope.objectId, { value: name });
      if (objects.at(-1) !== undefined) return;
      objects.pop();
    }
  });
  return objects[1];
}
