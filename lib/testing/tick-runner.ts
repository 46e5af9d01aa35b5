import type { SkipReason } from '../core/run/run-outcome.js';
import type { JobRun } from '../core/run/job-run.js';
import type { Job, JobContext, JobHandler } from '../core/job/job.js';
import { toJobRun } from '../client/run-view.js';
import type { Assembled } from '../nest/composition-root.js';
import type { RunLog } from './run-log.js';
import type { TestRuntime } from './test-runtime.js';

/** A run that has not ended after this virtual time counts as running. */
const LONGEST_RUN_MS = 3_600_000;
/** The end of the idempotency key of a manual run. */
const MANUAL = /:manual:[^:]*$/;

/** Facts of a tick that a test runs. */
export interface RunTickOptions {
  /** Whether the tick was missed when it fell due, and is caught up. @default false */
  readonly catchUp?: boolean;
  /** Whether an earlier run of the tick crashed with its pod: attempts count from 2 then. @default false */
  readonly recovering?: boolean;
}

/** A tick, and the application that is to run it. */
export interface TestTick extends RunTickOptions {
  readonly runtime: TestRuntime;
  readonly parts: Assembled;
  readonly job: Job;
  /** Unix ms. */
  readonly tick: number;
}

/** Runs single ticks: as those of the schedule, but beside it. */
export class TickRunner {
  private readonly ticks = new Set<TestTick>();

  constructor(private readonly log: RunLog) {}

  /** Resolves to the run as it was recorded; as one that goes on if an hour of virtual time does not end it. */
  async run(order: TestTick): Promise<JobRun> {
    const token = order.parts.elector.currentTerm()?.token;
    if (token === undefined) return undecided(order, 'not-leader');
    this.ticks.add(order);
    const run = await this.outcome(order, token);
    this.ticks.delete(order);
    return run;
  }

  /** A handler that takes a tick of this runner for one of the schedule. */
  wrap(handler: JobHandler): JobHandler {
    return context => handler(this.asScheduled(context));
  }

  private async outcome(order: TestTick, token: number): Promise<JobRun> {
    const { runtime, parts, job, tick, catchUp = false } = order;
    const from = this.log.size;
    let skipped: SkipReason | undefined;
    const unsubscribe = runtime.events.subscribe(event => {
      if (event.type === 'job.skipped' && isOf(order, event)) skipped = event.reason;
    });
    const ended = () => this.log.find(record => record.manual && isOf(order, record), from);
    parts.schedulers.add(job, { tick, intent: 'run', manual: true, catchUp }, token);
    await runtime.clock.advanceUntil(() => (ended() ?? skipped) !== undefined, LONGEST_RUN_MS);
    unsubscribe();
    return ended() ?? undecided(order, skipped);
  }

  private asScheduled(context: JobContext): JobContext {
    const { idempotencyKey, attempt } = context;
    const isManual = MANUAL.test(idempotencyKey);
    const order = isManual ? [...this.ticks].find(one => isOf(one, context)) : undefined;
    if (order === undefined) return context;
    const again = order.recovering === true ? { recovering: true, attempt: attempt + 1 } : {};
    return { ...context, ...again, idempotencyKey: idempotencyKey.replace(MANUAL, '') };
  }
}

function isOf({ job, tick }: TestTick, other: { readonly job: string; readonly tick: Date }): boolean {
  return other.job === job.name && other.tick.getTime() === tick;
}

/** Of a run that nothing is recorded of: it did not start, or it has not ended. */
function undecided({ runtime, job, tick }: TestTick, skipped: SkipReason | undefined): JobRun {
  const { appName: app = '', appVersion: version = '' } = runtime.options ?? {};
  const facts = { app, version, pod: runtime.podId, schedule: job.schedule.source };
  const state = skipped === undefined ? 'claimed' : 'skipped';
  const at = runtime.clock.now().wallMs;
  const run = { job: job.name, tick, runId: '', manual: true, token: 0, attempt: 1, reason: skipped ?? '' };
  return toJobRun({ ...run, state, at, facts });
}
