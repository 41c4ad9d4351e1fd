/** The classes of typed arrays whose elements are numbers; Float16Array is not everywhere yet. */
export const ofNumbers = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
];

export const typedArrays = [...ofNumbers, BigInt64Array, BigUint64Array];
