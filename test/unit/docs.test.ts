/**
 * The documentation names what exists: files, identifiers in files, links, decisions, words.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .map((name) => join('docs', name.replaceAll('\\', '/')))
  .filter((name) => name.endsWith('.md'));
/** Those about the code. */
const ours = ['DESIGN.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...pages];
const all = ['README.md', 'bench/README.md', 'test/model/README.md', ...ours];

const WIDTH = 110;
const PATH = /(?<![\w./-])(?:assembly|src|test|bench|scripts|docs|examples)\/[\w./-]*(?:\w\/|\.\w+)(?![\w*])/g;
const LINK = /\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g;
/** Of another file, or of this one where there is none. */
const ANCHOR = /\]\((?!https?:)([^)#]*)#([^)]+)\)/g;
const PLACE = /`([\w./-]+\.\w+):(#?\w+)`/g;
/** Made by the build. */
const GENERATED = 'src/heap/generated/';

const finds = (text: string, pattern: RegExp) => [...text.matchAll(pattern)];

function holds(file: string, identifier: string): boolean {
  return existsSync(join(root, file)) && new RegExp(`(?<![\\w#])${identifier}\\b`).test(read(file));
}

/** Lines outside of code blocks. */
function prose(text: string): string[] {
  let inCode = false;
  return text.split('\n').filter((line) => {
    if (/^\s*```/.test(line)) inCode = !inCode;
    return !inCode;
  });
}

/** What GitHub makes of a heading. */
function anchorsOf(text: string): string[] {
  return prose(text)
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    );
}

/** The cells of a table's rows, without the one at the top. */
function rows(text: string): string[][] {
  return finds(text, /^\| (.*) \|$/gm)
    .map(([, row]) => (row as string).split('|').map((cell) => cell.trim()))
    .slice(1);
}

describe.each(ours)('%s', (file) => {
  const text = read(file);

  test('names files and folders that exist', () => {
    const named = finds(text, PATH).map(([path]) => path);
    expect(named.filter((path) => path !== GENERATED && !existsSync(join(root, path)))).toEqual([]);
  });

  test('names identifiers that their files have', () => {
    const missing = finds(text, PLACE).filter(([, path, identifier]) => !holds(path as string, identifier as string));
    expect(missing.map(([place]) => place)).toEqual([]);
  });
});

describe.each(all)('%s', (file) => {
  const text = read(file);

  test('has links that lead somewhere', () => {
    const targets = finds(text, LINK).map(([, target]) => target as string);
    expect(targets.filter((target) => !existsSync(join(root, dirname(file), target)))).toEqual([]);
  });

  test('has links to headings that exist', () => {
    const missing = finds(text, ANCHOR).filter(([, target, anchor]) => {
      const page = target ? join(dirname(file), target) : file;
      return !anchorsOf(read(page)).includes(anchor as string);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  test('is at most 110 columns wide, but for tables that cannot be', () => {
    const wide = text.split('\n').filter((line) => line.length > WIDTH && !line.startsWith('|'));
    expect(wide).toEqual([]);
  });
});

describe('the table of architecture.md', () => {
  const [, table = ''] = read('docs/internals/architecture.md').split('## Where do I change ...?');

  test('has a place in each row', () => {
    const without = rows(table).filter(([, where = '']) => !/^-*$/.test(where) && finds(where, PLACE).length === 0);
    expect(without).toEqual([]);
    expect(rows(table).length).toBeGreaterThan(30);
  });
});

describe('the guide to messages', () => {
  const messages = finds(read('docs/guide/troubleshooting.md'), /^### "(.*)"$/gm).map(([, message]) => message as string);

  test('has messages that the sources have', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('generated'))
      .map((name) => read(join('src', name.replaceAll('\\', '/'))))
      .join('\n');
    // What differs is `...` there, and an expression here; two strings may stand for one message.
    const flat = sources.replaceAll(/['`] \+\n\s*['`]/g, '');
    const isThere = (message: string) =>
      message
        .split('...')
        .map((part) => part.trim())
        .every((part) => flat.includes(part));
    expect(messages.length).toBeGreaterThan(30);
    expect(messages.filter((message) => !isThere(message))).toEqual([]);
  });
});

describe('the decisions', () => {
  const records = pages.filter((page) => /^docs\/decisions\/\d/.test(page)).sort();

  test('are numbered without gaps, and listed', () => {
    const index = read('docs/decisions/README.md');
    records.forEach((record, i) => {
      const name = record.slice('docs/decisions/'.length);
      expect(name.slice(0, 4)).toBe(`${String(i + 1).padStart(3, '0')}-`);
      expect(index).toContain(`(${name})`);
    });
  });

  test.each(records)('%s says context, choice, price and what would reopen it', (record) => {
    const headings = finds(read(record), /^## (.*)$/gm).map(([, heading]) => heading);
    expect(headings).toEqual(['Context', 'Choice', 'Price', 'What would reopen it']);
  });
});

describe('the glossary', () => {
  const entries = rows(read('docs/internals/glossary.md')).filter(([word]) => !/^-+$/.test(word as string));
  /** Words that mean something else in plain English. */
  const ORDINARY = new Set(['board', 'bundle', 'departures', 'guard', 'hand', 'holder', 'holding', 'row', 'type', 'watch']);

  test('has its words in order', () => {
    const words = entries.map(([word]) => (word as string).toLowerCase());
    expect(words).toEqual([...words].sort());
  });

  test('has words that the other pages use, or the code', () => {
    const others = ours.filter((file) => !file.endsWith('glossary.md')).map(read);
    const code = ['assembly', 'src'].flatMap((tree) =>
      readdirSync(join(root, tree), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => read(join(tree, name))),
    );
    const text = [...others, ...code].join('\n').toLowerCase();
    expect(entries.map(([word]) => word as string).filter((word) => !text.includes(word.toLowerCase()))).toEqual([]);
  });

  test('has replaced the words that it does without', () => {
    const gone = entries
      .flatMap(([, , not = '']) => not.split(', '))
      .filter((word) => word !== '' && !ORDINARY.has(word))
      .map((word) => new RegExp(`\\b${word}s?\\b`, 'i'));
    const found = ours
      .filter((file) => !file.endsWith('glossary.md'))
      .flatMap((file) =>
        prose(read(file)).flatMap((line) => gone.filter((word) => word.test(line)).map((word) => `${file}: ${word}: ${line}`)),
      );
    expect(found).toEqual([]);
  });
});
