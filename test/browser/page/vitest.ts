/**
 * What stands for 'vitest' in a browser: its own runner and its own expectations, without the rest, so that
 * test files run there as they are.
 */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import { type Suite, startTests, type Task, type Test, type VitestRunner } from '@vitest/runner';
import * as chai from 'chai';

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFailed,
  onTestFinished,
  suite,
  test,
} from '@vitest/runner';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin as never);

// biome-ignore lint/suspicious/noExplicitAny: the same few lines as in vitest itself, which are not typed there either
export const expect: any = Object.assign((value: unknown, message?: string) => {
  const { assertionCalls } = getState(expect);
  setState({ assertionCalls: assertionCalls + 1 }, expect);
  return chai.expect(value, message);
}, chai.expect);
const matchers = (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT as unknown as symbol];
Object.assign(expect, matchers, {
  getState: () => getState(expect),
  setState: (state: object) => setState(state as never, expect),
  addEqualityTesters: addCustomEqualityTesters,
});
(globalThis as unknown as Record<symbol, unknown>)[GLOBAL_EXPECT as unknown as symbol] = expect;
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null } as never, expect);
(chai.expect as unknown as { extend(expect: object, matchers: object): void }).extend(expect, customMatchers);

/** What became of one test. */
export interface Outcome {
  name: string;
  state: string;
  errors: string[];
}

function testsIn(tasks: Task[]): Test[] {
  return tasks.flatMap((task) => (task.type === 'test' ? [task] : testsIn(task.tasks)));
}

function fullName(task: Task | Suite | undefined): string {
  if (task === undefined || ('filepath' in task && task.type === 'suite')) return '';
  const before = fullName(task.suite ?? task.file);
  return before ? `${before} > ${task.name}` : task.name;
}

/**
 * Runs a test file. `begins` hears of each test, so that one knows which hangs; `leaveOut` matches the names
 * of those that are not for browsers.
 */
export async function runFile(url: string, leaveOut: RegExp | undefined, begins: (name: string) => void): Promise<Outcome[]> {
  const runner: VitestRunner = {
    config: {
      root: '/',
      setupFiles: [],
      passWithNoTests: false,
      testNamePattern: leaveOut,
      allowOnly: false,
      sequence: { hooks: 'stack', setupFiles: 'list', concurrent: false, shuffle: false, seed: 0 },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 100_000,
      hookTimeout: 30_000,
      retry: 0,
      includeTaskLocation: false,
      diffOptions: undefined,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    } as unknown as VitestRunner['config'],
    importFile: (path) => import(path),
    onBeforeRunTask: (test) => begins(fullName(test)),
  };
  const [file] = await startTests([url], runner);
  if (file === undefined) throw new Error(`${url} has not run`);
  const broken = (file.result?.errors ?? []).map(({ stack, message }) => stack ?? message);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  return testsIn(file.tasks).map((test) => ({
    name: fullName(test),
    state: test.result?.state ?? test.mode,
    errors: (test.result?.errors ?? []).map(({ name, message, stack }) => `${name}: ${message}\n${stack}`),
  }));
}
