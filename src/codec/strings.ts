/** Whether a string survives UTF-8, asked of every string that goes through msgpackr. */

/** TypeScript's library has these methods from ES2024 on; every supported runtime has them. */
type Text = string & { isWellFormed(): boolean };

const BYTE_ORDER_MARK = 0xfeff;

/** msgpackr decodes up to 64 bytes, so at least 21 characters, by itself. */
const DECODED_BY_HAND = 16;

/**
 * Lone surrogates have no UTF-8; a byte order mark in front is swallowed by the `TextDecoder` that msgpackr
 * uses.
 */
export function survivesUtf8(text: string): boolean {
  return (text as Text).isWellFormed() && (text.length <= DECODED_BY_HAND || text.charCodeAt(0) !== BYTE_ORDER_MARK);
}

/** Whether `text` holds no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return (text as Text).isWellFormed();
}
