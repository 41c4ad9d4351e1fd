/**
 * Two revisions of the package, run in turn: `npm run bench:compare REV [-- --rounds 15 lock dict]`. REV is
 * any name that git knows; it is cloned and built once under build/revisions/. Words after it choose rows.
 *
 * Prints for each row the medians of both and the median of the ratios of neighbours in time, this tree by
 * REV: below 1 is faster.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformSync } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '15' } },
});
const [revision, ...rows] = positionals;
const rounds = Number(values.rounds);
if (revision === undefined || !(rounds >= 1)) {
  console.error('usage: npm run bench:compare REV -- [--rounds 15] [row ...]');
  process.exit(1);
}

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const run = (cwd, command, ...args) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

/** The tree of `revision`, built. */
function other() {
  const commit = git('rev-parse', '--short=12', `${revision}^{commit}`);
  const tree = `build/revisions/${commit}`;
  if (!existsSync(`${tree}/dist/index.js`)) {
    console.log(`building ${commit} in ${tree}`);
    if (!existsSync(tree)) git('clone', '--quiet', '--no-checkout', '.', tree);
    git('-C', tree, 'checkout', '--quiet', '--detach', commit);
    run(tree, 'npm', 'ci', '--ignore-scripts');
    run(tree, 'npm', 'run', 'build');
  }
  return tree;
}

/** Each tree has its own copy of the rows: their `nogil` is the package that they lie in. */
function place(tree) {
  mkdirSync(`${tree}/build/compare`, { recursive: true });
  for (const file of readdirSync('bench/compare')) {
    const { code } = transformSync(readFileSync(`bench/compare/${file}`, 'utf8'), { loader: 'ts', target: 'node20' });
    const target = `${tree}/build/compare/${file.replace(/\.ts$/, '.js')}`;
    writeFileSync(target, code.replaceAll(/(\bfrom ")(\.[^"\n]*)\.ts"/g, '$1$2.js"'));
  }
}

function look(tree) {
  const output = execFileSync(process.execPath, ['build/compare/rows.js', ...rows], { cwd: tree, encoding: 'utf8' });
  return JSON.parse(output);
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

run('.', process.execPath, 'scripts/build.mjs', '--no-types');
const trees = ['.', other()];
for (const tree of trees) place(tree);
const looks = [[], []];
for (let round = 0; round < rounds; round++) {
  // A B, B A, …: whoever comes second would always find the machine as the first has left it.
  for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) looks[i].push(look(trees[i]));
  process.stderr.write(`\r${round + 1} of ${rounds} rounds`);
}
process.stderr.write('\r');

const figure = (ns) => (ns < 1e4 ? `${ns.toFixed(ns < 100 ? 1 : 0)} ns` : `${(ns / 1000).toFixed(1)} µs`);
console.log(`${'row'.padEnd(46)} ${'this tree'.padStart(12)} ${revision.slice(0, 12).padStart(12)}   ratio   (quartiles)`);
for (const name of Object.keys(looks[0][0])) {
  const ours = looks[0].map((each) => each[name]);
  const theirs = looks[1].map((each) => each[name]);
  const ratios = ours.map((each, i) => each / theirs[i]).sort((a, b) => a - b);
  const at = (q) => ratios[Math.round((ratios.length - 1) * q)].toFixed(2);
  console.log(
    `${name.padEnd(46)} ${figure(median(ours)).padStart(12)} ${figure(median(theirs)).padStart(12)}   ${median(ratios).toFixed(3)}   (${at(0.25)} – ${at(0.75)})`,
  );
}
