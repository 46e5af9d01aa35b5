import type { CronTimeInput } from '../schedule/cron-schedule.js';
import type { Duration } from '../options/duration.js';

/** Reads the configuration by a dotted path, such as `reports.cron`; ConfigService of @nestjs/config is one. */
export interface ConfigReader {
  /** The value at a path; `undefined` where there is none. */
  get<Value = unknown>(path: string): Value | undefined;
}

/** Names a provider: its class, or the token under which it is provided. */
export type ProviderToken<Provider> = (abstract new (...args: never[]) => Provider) | string | symbol;

/** Finds a provider of the application, in whatever module. */
export type ProviderReader = <Provider>(token: ProviderToken<Provider>) => Provider;

/** The argument of a function that returns a schedule or an option. */
export interface ScheduleContext {
  /** ConfigService of @nestjs/config. Without it every `get` throws `InvalidOptionsError`. */
  readonly config: ConfigReader;
  /**
   * A provider of the application, in whatever module; its `onModuleInit` has ended.
   *
   * @throws InvalidOptionsError where there is none, or where it is one of the scope REQUEST or TRANSIENT
   */
  get<Provider>(this: void, token: ProviderToken<Provider>): Provider;
}

/**
 * Returns an option when the application starts; `undefined` sets nothing. It is called once, and must not be
 * asynchronous. If it throws, the start fails with `InvalidOptionsError`.
 */
export type OptionFactory<Value> = (context: ScheduleContext) => Value | undefined;

/** Options of which each may also be a function that returns it: `{ timeout: ({ get }) => get(Limits).timeout }`. */
export type WithFactories<Options> = {
  readonly [Name in keyof Options]: GroupWithFactories<Options[Name]> | OptionFactory<Options[Name]>;
};

type GroupWithFactories<Value> = Value extends object ? WithFactories<Value> : Value;

/**
 * Returns a schedule when the application starts: an expression, a date, or `-` (or `''`) for a job that is off. If it
 * throws or returns `undefined`, the start fails with `InvalidCronError`.
 */
export type ScheduleFactory = (context: ScheduleContext) => CronTimeInput | undefined;

/** The metadata of a decorator on a method, not checked yet. */
export type JobDefinition = DefinedByCron | DefinedByDuration;

interface Defined {
  /** Begins the message when something is wrong, instead of `@LeaderCron on Class.method`. */
  readonly place?: string;
  /** As written by the user. */
  readonly options: unknown;
}

interface DefinedByCron extends Defined {
  readonly decorator?: 'LeaderCron';
  readonly cronTime: CronTimeInput | ScheduleFactory;
}

interface DefinedByDuration extends Defined {
  readonly decorator: 'LeaderInterval' | 'LeaderTimeout';
  readonly duration: Duration | OptionFactory<Duration>;
}
