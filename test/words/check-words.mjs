// npm run check:words [-- --at <commit>] [-- --list] [-- <path>...]
// Finds words that this project does not use (banned.json), says where, and fails if there is one.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { findWords, isChecked } from './find-words.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { at: { type: 'string' }, list: { type: 'boolean', default: false } },
});

const files = filesAt(values.at).filter(
  file => positionals.length === 0 || positionals.some(path => file.startsWith(path)),
);
const hits = files.flatMap(file => findWords(file, textOf(file)));
if (values.list)
  for (const { file, line, word, text, use } of hits)
    console.log(`${file}:${line}: ${word} → ${use}: ${text}`);
else printCounts();
process.exitCode = hits.length === 0 ? 0 : 1;

/** @param {string | undefined} commit */
function filesAt(commit) {
  const list = commit === undefined ? ['ls-files'] : ['ls-tree', '-r', '--name-only', commit];
  return git(...list)
    .split('\n')
    .filter(isChecked);
}

/** @param {string} file */
function textOf(file) {
  return values.at === undefined ? readFileSync(file, 'utf8') : git('show', `${values.at}:${file}`);
}

/** @param {string[]} args */
function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
}

function printCounts() {
  print('by word', hits, ({ word, use, kind }) => `${kind === 'prose' ? '' : 'name: '}${word} → ${use}`);
  print('by folder', hits, ({ file }) =>
    file
      .split('/')
      .slice(0, 2)
      .join('/')
      .replace(/\/[^/]*\.\w+$/, ''),
  );
  const inProse = hits.filter(({ kind }) => kind === 'prose').length;
  console.log(
    `${hits.length} hits in ${files.length} files: ${inProse} in prose, ${hits.length - inProse} in names`,
  );
}

/**
 * @template T
 * @param {string} title
 * @param {T[]} all
 * @param {(one: T) => string} keyOf
 */
function print(title, all, keyOf) {
  const counts = new Map();
  for (const one of all) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  const rows = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => `${String(count).padStart(6)}  ${key}`);
  if (rows.length > 0) console.log(`${title}\n${rows.join('\n')}\n`);
}
