/*
 * Measures how the time that a function takes grows with its text. In a worker, because a function that is worse than
 * linear does not end: `time-bombs.spec.ts` ends the worker then.
 */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

import { trySamples } from './samples.mjs';
import { COVERED, EXCLUDED, SUBJECTS } from './subjects.mjs';

const SMALL = 100_000;
const LARGE = 1_000_000;
/** Below this a duration is noise. */
const LEAST_MS = 1;
const TRIES = 5;

/** The parts of the texts: what regular expressions repeat, and what they begin and end with. */
const PARTS = [
  '\n',
  ' ',
  '\u001b',
  '\u001b[',
  '7',
  '[',
  '(',
  '{',
  '|',
  ':',
  '@',
  '"',
  "'",
  '/',
  'a',
  '://',
  '\n at ',
  ';',
];

/** Prefixes and suffixes, so that an expression begins, and does not match in the end. */
const FRAMES = [
  ['', 'x'],
  ['a', '\n'],
];

if (parentPort === null) throw new Error('To be run as a worker');
const port = parentPort;
const { modules, maxRatio } = workerData;

port.on('message', ({ kind, file, name, from }) => {
  if (kind === 'list') void list().then(listing => port.postMessage(listing));
  else if (kind === 'samples') void trySamples(load).then(findings => port.postMessage(findings));
  else void measure(file, name, from);
});

/** Functions and classes that the folders export, and those that are listed. */
async function list() {
  const exported = [];
  for (const folder of COVERED)
    for (const file of modulesIn(folder)) {
      const functions = Object.entries(await load(file)).filter(([, value]) => typeof value === 'function');
      exported.push(...functions.map(([name]) => `${file} ${name}`));
    }
  const subjects = Object.entries(SUBJECTS).flatMap(([file, calls]) =>
    Object.keys(calls).map(name => `${file} ${name}`),
  );
  return { exported, subjects, excluded: Object.keys(EXCLUDED), texts: PARTS.length * FRAMES.length };
}

/**
 * Of a named folder with those below it; of the root alone.
 *
 * @param {string} folder
 */
function modulesIn(folder) {
  const isRoot = folder === '.';
  const entries = readdirSync(join(modules, folder), { recursive: !isRoot, encoding: 'utf8' });
  return entries.filter(isModule).map(entry => (isRoot ? entry : `${folder}/${entry}`));
}

/**
 * Entry files export what other files do.
 *
 * @param {string} entry
 */
function isModule(entry) {
  return entry.endsWith('.js') && !['index.js', 'main.js'].includes(basename(entry));
}

/**
 * @param {string} file
 * @returns {Promise<Record<string, unknown>>}
 */
async function load(file) {
  return import(pathToFileURL(join(modules, file)).href);
}

/**
 * @param {string} file
 * @param {string} name
 * @param {number} from number of the first text
 */
async function measure(file, name, from) {
  const exports = await load(file);
  const call = (/** @type {string} */ text) => SUBJECTS[file]?.[name]?.(exports, text);
  for (let at = from; at < PARTS.length * FRAMES.length; at += 1) {
    const [before = '', behind = ''] = FRAMES[at % FRAMES.length] ?? [];
    const part = PARTS[Math.floor(at / FRAMES.length)] ?? '';
    const textOf = (/** @type {number} */ length) =>
      flat(before + part.repeat(length / part.length) + behind, `${at} ${length}`);
    const text = `${JSON.stringify(part)} between ${JSON.stringify(before)} and ${JSON.stringify(behind)}`;
    port.postMessage({ at, text });
    const largeMs = await best(1, call, textOf(LARGE));
    // This cannot be too much.
    const ratio = largeMs <= maxRatio * LEAST_MS ? 1 : await ratioOf(call, textOf, largeMs);
    port.postMessage({ at, text, ratio });
  }
  port.postMessage({ isDone: true });
}

/**
 * Of the best of some tries each; further tries with the large text are made only where they could change the verdict.
 *
 * @param {(text: string) => unknown} call
 * @param {(length: number) => string} textOf
 * @param {number} firstMs what the first try with the large text took
 */
async function ratioOf(call, textOf, firstMs) {
  const smallMs = await best(TRIES, call, textOf(SMALL));
  let largeMs = firstMs;
  for (let tries = 1; tries < TRIES && largeMs > maxRatio * smallMs; tries += 1)
    largeMs = Math.min(largeMs, await best(1, call, textOf(LARGE)));
  return largeMs / smallMs;
}

/**
 * The shortest of some tries. Errors of a call do not matter. Time in which a busy machine did something else does
 * not count: the process does nothing but this call.
 *
 * @param {number} tries
 * @param {(text: string) => unknown} call
 * @param {string} text
 */
async function best(tries, call, text) {
  let bestMs = Infinity;
  for (let count = 0; count < tries; count += 1) {
    const from = performance.now();
    const used = process.cpuUsage();
    try {
      await call(text);
    } catch {
      // Refused.
    }
    const elapsedMs = performance.now() - from;
    const { user, system } = process.cpuUsage(used);
    bestMs = Math.min(bestMs, elapsedMs, (user + system) / 1000);
  }
  return Math.max(LEAST_MS, bestMs);
}

/** @type {Map<string, string>} */
const flatTexts = new Map();

/**
 * V8 builds long texts as trees: reading one takes long once. They are made once for all calls.
 *
 * @param {string} text
 * @param {string} key
 */
function flat(text, key) {
  const known = flatTexts.get(key);
  if (known !== undefined) return known;
  const made = Buffer.from(text, 'utf8').toString('utf8');
  flatTexts.set(key, made);
  return made;
}
