/*
 * Finds subjects that test nothing: each is called once with an ordinary text. Names in its arguments that the code does
 * not read, and errors that show a bug, are left behind by a rename.
 */
import { types } from 'node:util';

import { SHARED } from './hostile-view.mjs';
import { SUBJECTS, UNREAD } from './subjects.mjs';

/** Replaces each text. */
const SAMPLE = 'sample';

/**
 * Calls every subject once.
 *
 * @param {(file: string) => Promise<Record<string, any>>} load
 */
export async function trySamples(load) {
  const { isProgrammingError } = await load('core/errors/programming-error.js');
  // A syntax error is the refusal of a text that is no JSON.
  const findings = new Findings(error => isProgrammingError(error) && !(error instanceof SyntaxError));
  for (const [file, calls] of Object.entries(SUBJECTS)) {
    const exports = observed(await load(file), file, findings);
    for (const call of Object.values(calls)) await settled(() => call(exports, SAMPLE));
  }
  const isExpected = (/** @type {string} */ name) =>
    Object.keys(UNREAD).some(start => name.startsWith(start));
  return {
    errors: findings.errors,
    unread: findings.unread.filter(name => !name.includes(SAMPLE) && !isExpected(name)),
    needless: Object.keys(UNREAD).filter(start => !findings.unread.some(name => name.startsWith(start))),
  };
}

/**
 * Errors of the calls are in the findings.
 *
 * @param {() => unknown} call
 */
async function settled(call) {
  try {
    await call();
  } catch {
    // Refused.
  }
}

/** The results of the calls of the subjects. */
class Findings {
  /** @type {string[]} */
  errors = [];
  /** @type {Map<string, boolean>} */
  #isRead = new Map();

  /** @param {(error: unknown) => boolean} isBug */
  constructor(isBug) {
    this.isBug = isBug;
  }

  /** Names of arguments that no call has read. */
  get unread() {
    return [...this.#isRead].flatMap(([name, isRead]) => (isRead ? [] : [name])).sort();
  }

  /** @param {string} name */
  expect(name) {
    if (!this.#isRead.has(name)) this.#isRead.set(name, false);
  }

  /** @param {string} name */
  read(name) {
    this.#isRead.set(name, true);
  }

  /**
   * @param {string} subject
   * @param {unknown} error
   */
  failed(subject, error) {
    if (this.isBug(error)) this.errors.push(`${subject}: ${String(error)}`);
  }
}

/**
 * The exports of a module: their calls report what they read of their arguments.
 *
 * @param {Record<string, any>} exports
 * @param {string} file
 * @param {Findings} findings
 */
function observed(exports, file, findings) {
  const reported = Object.entries(exports).map(([name, value]) => [
    name,
    typeof value === 'function' ? observedCall(value, `${file} ${name}`, findings) : value,
  ]);
  return Object.fromEntries(reported);
}

/**
 * @param {Function} call
 * @param {string} name
 * @param {Findings} findings
 * @returns {unknown}
 */
function observedCall(call, name, findings) {
  const wrapped = (/** @type {unknown[]} */ args) =>
    args.map((arg, at) => recorded(arg, `${name}(${at})`, findings));
  /** @param {() => unknown} made */
  const reporting = made => {
    try {
      const result = made();
      if (result instanceof Promise)
        result.catch((/** @type {unknown} */ error) => findings.failed(name, error));
      return result;
    } catch (error) {
      findings.failed(name, error);
      throw error;
    }
  };
  return new Proxy(call, {
    apply: (target, self, args) => reporting(() => Reflect.apply(target, self, wrapped(args))),
    construct: (target, args) =>
      /** @type {object} */ (reporting(() => Reflect.construct(target, wrapped(args)))),
    get: (target, key) => {
      const value = Reflect.get(target, key);
      const isStatic = typeof value === 'function' && key !== 'prototype';
      return isStatic ? observedCall(value.bind(target), `${name}.${String(key)}`, findings) : value;
    },
  });
}

/**
 * A value whose named parts note that they are read.
 *
 * @param {any} value
 * @param {string} path
 * @param {Findings} findings
 * @returns {unknown}
 */
function recorded(value, path, findings) {
  if (types.isProxy(value)) return value;
  if (Array.isArray(value)) return value.map(one => recorded(one, `${path}[]`, findings));
  if (value instanceof Map)
    return new Map([...value].map(([key, one]) => [key, recorded(one, `${path}[]`, findings)]));
  if (typeof value === 'function') return recordedFunction(value, path, findings);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return recordedParts(value, SHARED.get(value) ?? path, findings);
}

/**
 * @param {object} value
 * @param {string} path
 * @param {Findings} findings
 */
function recordedParts(value, path, findings) {
  const parts = Object.entries(value).map(([key, part]) => [key, recorded(part, `${path}.${key}`, findings)]);
  for (const key of Object.keys(value)) findings.expect(`${path}.${key}`);
  return new Proxy(Object.fromEntries(parts), {
    get: (target, key, receiver) => {
      if (Object.hasOwn(target, key)) findings.read(`${path}.${String(key)}`);
      return Reflect.get(target, key, receiver);
    },
  });
}

/**
 * @param {Function} call
 * @param {string} path
 * @param {Findings} findings
 */
function recordedFunction(call, path, findings) {
  return (/** @type {unknown[]} */ ...args) => {
    const given = args.map(arg => (typeof arg === 'function' ? recordedBack(arg, path, findings) : arg));
    const result = call(...given);
    if (!(result instanceof Promise)) return recorded(result, `${path}()`, findings);
    return result.then(value => recorded(value, `${path}()`, findings));
  };
}

/**
 * A callback that gets what the subject gives.
 *
 * @param {Function} callback
 * @param {string} path
 * @param {Findings} findings
 */
function recordedBack(callback, path, findings) {
  return (/** @type {unknown[]} */ ...args) =>
    callback(...args.map((arg, at) => recorded(arg, `${path}(${at})`, findings)));
}
