/*
 * The jobs of one pod, as it publishes them for the other pods. A set is stored once, in pages, under a digest of its
 * text: pods with the same jobs share it.
 */
import type { Job } from '../job/job.js';
import { at } from '../options/option-path.js';

/** More jobs on one page would make one command long. */
export const JOBS_A_PAGE = 250;

/** The facts that decide when and how a job runs, by name. */
export type JobFacts = Readonly<Record<string, string>>;

/** A leader job as one pod has it. */
export interface SetJob {
  /** Fingerprint of the schedule that stands in the code of the pod, or that a user has set on its CronJob. */
  readonly schedule: string;
  readonly settings: JobFacts;
  /** Disabled, or stopped by a user on that pod: it does not tick there, and does not count. */
  readonly isStopped: boolean;
}

/** All leader jobs of one pod. */
export interface JobSet {
  /** Name of the application; empty where there is none. */
  readonly app: string;
  /** Version of the application; empty where there is none. */
  readonly version: string;
  readonly jobs: ReadonlyMap<string, SetJob>;
}

/** The names of the jobs that tick on the pod: what one set is compared by with another. */
export function tickingJobs({ jobs }: JobSet): ReadonlySet<string> {
  return new Set([...jobs].flatMap(([name, { isStopped }]) => (isStopped ? [] : [name])));
}

/** Whether one set has all that another has, and more. */
export function isLarger(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size > other.size && [...other].every(name => one.has(name));
}

/** The settings that a pod compares with those of the leader. */
export function settingsOf({ policy, thresholdMs }: Job): JobFacts {
  const { overlap, catchUp, catchUpWindowMs, jitterMs, timeoutMs, recover, retry } = policy;
  const settings = { overlap, catchUp, catchUpWindowMs, jitterMs, timeoutMs, recover, thresholdMs };
  // Pods of 0.5 do not know it.
  const atStart = policy.runAtStart ? { runAtStart: true } : {};
  const facts = Object.entries({ ...settings, ...atStart, attempts: retry.attempts });
  return Object.fromEntries(facts.map(([name, value]) => [name, String(value)]));
}

/** The text of a set, page by page, at least one. The same for all pods with the same jobs; ASCII only. */
export function pagesOf({ app, version, jobs }: JobSet): readonly string[] {
  const rows = [...jobs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { schedule, settings, isStopped }]) => [name, schedule, settings, isStopped]);
  const count = Math.max(1, Math.ceil(rows.length / JOBS_A_PAGE));
  return Array.from({ length: count }, (_, index) => {
    const page = rows.slice(index * JOBS_A_PAGE, (index + 1) * JOBS_A_PAGE);
    return ascii(JSON.stringify({ app, version, jobs: page }));
  });
}

/** Reads the pages of a set; `undefined` where they cannot be read. */
export function parseJobSet(pages: readonly string[]): JobSet | undefined {
  const jobs = new Map<string, SetJob>();
  let app = '';
  let version = '';
  for (const page of pages) {
    const tree = parse(page);
    const rows = at(tree, 'jobs');
    if (!Array.isArray(rows)) return undefined;
    app = text(at(tree, 'app'));
    version = text(at(tree, 'version'));
    for (const row of rows as unknown[]) {
      if (!Array.isArray(row)) return undefined;
      const [name, schedule, settings, isStopped] = row as unknown[];
      if (typeof name !== 'string') return undefined;
      jobs.set(name, {
        schedule: text(schedule),
        settings: factsIn(settings),
        isStopped: isStopped === true,
      });
    }
  }
  return { app, version, jobs };
}

function factsIn(value: unknown): JobFacts {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, fact]) => [name, text(fact)]));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(page: string): unknown {
  try {
    return JSON.parse(page);
  } catch {
    return undefined;
  }
}

/** The length in characters is then the length in bytes, by which the store sees whether a page is kept. */
function ascii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
