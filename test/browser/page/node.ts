/**
 * What stands for Node's modules in a browser: names that can be imported, of which none is called by the tests that run there.
 */
function missing(): never {
  throw new Error('this is Node only, and a test that needs it must be left out in browsers');
}

export const existsSync = missing;
export const fileURLToPath = missing;
export const mkdtempSync = missing;
export const readFileSync = missing;
export const rmSync = missing;
export const spawn = missing;
export const tmpdir = missing;
export const writeFileSync = missing;
export const join = missing;
