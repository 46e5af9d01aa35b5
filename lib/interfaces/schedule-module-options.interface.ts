import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';

import type { JobAdoption } from '../core/job/adoption.js';
import type { Duration } from '../core/options/duration.js';
import type { AroundAttempt } from '../core/job/job.js';
import type { RedisInput } from '../core/options/redis-input.js';
import type { JobOverrides } from './job-overrides.interface.js';
import type { JobPolicyOptions } from './job-policy-options.interface.js';

/**
 * Options of `ScheduleModule.forRoot`. Each may also be written in the configuration (`schedule.…`, by
 * ConfigService) or in the environment; what is passed in code is the strongest.
 */
export interface ScheduleModuleOptions {
  /**
   * `redis`: all pods compete for one lease, the leader runs the jobs. `ram`: this process always leads; with
   * several replicas every one of them runs every tick.
   * @default 'redis'
   */
  readonly mode?: 'redis' | 'ram';
  /**
   * Names the lease, `scheduler:<appName>:leader`, so that applications can share a Redis. Spaces become `-`,
   * braces are refused.
   * @default none: the key is `scheduler:leader`
   */
  readonly appName?: string;
  /** Version of the application, recorded in the history; at most 100 characters. @default none */
  readonly appVersion?: string;
  /** Where Redis is. @default 'redis://localhost:6379' */
  readonly redis?: RedisInput;
  readonly leader?: LeaderOptions;
  /**
   * `strict`: a tick starts only after the replicas of Redis have confirmed its claim, so that a fail-over of Redis
   * starts no tick twice. Costs about a millisecond per tick; while replicas are missing nothing starts. Without
   * effect in RAM mode.
   * @default 'normal'
   */
  readonly consistency?: 'normal' | 'strict';
  /**
   * With `strict`: how many replicas must confirm at least, 1 to 100. More must when Redis had more within the last ten
   * minutes: one that is away may come back and be promoted.
   * @default 1
   */
  readonly replicas?: number;
  readonly jobs?: JobDefaultsAndOverrides;
  /**
   * Surrounds every attempt of every job, of retries, manual runs and recoveries too: for a request context, the context of
   * an ORM, a tenant, a scope of Sentry. It calls `next` once and returns its promise. Only code can give it.
   *
   * An error that it throws fails the attempt, and is retried like an error of the handler. Without a call of `next`, or with a
   * second one, the run fails with `AroundError` and is not retried.
   *
   * @example
   * ```ts
   * ScheduleModule.forRootAsync({
   *   inject: [ClsService],
   *   useFactory: (cls: ClsService) => ({ around: (_context, next) => cls.run(() => next()) }),
   * });
   * ```
   * @default none
   */
  readonly around?: AroundAttempt;
  readonly shutdown?: ShutdownOptions;
}

/** The lease: its timing and its key. */
export interface LeaderOptions {
  /** How often the leader renews its lease and a follower probes it; 50 ms to 24 h. @default '3s' */
  readonly interval?: Duration;
  /**
   * How long the lease of a leader that died keeps the others waiting; 500 ms to 24 h. Must be long enough for
   * one failed renewal: at least interval + safety margin + two command timeouts.
   * @default '10s'
   */
  readonly ttl?: Duration;
  /** The lease key itself, instead of the one made from `appName`. */
  readonly key?: string;
  /**
   * Whether a leader whose connection to Redis is gone, as after a crash, is replaced within half a second of the next
   * tick, or `interval` + 0.4 s, instead of when its lease ends.
   * @default true
   */
  readonly fastTakeover?: boolean;
}

/** Options of all jobs; a job's own options override them field by field. */
export interface JobDefaultOptions extends JobPolicyOptions {
  /**
   * IANA time zone of jobs that set neither `timeZone` nor `utcOffset`, such as `Europe/Berlin`.
   * @default the zone of the process: set `TZ` alike on all pods
   */
  readonly timeZone?: string;
  /**
   * Register jobs without starting them on this pod, unless they set `disabled: false`: for pods of another role.
   * @default false
   */
  readonly disabled?: boolean;
}

/** Options of all jobs, and of single ones by their names: `{ defaults: { … }, 'Reports.daily': { … } }`. */
export interface JobDefaultsAndOverrides {
  /**
   * Which methods with decorators of @nestjs/schedule become leader jobs, unchanged: `true` for all with `@Cron` or
   * `@Interval`; a list of names (of the decorator, or `Class.method`) and of patterns with `*`; or a function that decides
   * for each. The rest stays as it is, on every pod. A `@Timeout` becomes one by its exact name only. Names and patterns
   * without a method are refused.
   * @default false
   */
  readonly adopt?: JobAdoption;
  /** The options of jobs without options of their own. */
  readonly defaults?: JobDefaultOptions;
  /**
   * Overrides the options of the decorator of the job of this name. A name that no job has is reported when the
   * application starts, in a warning.
   */
  readonly [method: `${string}.${string}`]: JobOverrides | undefined;
  /** As above, for names without a dot. The start refuses a value that is no object of options. */
  readonly [job: string]: JobOverrides | JobAdoption | undefined;
}

/** How a pod shuts down. */
export interface ShutdownOptions {
  /**
   * How long a shutdown waits for running handlers, 0 to 24 h. The lease is released before, and the jobs of these
   * handlers stay locked. After that time their signals abort with `ShutdownError`, and they have another second.
   * @default '25s', as Kubernetes kills after 30 s
   */
  readonly drainTimeout?: Duration;
}

/** For `useClass` and `useExisting`. */
export interface ScheduleOptionsFactory {
  /** Called once, when Nest builds its providers. */
  createScheduleOptions(): ScheduleModuleOptions | Promise<ScheduleModuleOptions>;
}

/** Options of `ScheduleModule.forRootAsync`: one of `useFactory`, `useClass` and `useExisting`. */
export interface ScheduleModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Makes the options; called with what `inject` names. */
  // Nest's own types are as loose.
  readonly useFactory?: (...args: never[]) => ScheduleModuleOptions | Promise<ScheduleModuleOptions>;
  /** The providers that `useFactory` is called with. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  /** A provider to be made, which makes the options. */
  readonly useClass?: Type<ScheduleOptionsFactory>;
  /** A provider of the application, which makes the options. */
  readonly useExisting?: Type<ScheduleOptionsFactory>;
}
