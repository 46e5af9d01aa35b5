import { type JobSpec, type Pod } from './engine-harness.js';

export const A: JobSpec = { name: 'a' };
export const B: JobSpec = { name: 'b' };
export const C: JobSpec = { name: 'c' };

export const leaderOf = (...pods: readonly Pod[]) => pods.find(pod => pod.elector.isLeader())?.name;
/** How often leadership was handed over to a larger set. */
export const moves = (...pods: readonly Pod[]) =>
  pods.flatMap(pod => pod.eventsOf('leader.lost').filter(({ reason }) => reason === 'handed-over')).length;
