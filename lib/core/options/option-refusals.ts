import { closest, distance } from 'fastest-levenshtein';

import { inspect, inspectKind } from '../errors/inspect.js';
import type { OptionIssue } from './check-options.js';
import { isSecretName } from '../errors/redact.js';

/** A refused value: its path, the value received, the remedy. */
export interface Refusal {
  readonly path: string;
  /** As it may be shown. */
  readonly received: string;
  readonly remedy: string;
}

/**
 * One refusal for each thing that is wrong.
 *
 * @param known the paths there are, to find what a wrong name was meant to be
 * @param prefix what stands before a path where it is written
 */
export function optionRefusals(
  issues: readonly OptionIssue[],
  known: readonly string[],
  prefix = '',
): Refusal[] {
  return issues.flatMap(issue => {
    if (issue.type === 'strict_object') return unknownNames(issue, known, prefix);
    const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
    return [{ path, received: receivedAt(path, issue.input), remedy: issue.message }];
  });
}

/** Of an object with names that are no options: valibot reports the first of them, and each is refused. */
function unknownNames(issue: OptionIssue, known: readonly string[], prefix: string): Refusal[] {
  const path = issue.path ?? [];
  const object = path.at(-1)?.input;
  const around = path
    .slice(0, -1)
    .map(({ key }) => `${String(key)}.`)
    .join('');
  const names = new Set(known.filter(name => name.startsWith(around)).map(name => nextName(name, around)));
  const unknown: string[] = [];
  // Inherited names too: options are read by their names, whatever they stand on.
  for (const name in Object(object)) if (!names.has(name)) unknown.push(name);
  return unknown.map(name => {
    const full = `${around}${name}`;
    return {
      path: full,
      received: receivedAt(full, Reflect.get(Object(object), name)),
      remedy: unknownRemedy(full, known, prefix),
    };
  });
}

/** Names of what says where something is: with it stands how to log in. */
const ADDRESS_NAME = /redis|valkey|url|uri|dsn|host|addr|server|node|sentinel|cluster|connection|login|user/i;

/**
 * A value as it may be shown where it is refused. Of an address or a secret only the kind of value is shown: in an
 * address that cannot be parsed the position of the password is unknown.
 */
export function receivedAt(path: string, value: unknown): string {
  const [parent = '', name = path] = path.slice(-200).split('.').slice(-2);
  const isHidden = ADDRESS_NAME.test(path.slice(-200)) || isSecretName(name, parent);
  return isHidden ? inspectKind(value) : inspect(value);
}

/** A longer path is no mistyped one; and the time that the comparison takes grows with the square of the length. */
const MAX_PATH = 200;

function unknownRemedy(path: string, known: readonly string[], prefix: string): string {
  const around = path.slice(0, path.lastIndexOf('.') + 1);
  const beside = known
    .filter(name => name.startsWith(around))
    .map(name => `${around}${nextName(name, around)}`);
  const names = [...new Set(beside)];
  const guess = path.length > MAX_PATH ? '' : closest(path, [...new Set([...known, ...names])]);
  if (path.length <= MAX_PATH && distance(path, guess) <= path.length / 3)
    return `There is no such option; did you mean '${prefix}${guess}'?`;
  return `There is no such option; there are ${names.map(name => `${prefix}${name}`).join(', ')}`;
}

/** The next name of a path, up to a dot. */
function nextName(path: string, around: string): string {
  return path.slice(around.length).split('.', 1).join();
}
