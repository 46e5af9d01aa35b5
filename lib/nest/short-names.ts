import type { DeclaredJob } from './name-clashes.js';

/** Class names of minified code have no more letters. */
const SHORT = 2;
const MAX_LISTED = 20;

/** The warning of jobs that are named after classes with names like those of minified code; `undefined`: none is. */
export function shortNamesWarning(jobs: readonly DeclaredJob[]): string | undefined {
  const names = jobs.flatMap(({ job, method }) =>
    method?.name === job.name && method.className.length <= SHORT ? [job.name] : [],
  );
  if (names.length === 0) return undefined;
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : '';
  return (
    `Jobs are named after classes of at most ${SHORT} letters: ${names.slice(0, MAX_LISTED).join(', ')}${more}. A minifier ` +
    'gives classes such names, new ones at each build, and pauses, overrides and history belong to the name of a job. ' +
    "Give each job a name, in the options of its decorator: { name: '…' }, or let the minifier keep class names"
  );
}
