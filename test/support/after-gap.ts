import type { JobPolicy } from '../../lib/core/job/job-policy.js';
import { EngineCluster, type JobSpec } from './engine-harness.js';
import { SECOND } from './durations.js';

/** No pod leads from second 2.5 on, for `gapMs`; then a new pod does. */
export async function afterGap(gapMs: number, spec: JobSpec, cluster = new EngineCluster([spec])) {
  const a = await cluster.started('a');
  await cluster.advance(2.5 * SECOND);
  await a.engine.shutdown(0);
  await cluster.advance(gapMs);
  const before = cluster.calls.length;
  const b = await cluster.started('b');
  await cluster.advance(0);
  const made = cluster.calls.slice(before);
  return {
    cluster,
    b,
    seconds: made.map(({ second }) => second),
    contexts: made.map(({ context }) => context),
  };
}

export const withPolicy = (policy: Partial<JobPolicy>): JobSpec => ({ policy });
