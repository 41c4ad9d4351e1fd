/**
 * msgpackr as browsers get it: without what `src/codec/msgpack.ts` never switches on (records, structured
 * clone, bundled strings, more types, 32-bit floats), a third of it.
 * The conditions are made constants, and esbuild leaves out what can no longer be reached. A text that is not
 * found, because msgpackr has changed, ends the build.
 */
import { readFileSync } from 'node:fs';

const NEVER = {
  pack: [
    ['if (packr.bundleStrings && ', 'if (false && '],
    ['referenceMap = packr.structuredClone ? new Map() : null', 'referenceMap = null'],
    ['if (structures) {', 'if (false) {'],
    ['if (wasInstancePacking && structures) {', 'if (false) {'],
    ['if (packr._writeStruct && ', 'if (false && '],
    ['if (bundledStrings)\n', 'if (false)\n'],
    ['if (bundledStrings && ', 'if (false && '],
    ['if (referenceMap && ', 'if (false && '],
    ['if (referenceMap) {', 'if (false) {'],
    ['if ((useFloat32 = this.useFloat32) > 0 && ', 'if (false && '],
    ['const writeObject = checkUseRecords ?', 'const writeObject = false ?'],
    ['const writePlainObject = (this.variableMapSize || ', 'const writePlainObject = (true || '],
    ['const writeRecord = this.useRecords === false ?', 'const writeRecord = true ?'],
    ...['writeStruct', 'newRecord', 'insertNewRecord'].map((name) => [`const ${name} = (`, `if (false) var ${name} = (`]),
    ['this.moreTypes = true', 'this.useMoreTypes = true'],
    ...['moreTypes', 'mapAsEmptyObject', 'setAsEmptyObject', 'skipValues', 'coercibleKeyAsNumber'].map((option) => [
      `this.${option}`,
      'false',
    ]),
    ...['largeBigIntToFloat', 'largeBigIntToString', 'useBigIntExtension'].map((option) => [`this.${option}`, 'false']),
  ],
  unpack: [
    ['if (bundledStrings) {', 'if (false) {'],
    ['if (bundledStrings || ', 'if (false || '],
    ['if (currentUnpackr._readStruct && ', 'if (false && '],
    ['if (structure) {\n\t\t\t\t\tif (!structure.read) {', 'if (false) {\n\t\t\t\t\tif (!structure.read) {'],
    ...['number', 'string', 'auto'].map((type) => [`currentUnpackr.int64AsType === '${type}'`, 'false']),
    ['currentUnpackr.useFloat32 > 2', 'false'],
    ['currentUnpackr.mapsAsObjects', 'true'],
    ['currentUnpackr.freezeData', 'false'],
    ['return recordDefinition(src[position++] & 0x3f)', 'return undefined'],
    ['return recordDefinition(src[position++] & 0x3f, src[position++])', 'return undefined'],
    // Errors, what refers to other places, sets, typed arrays, regular expressions: what is not plain the
    // codec flattens itself.
    ...['65', '69', '70', '73', '74', '78', '62'].map((type) => [`currentExtensions[0x${type}] = (`, `const unused${type} = (`]),
  ],
};

export const leanMsgpackr = {
  name: 'lean-msgpackr',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]msgpackr[\\/](pack|unpack)\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const [condition, constant] of NEVER[/(\w+)\.js$/.exec(path)[1]]) {
        if (!contents.includes(condition)) throw new Error(`${path} has no ${condition}: has it changed?`);
        contents = contents.replaceAll(condition, constant);
      }
      return { contents };
    });
  },
};
