import type { AdoptionResult, KeptMethod, PlainMethod } from './adopt-jobs.js';

/** A line of the log has at most 2,000 characters. */
const MAX_LIST = 1700;

/** The lines of the start about what `jobs.adopt` did. */
export interface AdoptionLines {
  readonly info: readonly string[];
  readonly warnings: readonly string[];
}

/** Every adopted job, what stays on every pod, and what could not be adopted. */
export function adoptionLines({ adopted, kept }: AdoptionResult): AdoptionLines {
  const jobs = adopted.map(({ job, plain }) => shown(job.name, plain));
  const unwanted = kept.filter(({ reason }) => reason === undefined);
  return {
    info: [
      ...(jobs.length === 0
        ? ['Adopted no method of @nestjs/schedule as a leader job']
        : lines(`Adopted ${methods(jobs.length)} of @nestjs/schedule as leader jobs`, jobs)),
      ...lines('Not adopted, so that they run on every pod', unwanted.map(keptText)),
    ],
    warnings: kept.flatMap(({ plain, reason }) =>
      reason === undefined ? [] : `${shown(plain.name, plain)} stays with @nestjs/schedule: ${reason}`,
    ),
  };
}

/** The line of a start without `jobs.adopt` and without a leader job, when methods of @nestjs/schedule run on every pod. */
export function plainJobsLine({ kept }: AdoptionResult): string | undefined {
  const count = kept.filter(({ plain }) => plain.decorator !== 'Timeout').length;
  if (count === 0) return undefined;
  return `There is no leader job. On every pod: ${methods(count)} with @Cron or @Interval; jobs.adopt makes leader jobs of them`;
}

function keptText({ plain }: KeptMethod): string {
  const { name, decorator } = plain;
  return decorator === 'Timeout' ? `${name} (@Timeout, adopted by its name only)` : shown(name, plain);
}

function shown(name: string, { decorator }: PlainMethod): string {
  return `${name} (@${decorator})`;
}

function methods(count: number): string {
  return count === 1 ? '1 method' : `${count} methods`;
}

/** One line or, of a long list, several. */
function lines(head: string, items: readonly string[]): readonly string[] {
  const parts: string[] = [];
  for (const item of items) {
    const last = parts.at(-1);
    if (last === undefined || last.length + item.length > MAX_LIST) parts.push(item);
    else parts[parts.length - 1] = `${last}, ${item}`;
  }
  return parts.map((part, index) => `${head}${index === 0 ? '' : ', continued'}: ${part}`);
}
