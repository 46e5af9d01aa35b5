import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';

import { at } from './option-path.js';

/** Something that was refused: where, what was received, how to mend it. */
export interface Refusal {
  readonly path: string;
  readonly received: unknown;
  readonly remedy: string;
}

/**
 * One refusal for each thing that is wrong.
 *
 * @param known the paths there are, to find what a wrong name was meant to be
 * @param prefix what stands before a path where it is written
 */
export function optionRefusals(
  issues: readonly z.core.$ZodIssue[],
  known: readonly string[],
  prefix = '',
): Refusal[] {
  return issues.flatMap(issue => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map(key => {
        const path = [...issue.path, key].join('.');
        return { path, received: at(issue.input, key), remedy: unknownRemedy(path, known, prefix) };
      });
    }
    const remedy = issue.code === 'custom' ? issue.message : 'Give an object of options';
    return [{ path: issue.path.join('.'), received: issue.input, remedy }];
  });
}

function unknownRemedy(path: string, known: readonly string[], prefix: string): string {
  const guess = closest(path, [...known]);
  if (distance(path, guess) <= path.length / 3)
    return `There is no such option; did you mean '${prefix}${guess}'?`;
  const around = path.slice(0, path.lastIndexOf('.') + 1);
  const beside = known.filter(name => name.startsWith(around)).map(name => nextName(name, around));
  const names = [...new Set(beside)].map(name => `${prefix}${around}${name}`);
  return `There is no such option; there are ${names.join(', ')}`;
}

/** What follows in a path, up to the next dot. */
function nextName(path: string, around: string): string {
  return path.slice(around.length).split('.', 1).join();
}
