/**
 * The native part: native/ -> prebuilds/<platform>-<arch>/nogil.node, which are committed, so that nobody who
 * installs the package needs a compiler. `node scripts/native.mjs` builds those for Linux on x64 and arm64; on
 * macOS the one of that machine.
 *
 * A binary for Linux is linked against no library at all. The symbols that it wants have no version, so the
 * loader takes them from what the process has loaded already: glibc (old or new) or musl. One binary serves
 * both, and none asks for a glibc newer than its node does.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** By their triplets: Debian's compiler has that name at home, too, where the package is `gcc`. */
const LINUX = {
  'linux-x64': {
    triplet: 'x86_64-linux-gnu',
    flags: ['-march=x86-64'],
    packages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'],
  },
  // Atomics of the first arm64: those that are chosen while it runs need a part of the compiler's library.
  'linux-arm64': {
    triplet: 'aarch64-linux-gnu',
    flags: ['-march=armv8-a', '-mno-outline-atomics'],
    packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'],
  },
};

const COMPILE = ['-std=gnu11', '-O2', '-fPIC', '-fvisibility=hidden', '-fno-stack-protector', '-U_FORTIFY_SOURCE'];
const WARN = ['-Wall', '-Wextra', '-Werror'];
const LINK = [
  '-shared',
  '-nostdlib',
  '-s',
  '-Wl,-z,now',
  '-Wl,-z,relro',
  '-Wl,-z,noexecstack',
  '-Wl,-z,noseparate-code',
  '-Wl,--build-id=none',
];

/** What a binary may want from the process: of these both C libraries have had one meaning for ever. */
const WANTED =
  /^(napi_\w+|__errno_location|calloc|close|fcntl|free|ftruncate|getppid|lseek|madvise|memcpy|memset|mmap|nanosleep|prctl|pthread_(attr_(init|destroy|setstacksize)|create|join|mutex_(un)?lock|sigmask)|sigaction|sigfillset|snprintf|strerror|syscall)$/;

/** Names the sources that a binary was made from, and how: it is in the binary, and a test compares it. */
export function digest() {
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, 'native')).sort()) {
    if (/\.[ch]$/.test(name)) hash.update(`${name}\n${readFileSync(join(root, 'native', name), 'utf8')}\n`);
  }
  const how = Object.entries(LINUX).map(([target, { flags }]) => [target, flags]);
  hash.update(JSON.stringify([how, COMPILE, LINK]));
  return `nogil-sources-${hash.digest('hex')}`;
}

function fails(message) {
  console.error(message);
  process.exit(1);
}

const isThere = (command) => spawnSync(command, ['--version']).status === 0;

/** Debian's compilers, if they are not there. */
function install() {
  const missing = Object.keys(LINUX)
    .filter((target) => !isThere(`${LINUX[target].triplet}-gcc`))
    .flatMap((target) => (target === `linux-${process.arch}` ? ['gcc', 'libc6-dev'] : LINUX[target].packages));
  if (missing.length === 0) return;
  const command = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !isThere('apt-get'))
    fails(`The compilers are missing. Install them (Debian, as root): ${command}`);
  console.error(`Installing Debian's packages ${missing.join(', ')}.`);
  const { status } = spawnSync('sh', ['-c', command], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) fails(`This failed: ${command}`);
}

/** What is the same everywhere: from the sources on. */
function inputs() {
  const headers = createRequire(import.meta.url)('node-api-headers').include_dir;
  const sources = readdirSync('native').filter((name) => name.endsWith('.c'));
  return [`-I${headers}`, `-DNOGIL_SOURCES="${digest()}"`, ...sources.sort().map((name) => `native/${name}`)];
}

/** @throws the binary would not load everywhere */
function check(readelf, file) {
  const read = (...options) => execFileSync(readelf, ['--wide', ...options, file], { encoding: 'utf8' });
  if (/\(NEEDED\)|\(VERNEED\)/.test(read('--dynamic'))) fails(`${file} is linked against a library`);
  const undefinedOnes = [...read('--dyn-syms').matchAll(/ UND (\S+)/g)].map(([, name]) => name);
  const strange = undefinedOnes.filter((name) => !WANTED.test(name));
  if (strange.length > 0) fails(`${file} wants ${strange.join(', ')}: see WANTED in scripts/native.mjs`);
}

function fileFor(target) {
  mkdirSync(`prebuilds/${target}`, { recursive: true });
  return `prebuilds/${target}/nogil.node`;
}

function buildForLinux() {
  install();
  for (const [target, { triplet, flags }] of Object.entries(LINUX)) {
    const file = fileFor(target);
    execFileSync(`${triplet}-gcc`, [...COMPILE, ...WARN, ...flags, ...LINK, '-o', file, ...inputs()], { stdio: 'inherit' });
    check(`${triplet}-readelf`, file);
    console.log(`${file}: ${readFileSync(file).length} bytes`);
  }
}

/** Not run yet. */
function buildForMacos() {
  const file = fileFor(`darwin-${process.arch}`);
  execFileSync('cc', [...COMPILE, ...WARN, '-bundle', '-undefined', 'dynamic_lookup', '-o', file, ...inputs()], {
    stdio: 'inherit',
  });
  console.log(`${file}: ${readFileSync(file).length} bytes`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(root);
  if (process.platform === 'darwin') buildForMacos();
  else buildForLinux();
}
