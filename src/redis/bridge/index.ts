/** The module that the bridge's thread loads. */
export { runBridge } from './bridge.ts';
