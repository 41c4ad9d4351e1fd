/** `npx nogil ...`: each command is a module of its own, of which one is loaded. */
if (process.argv[2] === 'top') await import('./top.ts');
else await import('../redis/cli.ts');

export {};
