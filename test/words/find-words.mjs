import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { piecesOf } from './pieces.mjs';

/**
 * @typedef {{ word: string, pattern: string, use: string, isCaseSensitive?: boolean, allowed?: string[],
 *   example: string, fine?: string[] }} ProseRule
 * @typedef {{ word: string, parts: string[], use: string, inProse?: boolean, allowedIn?: string[],
 *   fineNames?: string[] }} NameRule
 * @typedef {{ file: string, line: number, kind: 'prose' | 'name' | 'key' | 'file name', word: string, text: string,
 *   use: string }} Hit
 */

/** @type {{ prose: ProseRule[], names: NameRule[], storedFields: string[] }} */
export const BANNED = JSON.parse(readFileSync(new URL('banned.json', import.meta.url), 'utf8'));

/** Texts that people read. Lock files, configuration of tools and this check itself are not. */
const CHECKED = /^(?:lib|test|bench|sample-app|docs)\/|^[^/]+\.(?:md|mjs)$|^\.ci\/run$/;
const READABLE = /\.(?:ts|mjs|lua|md|ya?ml)$|grafana-dashboard\.json$|Dockerfile$|^\.ci\/run$/;
const SKIPPED = /^test\/words\//;

/** Whether `npm run check:words` reads a file. @param {string} file its path below the root of the repository */
export function isChecked(file) {
  return CHECKED.test(file) && READABLE.test(file) && !SKIPPED.test(file);
}

/** @param {string} pattern @param {string} flags */
const phrase = (pattern, flags = 'gi') =>
  new RegExp(`(?<![\\w$])(?:${pattern.replaceAll(' ', '\\s+')})(?![\\w$])`, flags);

const prose = BANNED.prose.map(rule => ({
  rule,
  banned: phrase(rule.pattern, rule.isCaseSensitive ? 'g' : 'gi'),
  allowed: (rule.allowed ?? []).map(pattern => phrase(pattern)),
}));
const names = BANNED.names.map(rule => ({
  rule,
  inProse: rule.inProse ? phrase(rule.parts.join('|')) : undefined,
  fine: new RegExp(`^(?:${(rule.fineNames ?? ['(?!)']).join('|')})$`),
}));

/**
 * The banned words in one file: in its prose, in its names and in its own name.
 *
 * @param {string} file its path below the root of the repository
 * @param {string} text
 * @returns {Hit[]}
 */
export function findWords(file, text) {
  const found = piecesOf(file, text)
    .filter(({ kind, text: name }) => kind !== 'key' || !BANNED.storedFields.includes(name))
    .filter(piece => !isExempt(file, text, piece.at))
    .flatMap(piece => {
      const hits = piece.kind === 'prose' ? inProse(file, piece.text) : inName(file, piece.text);
      const { kind } = piece;
      return hits.map(({ at, ...hit }) => ({ file, line: lineOf(text, piece.at + at), kind, ...hit }));
    });
  const ofFile = inName(file, basename(file)).map(({ at: _, ...hit }) => ({ file, line: 1, ...hit }));
  return [...ofFile.map(hit => ({ ...hit, kind: /** @type {const} */ ('file name') })), ...found];
}

/** @param {string} file @param {string} text */
function inProse(file, text) {
  const phrases = prose.flatMap(({ rule: { word, use }, banned, allowed }) => {
    const fine = allowed.flatMap(pattern => [...text.matchAll(pattern)].map(spanOf));
    return [...text.matchAll(banned)]
      .filter(
        match => !fine.some(span => span.from <= match.index && match.index + match[0].length <= span.to),
      )
      .map(match => ({ word, use, at: match.index, text: around(text, match.index) }));
  });
  const oldNames = names.flatMap(({ rule: { word, use, allowedIn }, inProse: banned }) =>
    banned === undefined || isIn(file, allowedIn)
      ? []
      : [...text.matchAll(banned)].map(({ index }) => ({ word, use, at: index, text: around(text, index) })),
  );
  return [...phrases, ...oldNames];
}

/** @param {string} file @param {string} name */
function inName(file, name) {
  const words = ` ${wordsOf(name).join(' ')} `;
  return names
    .filter(({ rule, fine }) => !fine.test(name) && !isIn(file, rule.allowedIn))
    .filter(({ rule }) => rule.parts.some(part => words.includes(` ${part} `)))
    .map(({ rule: { word, use } }) => ({ word, use, at: 0, text: name }));
}

/** `JobLane`, `job-lane.ts` and `JOB_LANE` are made of the same words. @param {string} name */
function wordsOf(name) {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** Old names in the table of renames and in its test, and releases that are out, stay as they are. */
const EXEMPT = [
  { file: 'test/support/documented-renames.ts', part: /^export const DOCUMENTED_RENAMES[^]*/gm },
  { file: 'docs/migration.md', part: /<!-- renames -->[^]*?<!-- \/renames -->/g },
  { file: 'CHANGELOG.md', part: /^## 0\.4\.0$[^]*/gm },
];

/** @param {string} file @param {string} text @param {number} at */
function isExempt(file, text, at) {
  return EXEMPT.filter(one => one.file === file)
    .flatMap(({ part }) => [...text.matchAll(part)].map(spanOf))
    .some(({ from, to }) => from <= at && at < to);
}

/** @param {RegExpMatchArray} match */
function spanOf(match) {
  const from = match.index ?? 0;
  return { from, to: from + match[0].length };
}

/** @param {string} file @param {string[]} [folders] */
const isIn = (file, folders = []) => folders.some(folder => file.startsWith(folder));
/** @param {string} text @param {number} at */
const lineOf = (text, at) => text.slice(0, at).split('\n').length;
/** @param {string} text @param {number} at */
const around = (text, at) =>
  text
    .slice(Math.max(0, at - 40), at + 50)
    .replace(/\s+/g, ' ')
    .trim();
