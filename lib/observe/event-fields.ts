import { errorFacts } from '../core/errors/error-facts.js';
import { redact } from '../core/errors/redact.js';
import { MAX_TEXT, oneLine } from '../core/errors/sanitize.js';
import type { ScheduleEvent, ScheduleEventType } from '../core/events.js';

/** The facts of an event, as fields: `event`, `pod`, the `token` of a term, the message of an `error`, and the rest. */
export function eventFields({ type, ...facts }: ScheduleEvent, pod: string): object {
  const names = FIELD_NAMES[type] ?? {};
  const fields = Object.entries(facts).map(toField);
  return {
    event: type,
    pod,
    ...Object.fromEntries(fields.map(([name, value]) => [names[name] ?? name, value])),
  };
}

/** Where a field of the log has another name than the fact: alerts use the names of 0.4. */
const FIELD_NAMES: { readonly [Type in ScheduleEventType]?: Readonly<Record<string, string>> } = {
  'leader.followed': { podId: 'holder' },
  'leader.unsteady': { podId: 'rival' },
  'jobs.different': { podId: 'holder' },
  'job.overdue': { podId: 'holder', watermark: 'mark', isResignationRequested: 'isAskedToResign' },
  'job.override-invalid': { override: 'order' },
};

function toField([key, value]: [string, unknown]): [string, unknown] {
  if (key === 'error' || key === 'cause') return ['error', errorFacts(value).errorMessage];
  if (value instanceof Date) return [key, value.toISOString()];
  if (Array.isArray(value)) return [key, safe(value.join(', '))];
  if (typeof value === 'string') return [key, safe(value)];
  return isTerm(value) ? ['token', value.token] : [key, value];
}

function safe(text: string): string {
  return oneLine(redact(text.slice(0, 2 * MAX_TEXT)));
}

function isTerm(value: unknown): value is { readonly token: number } {
  return typeof value === 'object' && value !== null && 'token' in value;
}
