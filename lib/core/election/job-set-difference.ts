/*
 * How the jobs of a follower differ from those of the leader.
 */
import { isLarger, tickingJobs, type JobSet } from './job-set.js';

/**
 * Why a follower's jobs do not run, or not as they should: `unpublished`: the leader has published no job set, as 0.3
 * does not; `applications`: two applications seem to share one lease key; `jobs`: the follower has jobs that the leader
 * lacks; `settings`: a job has another schedule, or other settings, on the leader.
 */
export type DifferenceKind = 'unpublished' | 'applications' | 'jobs' | 'settings';

/** The jobs that one pod has and another has not. Names in order. */
export interface JobSetDifference {
  readonly kind: DifferenceKind;
  /** Jobs that tick on this pod, and that the leader does not have, or that are stopped there: they do not run. */
  readonly missing: readonly string[];
  /** Of those, the jobs that are stopped on the leader. */
  readonly stopped: readonly string[];
  /** Jobs of both that have another schedule on the leader. */
  readonly schedules: readonly string[];
  /** Settings of jobs of both that are others on the leader, as `<job>.<setting>`. */
  readonly settings: readonly string[];
}

/** A difference that a follower has found and reported. */
export interface FoundDifference extends JobSetDifference {
  /** The leader that has the other jobs. */
  readonly podId: string;
  /** Whether the versions differ and a rolling update may be under way. */
  readonly isInformation: boolean;
}

const NOTHING = { missing: [], stopped: [], schedules: [], settings: [] };

/** That the leader has published nothing. */
export const UNPUBLISHED: JobSetDifference = { kind: 'unpublished', ...NOTHING };

/** How the leader's jobs differ from a follower's; `undefined`: not at all. Further jobs of the leader do not count. */
export function differenceOf(own: JobSet, leader: JobSet): JobSetDifference | undefined {
  const ticking = tickingJobs(own);
  const ticksThere = tickingJobs(leader);
  const missing = [...ticking].filter(name => !ticksThere.has(name)).sort();
  const common = [...own.jobs.keys()].filter(name => leader.jobs.has(name)).sort();
  const schedules = common.filter(name => own.jobs.get(name)?.schedule !== leader.jobs.get(name)?.schedule);
  const settings = common.flatMap(name => otherSettings(name, own, leader));
  if (missing.length + schedules.length + settings.length === 0) return undefined;
  const stopped = missing.filter(name => leader.jobs.get(name)?.isStopped === true);
  const kind = isOther(own, leader) ? 'applications' : missing.length > 0 ? 'jobs' : 'settings';
  return { kind, missing, stopped, schedules, settings };
}

/** Whether the follower is about to be preferred: nothing needs to be done about what is missing on the leader. */
export function isLargerSet(own: JobSet, leader: JobSet): boolean {
  return isLarger(tickingJobs(own), tickingJobs(leader));
}

/** Two names of applications; or, where they have none, two sets of jobs that have none in common. */
function isOther(own: JobSet, leader: JobSet): boolean {
  if (own.app !== '' && leader.app !== '') return own.app !== leader.app;
  const shared = [...own.jobs.keys()].some(name => leader.jobs.has(name));
  return own.jobs.size > 0 && leader.jobs.size > 0 && !shared;
}

function otherSettings(name: string, own: JobSet, leader: JobSet): string[] {
  const here = own.jobs.get(name)?.settings ?? {};
  const there = leader.jobs.get(name)?.settings ?? {};
  // A setting that one of them does not know, being of another version, is no difference.
  const known = Object.keys(here).filter(setting => there[setting] !== undefined);
  return known
    .filter(setting => here[setting] !== there[setting])
    .sort()
    .map(setting => `${name}.${setting}`);
}
