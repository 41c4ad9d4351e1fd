/** The compiler's check that both platforms keep the contract. Nothing imports it. */
import type { Platform } from './platform.ts';

type Conforms<P extends Platform> = P;
export type Platforms = [Conforms<typeof import('./node.ts')>, Conforms<typeof import('./browser.ts')>];
