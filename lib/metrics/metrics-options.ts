import type { ModuleMetadata } from '@nestjs/common';
import { register, type OpenMetricsContentType, type Registry } from 'prom-client';

import { InvalidOptionsError } from '../core/errors/errors.js';

/** Options of `ScheduleMetricsModule`. */
export interface ScheduleMetricsOptions {
  /** Where the metrics are put; each application in a process wants its own. @default prom-client's `register` */
  readonly registry?: Registry | Registry<OpenMetricsContentType>;
  /** The beginning of all names: letters, digits, `_` and `:`. @default 'leader_schedule_' */
  readonly prefix?: string;
  /** Upper bounds of the buckets of `run_duration_seconds`, in seconds, ascending. @default 10 ms to 1 h */
  readonly durationBuckets?: readonly number[];
  /** Upper bounds of the buckets of `run_lag_seconds`, in seconds, ascending. @default 5 ms to 5 min */
  readonly lagBuckets?: readonly number[];
}

/** As `forRoot`, with options made by a factory. */
export interface ScheduleMetricsAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: readonly (string | symbol | (abstract new (...args: never[]) => unknown))[];
  /** Makes the options; its arguments are what `inject` names. */
  readonly useFactory: (...injected: never[]) => ScheduleMetricsOptions | Promise<ScheduleMetricsOptions>;
}

export type ResolvedMetricsOptions = Required<ScheduleMetricsOptions>;

const DURATION_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300];
const KNOWN = ['registry', 'prefix', 'durationBuckets', 'lagBuckets'];

/** Fills in the defaults. Throws `InvalidOptionsError`. */
export function resolveMetricsOptions(options: ScheduleMetricsOptions): ResolvedMetricsOptions {
  const stray = Object.keys(options).find(name => !KNOWN.includes(name));
  if (stray !== undefined) refuse('There is no such option', stray, `There are ${KNOWN.join(', ')}`);
  const { registry = register, prefix = 'leader_schedule_' } = options;
  const { durationBuckets = DURATION_BUCKETS, lagBuckets = LAG_BUCKETS } = options;
  if (!/^[a-zA-Z_:][\w:]*$/.test(prefix))
    refuse('prefix', prefix, 'It begins with a letter and has letters, digits and _ only');
  for (const buckets of [durationBuckets, lagBuckets])
    if (!areBuckets(buckets))
      refuse('Buckets', buckets, 'They are upper bounds in seconds, ascending, above 0');
  return { registry, prefix, durationBuckets, lagBuckets };
}

function areBuckets(bounds: readonly number[]): boolean {
  return (
    bounds.length > 0 && bounds.every((bound, at) => Number.isFinite(bound) && bound > (bounds[at - 1] ?? 0))
  );
}

function refuse(what: string, received: unknown, remedy: string): never {
  const problem = `ScheduleMetricsModule got an option that it cannot use: ${what}`;
  throw new InvalidOptionsError({ problem, received, remedy });
}
