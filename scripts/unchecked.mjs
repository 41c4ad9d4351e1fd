/**
 * The core's sources without their checks (assembly/checks.ts): for pages, which fetch them, and for the
 * models' planted bugs, many of which a check would find before a model does. They go as text, since the
 * optimiser keeps what they read: it might trap.
 */

/**
 * Each is a statement on a line of its own, and calls Check, a class's `check`, or a function whose name begins
 * so; `bound` is how many steps a walk may take.
 */
const CHECK = /^ *(?:let bound = .*|(?:if \([\w .>!=|]+\) )?(?:Check\.\w+|[A-Z]\w+\.check|check[A-Z]\w*)\(.*\));\n/gm;

/** @param {string} source a file of assembly/ */
export function unchecked(source) {
  return source.replaceAll(CHECK, '');
}
