import { errorFacts } from '../errors/error-facts.js';
import type { Schedule } from '../schedule/schedule.js';

/** What is recorded of a run beside its state, flat and JSON-safe. */
export type RunFacts = Readonly<Record<string, string | number | boolean>>;

/** Who runs: the same for every run of a process. */
export interface PodFacts {
  readonly app: string;
  readonly version: string;
  /** Identity of the candidate. */
  readonly pod: string;
}

/** How a run came about. */
interface Origin {
  readonly catchUp: boolean;
  readonly recovering: boolean;
}

/** What is known when a tick is claimed, or decided not to run. */
export function tickFacts(pod: PodFacts, schedule: Schedule, tick: number, origin: Origin): RunFacts {
  const next = schedule.next(tick);
  return {
    ...pod,
    schedule: schedule.source,
    ...(next !== undefined && { next }),
    ...(origin.catchUp && { catchUp: true }),
    ...(origin.recovering && { recovering: true }),
  };
}

/** What is known when a run has ended. Instants in Unix ms by the store's clock. */
export function endFacts(
  facts: RunFacts,
  ended: { readonly startedAt: number; readonly finishedAt: number; readonly durationMs: number },
  error: unknown,
): RunFacts {
  return { ...facts, ...ended, ...(error !== undefined && errorFacts(error)) };
}
