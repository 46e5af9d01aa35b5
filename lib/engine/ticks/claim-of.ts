import type { Job } from '../../core/job/job.js';
import { tickFacts, type PodFacts } from '../../core/run/run-facts.js';
import type { Run } from '../../core/run/run.js';
import type { Claim } from '../../ports/run-store.js';
import type { DueTick, Tick } from './tick.js';

/** The claim of a tick. Beside a run of this process, a tick of a job with overlap `skip` is recorded as skipped. */
export function claimOf(job: Job, due: DueTick, runId: string, pod: PodFacts, isRunning: boolean): Claim {
  const { policy } = job;
  const { tick, manual = false, catchUp = false } = due;
  const isOverlap = isRunning && due.intent === 'run' && policy.overlap === 'skip' && !manual;
  const { intent, reason = '' } = isOverlap ? ({ intent: 'skipped', reason: 'running' } as const) : due;
  const span = due.since !== undefined && { since: due.since, count: due.count ?? 1 };
  const facts = tickFacts(pod, due.schedule ?? job.schedule, tick, { catchUp, recovering: false });
  return {
    job: job.name,
    tick,
    runId,
    manual,
    handle: due.handle,
    isRequested: due.isRequested ?? false,
    intent,
    reason,
    overlap: policy.overlap,
    recover: policy.recover,
    retention: policy.retention,
    facts: span ? { ...facts, ...span } : facts,
  };
}

/** The run of a tick whose claim was granted. `attempt`: above 1 when earlier ones crashed. */
export function runOf(job: Job, { due, token }: Tick, claim: Claim, attempt: number): Run {
  const recovering = attempt > 1;
  const facts = recovering ? { ...claim.facts, recovering } : claim.facts;
  const { tick, runId, manual, handle } = claim;
  const ref = { job: job.name, tick, runId, manual, handle };
  return { job, ref, token, facts, catchUp: due.catchUp ?? false, recovering, attempt };
}
