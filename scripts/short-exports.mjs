/**
 * Gives the exports of a wasm module short names: for pages, which have to fetch them twice, in the module and
 * in the script that calls them.
 */

/** An unsigned LEB128 number and where it ends. */
function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

function number(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

const EXPORTS = 7;

/** The module with the other names, and which short name each export has. @param kept names that stay */
export function shortExports(bytes, kept) {
  const names = new Map();
  const out = [...bytes.subarray(0, 8)];
  for (let at = 8; at < bytes.length; ) {
    const section = bytes[at];
    const [length, body] = readNumber(bytes, at + 1);
    if (section !== EXPORTS) out.push(...bytes.subarray(at, body + length));
    else {
      let [count, next] = readNumber(bytes, body);
      const renamed = number(count);
      for (; count > 0; count--) {
        const [size, from] = readNumber(bytes, next);
        const name = Buffer.from(bytes.subarray(from, from + size)).toString();
        const short = kept(name) ? name : `_${names.size.toString(36)}`;
        if (short !== name) names.set(name, short);
        // Behind the name the kind, one byte, and the index.
        const [, end] = readNumber(bytes, from + size + 1);
        renamed.push(short.length, ...Buffer.from(short), ...bytes.subarray(from + size, end));
        next = end;
      }
      out.push(EXPORTS, ...number(renamed.length), ...renamed);
    }
    at = body + length;
  }
  return { bytes: Uint8Array.from(out), names };
}
