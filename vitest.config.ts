import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { leftOut, modes } from './test/modes.ts';

const root = import.meta.dirname;

/**
 * Workers load plain JavaScript: what they import (`*.workers.ts`, and the package itself) is compiled before
 * the tests run, and loaded as it is, in the tests as in the workers.
 */
const workersAsBuilt: Plugin = {
  name: 'workers-as-built',
  enforce: 'pre',
  resolveId(source, importer) {
    if (/^nogil(\/|$)/.test(source)) {
      const entry = source === 'nogil' ? 'index' : source.slice('nogil/'.length);
      return { id: pathToFileURL(resolve(root, 'dist', `${entry}.js`)).href, external: true };
    }
    if (!source.endsWith('.workers.ts') || !importer) return null;
    const file = resolve(importer, '..', source);
    // Those of bench/ are only looked at.
    if (!file.startsWith(resolve(root, 'test'))) return null;
    const built = resolve(root, 'build', relative(root, file).replace(/\.ts$/, '.js'));
    if (!existsSync(built)) throw new Error(`${built} is missing: run the tests with npm test, which compiles it`);
    return { id: pathToFileURL(built).href, external: true };
  },
};

/** Begun last, these would run on alone. */
const LONGEST = [
  'test/browser/threads.test.ts',
  'test/model/coverage.test.ts',
  'test/model/mutants.test.ts',
  'test/threads/docs/examples.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((file) => moduleId.endsWith(file));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  plugins: [workersAsBuilt],
  test: {
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // What the plugin calls external is compiled all the same, unless Vitest is told so itself.
    server: { deps: { external: [/[\\/](dist|build)[\\/]/] } },
    // Of two hardware threads: who waits leaves them to others, and most tests wait.
    maxWorkers: 3,
    // More than a program of the tests may take.
    testTimeout: 120_000,
    setupFiles: ['test/setup/watchdog.ts'],
    reporters: ['default'],
    projects: [
      ...modes.map((mode) => ({
        extends: true as const,
        test: {
          name: mode,
          include: ['test/**/*.test.ts'],
          exclude: leftOut[mode],
          env: mode === 'threads' ? {} : { NOGIL_TEST_MODE: mode },
        },
      })),
      // A compiler in each: it is twice as fast once it has run for a while. They leave nothing behind.
      { extends: true, test: { name: 'model', include: ['test/model/**/*.test.ts'], isolate: false } },
    ],
  },
});
