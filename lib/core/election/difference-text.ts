import type { JobSetDifference } from './job-set-difference.js';

/** More names are counted. */
const NAMED = 5;

const OWN_KEY = 'give each application an appName or leader.key of its own';

/** How the jobs of this pod differ from those of the leader, and what to do about it; one sentence each. */
export function differenceText(found: JobSetDifference & { readonly podId: string }): string {
  const { kind, podId, missing, stopped } = found;
  switch (kind) {
    case 'unpublished':
      return `The leader ${podId} publishes no job set, as 0.3 does not: leadership cannot move to the pod with more jobs. Update all pods, or delete a lease key that was set manually`;
    case 'applications':
      return `This pod and the leader ${podId} seem to be two applications on one lease key: ${missingWords(missing)}; ${OWN_KEY}`;
    case 'jobs':
      return `The leader ${podId} lacks jobs of this pod: ${missingWords(missing)}${stoppedWords(stopped)}. Give every pod the same jobs; or ${OWN_KEY}`;
    case 'settings':
      return `Jobs are not the same on the leader ${podId}, whose version holds: ${otherWords(found)}. Deploy the same code and configuration to every pod; use jitter to spread starts`;
  }
}

function missingWords(missing: readonly string[]): string {
  if (missing.length === 0) return 'the jobs of both have other schedules or settings';
  return `${named(missing)} ${missing.length === 1 ? 'does' : 'do'} not run`;
}

function stoppedWords(stopped: readonly string[]): string {
  return stopped.length === 0 ? '' : `, stopped there: ${named(stopped)}`;
}

function otherWords({ schedules, settings }: JobSetDifference): string {
  return named([...schedules.map(job => `${job} (schedule)`), ...settings]);
}

/** The first names, and how many more there are. */
export function named(names: readonly string[]): string {
  const first = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${first} and ${names.length - NAMED} more` : first;
}
