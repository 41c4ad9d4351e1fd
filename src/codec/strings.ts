/** What a string is. */

/** TypeScript's library has this method from ES2024 on; every supported runtime has it. */
type Text = string & { isWellFormed(): boolean };

/** Whether `text` holds no lone surrogate. */
export function isWellFormed(text: string): boolean {
  return (text as Text).isWellFormed();
}
