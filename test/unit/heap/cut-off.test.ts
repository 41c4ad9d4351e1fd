/**
 * Calls that are cut off by the end of the stack: what the core relies on, and that nobody is left waiting.
 */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { describe, expect, test } from 'vitest';

const core = binaryen.readBinary(readFileSync(new URL('../../../build/core.wasm', import.meta.url)));

/** How many functions an export calls, by itself. */
function callsIn(name: string): number {
  const at = binaryen.getExportInfo(core.getExport(name)).value;
  const { body } = binaryen.getFunctionInfo(core.getFunction(at));
  return (binaryen.emitText(body).match(/\bcall(_indirect)?\b/g) ?? []).length;
}

describe('in the compiled core', () => {
  // They run where the stack is used up, or are not guarded: a stack check inside would cut them off half
  // way.
  test.each(['callCutOff', 'lockRelease', 'unlock', 'rlockRelease', 'semaphoreRelease', 'eventSet', 'gateWakeAll'])(
    '%s calls no function',
    (name) => {
      expect(callsIn(name)).toBe(0);
    },
  );

  test('the look itself sees calls', () => {
    expect(callsIn('queuePut')).toBeGreaterThan(0);
  });
});
