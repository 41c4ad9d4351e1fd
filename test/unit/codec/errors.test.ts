import { describe, expect, test } from 'vitest';
import { registerErrorClass } from '../../../src/codec/index.ts';
import { expectSame, roundTrip } from './harness.ts';

class Broken extends Error {
  static built = 0;
  override name = 'Broken';
  readonly holder: string;
  constructor(holder: string) {
    super(`broken by ${holder}`);
    this.holder = holder;
    Broken.built++;
  }
}
class VeryBroken extends Broken {}
class Coded extends RangeError {
  get code(): string {
    return 'E_CODED';
  }
}
Object.defineProperty(Coded.prototype, 'name', { value: 'Coded' });
registerErrorClass(Broken);
registerErrorClass(Coded, 'renamed by a minifier');

describe('an error', () => {
  test('of a standard class keeps class, message, stack and cause', () => {
    for (const ErrorClass of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
      const error = new ErrorClass('why', { cause: { code: 5 } });
      const got = roundTrip(error);
      expectSame(got, error);
      expect(got.stack).toBe(error.stack);
      expect(Object.keys(got)).toEqual([]);
      expect(Object.prototype.toString.call(got)).toBe('[object Error]');
    }
  });

  test('without a message has none of its own', () => {
    const error = new TypeError();
    expectSame(roundTrip(error), error);
    expect(Object.hasOwn(roundTrip(error), 'message')).toBe(false);
  });

  test('keeps its own enumerable fields', () => {
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT', errno: -2, extra: new Map([[1, 2]]) });
    expectSame(roundTrip(error), error);
  });

  test('keeps a cause that is undefined, and has none if it had none', () => {
    expect(Object.hasOwn(roundTrip(new Error('x', { cause: undefined })), 'cause')).toBe(true);
    expect(Object.hasOwn(roundTrip(new Error('x')), 'cause')).toBe(false);
  });

  test('keeps a chain of causes', () => {
    const error = new Error('a', { cause: new TypeError('b', { cause: new Broken('c') }) });
    expectSame(roundTrip(error), error);
  });

  test('that stands for many keeps them all', () => {
    const error = new AggregateError([new Error('one'), new TypeError('two'), 'three'], 'many');
    expectSame(roundTrip(error), error);
    expect(roundTrip(error)).toBeInstanceOf(AggregateError);
  });

  test('with a message that UTF-8 cannot carry arrives', () => {
    expect(roundTrip(new Error('a\ud800')).message).toBe('a\ud800');
  });

  test('whose own name was changed keeps it, enumerable or not', () => {
    const plain = Object.assign(new Error('x'), { name: 'Mine' });
    expectSame(roundTrip(plain), plain);
    const hidden = Object.defineProperty(new Error('x'), 'name', { value: 'Hidden', configurable: true, writable: true });
    expectSame(roundTrip(hidden), hidden);
  });

  test('may have an own property __proto__', () => {
    const error = Object.defineProperty(new Error('x'), '__proto__', {
      value: 1,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    expectSame(roundTrip(error), error);
  });
});

describe('a registered class', () => {
  test('is kept, with its fields, and without its constructor being run', () => {
    const error = new Broken('worker 5');
    const built = Broken.built;
    const got = roundTrip(error);
    expect(got).toBeInstanceOf(Broken);
    expectSame(got, error);
    expect(Broken.built).toBe(built);
  });

  test('is known by the name it was registered under', () => {
    const got = roundTrip(new Coded('x'));
    expect(got).toBeInstanceOf(Coded);
    expect(got.code).toBe('E_CODED');
    expect(got.name).toBe('Coded');
    expect(Object.hasOwn(got, 'name')).toBe(false);
  });

  test('stands in for its unregistered subclasses', () => {
    const got = roundTrip(new VeryBroken('x'));
    expect(Object.getPrototypeOf(got)).toBe(Broken.prototype);
    expect(got.holder).toBe('x');
  });

  test('takes fields as they are, whatever accessors it has of that name', () => {
    class Guarded extends Error {
      get code(): string {
        return 'from the class';
      }
      set code(_: string) {
        throw new Error('the setter was called');
      }
    }
    registerErrorClass(Guarded);
    const error = new Guarded('x');
    Object.defineProperty(error, 'code', { value: 'own', enumerable: true, configurable: true, writable: true });
    expect(roundTrip(error).code).toBe('own');
  });

  test('can be replaced, as when its module is loaded again', () => {
    const first = class Reloaded extends Error {};
    const second = class Reloaded extends Error {};
    registerErrorClass(first);
    registerErrorClass(second);
    expect(roundTrip(new first('x'))).toBeInstanceOf(second);
    expect(roundTrip(new second('x'))).toBeInstanceOf(second);
  });
});

describe('an unknown class', () => {
  test('arrives as its nearest known base, under its own name', () => {
    class ValidationError extends TypeError {
      readonly field = 'age';
    }
    Object.defineProperty(ValidationError.prototype, 'name', { value: 'ValidationError' });
    const got = roundTrip(new ValidationError('too young'));
    expect(Object.getPrototypeOf(got)).toBe(TypeError.prototype);
    expect(got.name).toBe('ValidationError');
    expect(String(got)).toBe('ValidationError: too young');
    expect(got.field).toBe('age');
    expect(Object.keys(got)).toEqual(['field']);
  });

  test('may compute its message', () => {
    class Computed extends Error {
      override get message(): string {
        return 'computed';
      }
    }
    expect(roundTrip(new Computed()).message).toBe('computed');
  });

  test('may have no Error constructor behind it', () => {
    const error = Object.assign(Object.create(Error.prototype), { message: 'made by hand' });
    expect(roundTrip(error)).toBeInstanceOf(Error);
    expect(roundTrip(error).message).toBe('made by hand');
  });
});

test('a DOMException, such as the reason of an abort, arrives as one', () => {
  const error = new DOMException('stopped', 'AbortError');
  const got = roundTrip({ error }).error;
  expect(got).toBeInstanceOf(DOMException);
  expect([got.name, got.message, got.code, got.stack]).toEqual([error.name, error.message, error.code, error.stack]);
});
