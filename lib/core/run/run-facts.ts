/*
 * The facts of a run in its record, and the property of `JobRun` that shows each (`lib/client/run-view.ts`):
 *
 *   pod           podId             startedAt, finishedAt, durationMs   the same
 *   app, version  the same          errorName, -Message, -Stack         error.name, message, stack
 *   schedule      the same          catchUp, recovering                 the same; absent: false
 *   next          nextTick          since, count                        missed.since, count
 *
 * The other properties (`job`, `tick`, `runId`, `manual`, `outcome`, `attempts`, `token`, `reason`) come from the state of
 * the record.
 */
import type { Schedule } from '../schedule/schedule.js';

/** The recorded facts of a run beside its state, flat and JSON-safe. */
export type RunFacts = Readonly<Record<string, string | number | boolean>>;

/** The pod of a run: the same for every run of a process. */
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

/** The facts at the time when a tick is claimed, or decided not to run. */
export function tickFacts(pod: PodFacts, schedule: Schedule, tick: number, origin: Origin): RunFacts {
  const next = schedule.next(tick);
  const { app, version, pod: podId } = pod;
  return {
    app,
    version,
    pod: podId,
    schedule: schedule.source,
    ...(next !== undefined && { next }),
    ...(origin.catchUp && { catchUp: true }),
    ...(origin.recovering && { recovering: true }),
  };
}
