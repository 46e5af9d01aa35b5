import type { StoppedJob } from '../client/status.js';
import { plain } from './answer.js';

/** One line names at most this many jobs, and pods of each. */
const SHOWN = 5;

/** Such as `invoices on a, b; letters on a`. */
export function stoppedText(stoppedJobs: readonly StoppedJob[]): string {
  const words = stoppedJobs.map(({ job, stoppedOn }) => `${plain(job)}${onPods(stoppedOn)}`);
  return someOf(words, '; ');
}

/** Such as ` on a, b`; empty where it is not known on which. */
export function onPods(pods: readonly string[]): string {
  return pods.length === 0 ? '' : ` on ${someOf(pods.map(plain), ', ')}`;
}

/** The first of many. */
function someOf(words: readonly string[], between: string): string {
  const more = words.length - SHOWN;
  return [...words.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])].join(between);
}
