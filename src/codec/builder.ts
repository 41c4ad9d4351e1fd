/**
 * How objects of one shape are built: by a literal, so that all of them have one hidden class.
 *
 * Compiled where that is allowed. Elsewhere (a page whose content security policy forbids `eval`, Node's
 * `--disallow-code-generation-from-strings`) a template is spread, which gives each object the template's
 * hidden class, and its values are replaced.
 */

/** What values come from, one after the other. */
export interface Values {
  value(): unknown;
}

/** Takes an object's values and makes it. */
export type Builder = (values: Values) => object;

export function builderFor(keys: readonly string[], compile = canCompile()): Builder {
  return compile ? compiled(keys) : fromTemplate(keys);
}

export function compiled(keys: readonly string[]): Builder {
  // Brackets: `"__proto__": x` without them would set the prototype.
  const properties = keys.map((key) => `${key === '__proto__' ? '["__proto__"]' : JSON.stringify(key)}: values.value()`);
  return new Function('values', `return { ${properties.join(', ')} };`) as Builder;
}

export function fromTemplate(keys: readonly string[]): Builder {
  const template = Object.fromEntries(keys.map((key) => [key, undefined]));
  return (values) => {
    const object: Record<string, unknown> = { ...template };
    // Each is an own property already: `__proto__` too is replaced, and nobody's setter is called.
    for (let i = 0; i < keys.length; i++) object[keys[i] as string] = values.value();
    return object;
  };
}

let allowed: boolean | undefined;

/** Asked once: where it is forbidden, each time might be reported. */
export function canCompile(): boolean {
  if (allowed === undefined) {
    try {
      new Function('');
      allowed = true;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}
