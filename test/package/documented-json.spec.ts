import { readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import type { Answer } from '../../lib/cli/answer.js';
import { pods } from '../../lib/cli/pods.js';
import { history, jobs, running, status } from '../../lib/cli/queries.js';
import type { Session } from '../../lib/cli/session.js';
import { FORMER_NAMES } from '../../lib/deprecated.js'; // until 1.0
import { hostileSession } from '../support/time-bombs/hostile-view.mjs';

/** The fields of a value as the page shows them: `1` for one whose parts it does not show there. */
type Shape = 1 | { readonly [field: string]: Shape } | readonly [Shape];

const page = readFileSync('docs/command-line.md', 'utf8');
const session = hostileSession('text') as unknown as Session;
const formerNames = new Set<string>(Object.values(FORMER_NAMES).flatMap(names => Object.keys(names)));

/** Of `{ a, b: [{ c }] }`. */
function shapeIn(text: string): Shape {
  const json = text.replace(/\w+(:?)/g, (word, colon: string) =>
    colon === '' ? `"${word}": 1` : `"${word.slice(0, -1)}":`,
  );
  return JSON.parse(json) as Shape;
}

function shapeOfVerb(verb: string): Shape {
  return shapeIn(
    new RegExp(`^\\| \`${verb}\` +\\| \`(.*)\` +\\|$`, 'm').exec(page)?.[1]?.replace('[run]', '[{ run }]') ??
      'no such row',
  );
}

/** Of the sentence `A run has …`. */
function shapeOfRun(): Shape {
  const words = /^A run has (.*?)\. /ms.exec(page)?.[1] ?? 'no such sentence';
  return shapeIn(`{ ${words.replaceAll('`', '').replace(/\s\(([^)]*)\)/gs, ': { $1 }')} }`);
}

/** The shape of a value, with parts where the documented one has them, and without names of 0.4. */
function shapeOf(value: unknown, documented: Shape): Shape {
  if (documented === 1 || value === undefined || value === null) return documented;
  if (Array.isArray(documented)) return [shapeOf((value as readonly unknown[])[0], documented[0] as Shape)];
  const fields = Object.entries(value).filter(([name]) => name in documented || !formerNames.has(name));
  const parts = documented as { readonly [field: string]: Shape };
  return Object.fromEntries(fields.map(([name, part]) => [name, shapeOf(part, parts[name] ?? 1)]));
}

describe('the JSON of the command line on its page', () => {
  it.each([
    ['status', status],
    ['jobs', jobs],
    ['pods', pods],
  ] as const)('has every field of %s, and no other', async (verb, query) => {
    const { json } = await query(session);
    const documented = shapeOfVerb(verb);
    expect(shapeOf(json, documented)).toEqual(documented);
  });

  it.each<[string, (from: Session) => Promise<Answer>]>([
    ['history', from => history(from, undefined, {})],
    ['running', running],
  ])('has every field of a run, and no other: %s', async (verb, query) => {
    const documented: Shape = { ...(shapeOfVerb(verb) as object), runs: [shapeOfRun()] };
    const { json } = await query(session);
    expect(shapeOf(json, documented)).toEqual(documented);
  });
});
