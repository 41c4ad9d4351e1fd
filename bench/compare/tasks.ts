export const increment = (x: number): number => x + 1;

export function nothing(): void {}
