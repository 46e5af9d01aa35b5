/*
 * The names of 0.4, which work until 1.0. To remove them: delete this file, delete each line that ends in `until 1.0`,
 * and put in place of each line that ends in `until 1.0: …` what stands behind the colon.
 * `test/package/deprecated.spec.ts` checks that no other file of lib needs a change. docs/migration.md has a row for each
 * name. Remove with them: this file from the table of docs/architecture.md; `FormerEventFacts`, `FormerEvents` and
 * `ScheduleEventFacts` from typedoc.json; and `{test/package,test/unit}/deprecated.spec.ts`, `test/support/documented-renames.ts`
 * and `test/integration/nest/former-names.spec.ts`; and what `test/package/documented-json.spec.ts` leaves out.
 *
 * To rename a public name: give the type its former name here (an augmentation, or an alias), a result or an event its
 * former property in `FORMER_NAMES` or `FORMER_FACTS`; add a row to the table of docs/migration.md and an expression to
 * `DOCUMENTED_RENAMES` of `test/support/documented-renames.ts`.
 */

import { InvalidOptionsError } from './core/errors/errors.js';
import type {
  RunEventFacts,
  ScheduleEvent as EventOf,
  ScheduleEventFacts as Facts,
  ScheduleEventType,
  TickEventFacts,
} from './core/events.js';
import type { Duration } from './core/options/duration.js';
import type { RunTicket } from './client/run-ticket.js';
import type { JobRun } from './core/run/job-run.js';
import type { RunOutcome } from './core/run/run-outcome.js';
import type { CreateJobOptions } from './interfaces/create-job-options.interface.js';
import type { JobOverrides } from './interfaces/job-overrides.interface.js';
import type { JobDecoratorOptions } from './interfaces/leader-cron-options.interface.js';
import type { JobDefaultsAndOverrides } from './interfaces/schedule-module-options.interface.js';

/** @deprecated Until 1.0: `CreateJobOptions`. */
export type JobOptions = CreateJobOptions;

/** @deprecated Until 1.0: `JobDefaultsAndOverrides`. */
export type JobsOptions = JobDefaultsAndOverrides;

/** @deprecated Until 1.0: `JobOverrides`. */
export type JobSettingsOptions = JobOverrides;

/** @deprecated Until 1.0: `JobDecoratorOptions`. */
export type LeaderJobOptions = JobDecoratorOptions;

/** @deprecated Until 1.0: `Exclude<RunOutcome, 'running'>`. */
export type EndOutcome = Exclude<RunOutcome, 'running'>;

/** @deprecated Until 1.0: `Extract<RunOutcome, 'failed' | 'timed-out' | 'aborted'>`. */
export type FailedOutcome = Extract<RunOutcome, 'failed' | 'timed-out' | 'aborted'>;

/** @deprecated Until 1.0: `RunEventFacts`. */
export type RunFacts = RunEventFacts;

/** @deprecated Until 1.0: `TickEventFacts`. */
export type TickFacts = TickEventFacts;

/** @deprecated Until 1.0: `RunAndWaitOptions`, of `runAndWait()`. */
export interface RunNowOptions {
  /** Whether, or how long at most, to wait for the run's end; `true`: as long as it takes. @default not at all */
  readonly wait?: boolean | Duration;
}

/** The facts of events under their former names, and the event that had another name. */
interface FormerEventFacts {
  readonly 'leader.followed': {
    /** @deprecated Until 1.0: `podId`. */
    readonly holder: string;
  };
  readonly 'leader.unsteady': {
    /** @deprecated Until 1.0: `podId`. */
    readonly rival: string;
  };
  readonly 'jobs.different': {
    /** @deprecated Until 1.0: `podId`. */
    readonly holder: string;
  };
  readonly 'job.overdue': {
    /** @deprecated Until 1.0: `podId`. */
    readonly holder: string;
    /** @deprecated Until 1.0: `watermark`. */
    readonly mark: Date;
    /** @deprecated Until 1.0: `isResignationRequested`. */
    readonly isAskedToResign: boolean;
  };
}

interface FormerEvents {
  /** @deprecated Until 1.0: `job.override-invalid`. For listeners of EventEmitter2 of exactly this name. */
  readonly 'job.misordered': {
    readonly job: string;
    /** @deprecated Until 1.0: `override` of `job.override-invalid`. */
    readonly order: string;
    readonly error: unknown;
  };
}

/** The fields of each event beside its `type`. */
export type ScheduleEventFacts = FormerEvents & {
  readonly [Type in keyof Facts]: Facts[Type] &
    (Type extends keyof FormerEventFacts ? FormerEventFacts[Type] : unknown);
};

/**
 * An event of this pod, distinguished by its `type`. `ScheduleEvent<'job.failed'>` is that one event.
 * Durations are in milliseconds.
 */
export type ScheduleEvent<Type extends ScheduleEventType | keyof FormerEvents = ScheduleEventType> = {
  [Name in Type]: { readonly type: Name } & ScheduleEventFacts[Name];
}[Type];

declare module './client/status.js' {
  interface ScheduleStatus {
    /** @deprecated Until 1.0: `podId`. */
    readonly candidateId: string;
    /** @deprecated Until 1.0: `jobCount`. */
    readonly jobs: number;
  }

  interface StatusLeader {
    /** @deprecated Until 1.0: `podId`. */
    readonly candidateId: string;
  }

  interface PodInfo {
    /** @deprecated Until 1.0: `podId`. */
    readonly candidateId: string;
  }

  interface OverdueJob {
    /** @deprecated Until 1.0: `watermark`. */
    readonly mark: Date;
  }

  interface JobDifference {
    /** @deprecated Until 1.0: `podId`. */
    readonly holder: string;
  }
}

declare module './client/job-info.js' {
  interface JobInfo {
    /** @deprecated Until 1.0: `description`. */
    readonly words: string;
    /** @deprecated Until 1.0: `definedIn`. */
    readonly definedAt: string;
  }
}

declare module './client/control.js' {
  interface PauseOptions {
    /** @deprecated Until 1.0: `duration`. */
    readonly for?: Duration;
  }
}

declare module './core/job/job.js' {
  interface JobContext {
    /** @deprecated Until 1.0: `tick`, which is the same instant. */
    readonly scheduledAt: Date;
  }
}

declare module './core/run/job-run.js' {
  interface JobRun {
    /** @deprecated Until 1.0: `podId`. */
    readonly pod: string;
  }
}

declare module './leader.service.js' {
  interface LeaderInfo {
    /** @deprecated Until 1.0: `podId`. */
    readonly candidateId: string;
    /** @deprecated Until 1.0: `isThisPod`. */
    readonly isMe: boolean;
  }

  interface LeaderService {
    /** @deprecated Until 1.0: `podId`. */
    readonly candidateId: string;
    /** @deprecated Until 1.0: `current()`. */
    leader(): Promise<LeaderInfo | undefined>;
  }
}

declare module './schedule.service.js' {
  interface ScheduleService {
    /** @deprecated Until 1.0: `abortRun()`, which is not `not-found`. */
    abort(id: string): Promise<boolean>;
    /** @deprecated Until 1.0: `runNow()` without options. */
    runNow(job: string, options: { readonly wait?: false } | undefined): Promise<RunTicket>;
    /** @deprecated Until 1.0: `runAndWait()`. */
    // oxlint-disable-next-line typescript/no-deprecated -- the types of 0.4
    runNow(job: string, options: RunNowOptions): Promise<JobRun | undefined>;
  }
}

/** The former names of properties of results, each with the name that it has now. */
export const FORMER_NAMES = {
  difference: { holder: 'podId' },
  jobInfo: { words: 'description', definedAt: 'definedIn' },
  jobRun: { pod: 'podId' },
  leader: { candidateId: 'podId', isMe: 'isThisPod' },
  overdueJob: { mark: 'watermark' },
  pod: { candidateId: 'podId' },
  scheduler: { holder: 'podId' },
  status: { candidateId: 'podId', jobs: 'jobCount' },
  statusOutput: { jobs: 'jobCount' },
} as const;

type Named<Result, Names extends Readonly<Record<string, keyof Result>>> = {
  readonly [Former in keyof Names]: Result[Names[Former]];
};

/** Gives a result its former names as well. They are enumerable: what users and the command line print as JSON keeps them. */
export function addFormerNames<Result extends object, Names extends Readonly<Record<string, keyof Result>>>(
  result: Result,
  names: Names,
): asserts result is Result & Named<Result, Names> {
  for (const [former, name] of Object.entries(names)) Object.assign(result, { [former]: result[name] });
}

/** Gives `LeaderService` its former members. */
export function addFormerLeaderMembers(prototype: { current(): unknown; readonly podId: string }): void {
  Object.defineProperties(prototype, {
    candidateId: {
      configurable: true,
      get(this: typeof prototype) {
        return this.podId;
      },
    },
    leader: {
      configurable: true,
      writable: true,
      value(this: typeof prototype) {
        return this.current();
      },
    },
  });
}

/** Gives `ScheduleService` its former members. */
export function addFormerScheduleMembers(prototype: Controls): void {
  const { runNow } = prototype;
  Object.defineProperties(prototype, {
    abort: {
      configurable: true,
      writable: true,
      async value(this: Controls, id: string) {
        return (await this.abortRun(id)) !== 'not-found';
      },
    },
    runNow: {
      configurable: true,
      writable: true,
      async value(
        this: Controls,
        job: string,
        { wait = false }: { readonly wait?: boolean | Duration } = {},
      ) {
        if (wait === false) return runNow.call(this, job);
        return this.runAndWait(job, wait === true ? {} : { maxWait: wait });
      },
    },
  });
}

interface Controls {
  abortRun(id: string): Promise<string>;
  readonly runNow: (job: string) => Promise<unknown>;
  runAndWait(job: string, options: { readonly maxWait?: Duration }): Promise<unknown>;
}

/**
 * The options of `pause` with their new names.
 *
 * @throws InvalidOptionsError where `for` stands beside `duration`
 */
export function withDuration<Options extends { readonly duration?: Duration }>({
  for: former,
  ...options
}: Options & { readonly for?: Duration }) {
  if (former === undefined) return options;
  if (options.duration === undefined) return { ...options, duration: former };
  throw new InvalidOptionsError({
    problem: 'A pause has one duration',
    received: { for: former, duration: options.duration },
    remedy: 'Leave out `for`, the name of `duration` before 0.5',
  });
}

/** The former names of the facts of events, each with the name that it has now. */
const FORMER_FACTS: { readonly [Type in ScheduleEventType]?: Readonly<Record<string, string>> } = {
  'leader.followed': { holder: 'podId' },
  'leader.unsteady': { rival: 'podId' },
  'jobs.different': { holder: 'podId' },
  'job.overdue': { holder: 'podId', mark: 'watermark', isAskedToResign: 'isResignationRequested' },
};

/** Gives an event its former facts as well, which all listeners see. */
export function addFormerFacts(event: EventOf): asserts event is ScheduleEvent {
  for (const [former, name] of Object.entries(FORMER_FACTS[event.type] ?? {}))
    Object.assign(event, { [former]: Reflect.get(event, name) as unknown });
}

type Listener = (...given: unknown[]) => unknown;

/**
 * Calls the listeners of an event's former name, and of no other: a listener of a wildcard, or of both names, gets the event
 * once, under its name.
 */
export function callFormerListeners(
  emitter: { listeners(event: string): readonly Listener[] },
  event: EventOf,
  call: (listener: Listener, event: ScheduleEvent<keyof FormerEvents>) => void,
): void {
  if (event.type !== 'job.override-invalid') return;
  const former = {
    type: 'job.misordered',
    job: event.job,
    order: event.override,
    error: event.error,
  } as const;
  const served = [...emitter.listeners(event.type)];
  for (const listener of emitter.listeners('job.misordered').slice()) {
    const at = served.indexOf(listener);
    if (at >= 0) served.splice(at, 1);
    else call(underFormerName(emitter, listener), former);
  }
}

/** EventEmitter2 gives its listeners the name as `this.event`. */
function underFormerName(emitter: object, listener: Listener): Listener {
  return (...given) => {
    Object.assign(emitter, { event: 'job.misordered' });
    return listener.apply(emitter, given);
  };
}
