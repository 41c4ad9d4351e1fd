/** `npx nogil ...`: each command is a module of its own, of which one is loaded. */
const USAGE = `usage: nogil COMMAND ...

  nogil top PID        what the workers of a program do, hold and wait for
  nogil serve MODULE   does the tasks of a module for programs on other machines, over Redis

nogil COMMAND --help says more.`;

const command = process.argv[2];
if (command === 'top') await import('./top.ts');
else if (command === 'serve') await import('../redis/cli.ts');
else if (command === undefined || command === '--help' || command === '-h') console.log(USAGE);
else {
  console.error(`nogil: there is no command '${command}'\n\n${USAGE}`);
  process.exitCode = 2;
}

export {};
