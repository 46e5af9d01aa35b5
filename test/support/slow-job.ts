import type { Overlap } from '../../lib/core/job/job-policy.js';
import { type JobSpec } from './engine-harness.js';

/** A job that is due each second and takes `ms`. */
export const slow = (overlap: Overlap, ms: number): JobSpec => ({
  policy: { overlap },
  handler: (_, pod) => pod.clock.wait(ms),
});
