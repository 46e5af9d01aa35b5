/*
 * A key of one job has another type: nothing can be decided about the job, and everything else goes on.
 */
import type { Fault } from '../faults.js';
import type { Watch } from './watch.js';

/** Why rules leave a job out. */
export const OTHER_TYPE = 'a key of the job has another type';

const KEPT = 'a bad key of one job costs no term';

/** Faults that leave a leader able to do its work. */
const ASIDE: ReadonlySet<string> = new Set(['script-flush', 'run-now', 'job-pause', 'abort']);

/** Whether a user replaces a key of the job by one of another type: it stays there, and the job waits. */
export function hasKeyOfOtherType({ scenario: { faults } }: Pick<Watch, 'scenario'>, job: string): boolean {
  return faults.some(fault => isOfType(fault) && fault.job === job);
}

/** Followers may ask the leader to resign because the job stands still; it does not. */
export function checkTermKept({ scenario: { faults }, history, reports }: Watch): void {
  const isJudged = faults.some(isOfType) && faults.every(fault => isOfType(fault) || ASIDE.has(fault.kind));
  if (!isJudged) return;
  history.judge(KEPT);
  if (reports.resigned.length > 0) history.violated(KEPT, `${reports.resigned.join(', ')} resigned`);
}

function isOfType(fault: Fault): fault is Extract<Fault, { readonly type: 'string' }> {
  return fault.kind === 'tamper' && 'type' in fault;
}
