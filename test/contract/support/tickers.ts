import { jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';

import { RegistryTicker } from '../../../lib/adapters/registry/registry-ticker.js';
import { SystemClock } from '../../../lib/adapters/system/system-clock.js';
import { BUILT_IN_POLICY } from '../../../lib/core/job/job-policy-options.js';
import type { Job } from '../../../lib/core/job/job.js';
import { parseSchedule } from '../../../lib/core/schedule/parse-schedule.js';
import { TermSchedule } from '../../../lib/core/schedule/term-schedule.js';
import type { Ticker } from '../../../lib/ports/ticker.js';
import { VirtualClock } from '../../../lib/testing/virtual-clock.js';
import { VirtualTicker as TestingTicker } from '../../../lib/testing/virtual-ticker.js';
import { SimTicker } from '../../simulation/sim-ticker.js';
import { VirtualTicker } from '../../support/virtual-ticker.js';

/** A ticker, its clock, and what users do to its jobs. */
export interface TickerLab {
  readonly ticker: Ticker;
  /** Unix ms, by the clock of the ticker. */
  readonly nowMs: () => number;
  readonly advance: (ms: number) => Promise<void>;
  /** Sets the wall clock, forward or back; timers do not notice. */
  readonly step: (byMs: number) => void;
  readonly start: (job: string) => unknown;
  readonly stop: (job: string) => unknown;
  readonly fire: (job: string) => unknown;
}

type Time = Pick<TickerLab, 'nowMs' | 'advance' | 'step'>;

const virtualTime = (clock: VirtualClock): Time => ({
  nowMs: () => clock.now().wallMs,
  advance: ms => clock.advance(ms),
  step: byMs => clock.jumpWall(byMs),
});

function processTime(): Time {
  jest.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
  return {
    nowMs: () => Date.now(),
    advance: ms => jest.advanceTimersByTimeAsync(ms),
    step: byMs => jest.setSystemTime(Date.now() + byMs),
  };
}

function registryLab(time: Time, makeTicker: (registry: SchedulerRegistry) => Ticker): TickerLab {
  const registry = new SchedulerRegistry();
  return {
    ...time,
    ticker: makeTicker(registry),
    start: job => registry.getCronJob(job).start(),
    stop: job => registry.getCronJob(job).stop(),
    fire: job => registry.getCronJob(job).fireOnTick(),
  };
}

function openRegistryLab(): TickerLab {
  const clock = new VirtualClock();
  return registryLab(virtualTime(clock), registry => new RegistryTicker(registry, clock));
}

function openProcessLab(): TickerLab {
  const time = processTime();
  return registryLab(time, registry => new RegistryTicker(registry, new SystemClock()));
}

function openTestingLab(): TickerLab {
  const clock = new VirtualClock();
  return registryLab(virtualTime(clock), registry => new TestingTicker(registry, clock, () => undefined));
}

function openVirtualLab(): TickerLab {
  const clock = new VirtualClock();
  const ticker = new VirtualTicker(clock);
  return {
    ...virtualTime(clock),
    ticker,
    start: job => ticker.of(job).start(),
    stop: job => ticker.of(job).stop(),
    fire: job => ticker.of(job).fireOnTick(),
  };
}

function openSimulationLab(): TickerLab {
  const clock = new VirtualClock();
  const time = virtualTime(clock);
  const ticker = new SimTicker(clock, time.nowMs, () => undefined);
  return {
    ...time,
    ticker,
    start: job => ticker.resume(job),
    stop: job => ticker.halt(job),
    fire: job => ticker.fire(job),
  };
}

/** Every ticker there is: that of production by two clocks, and those of tests. */
export const tickers = [
  { name: 'registry', openLab: openRegistryLab },
  { name: 'registry, by the clock of the process', openLab: openProcessLab },
  { name: 'testing module', openLab: openTestingLab },
  { name: 'engine harness', openLab: openVirtualLab },
  { name: 'simulator', openLab: openSimulationLab },
];

export const schedule = (cron: string) => parseSchedule(cron, { timeZone: 'UTC' });
/** A job that ticks each second. */
export const jobOf = (job: Partial<Job> = {}): Job => ({
  name: 'job',
  schedule: schedule('* * * * * *'),
  policy: BUILT_IN_POLICY,
  disabled: false,
  initialDelayMs: 0,
  unrefTimeout: true,
  thresholdMs: Infinity,
  handler: () => undefined,
  ...job,
});
/** A job that ticks once a term, `delayMs` after it began. */
export const perTerm = (delayMs: number) => jobOf({ schedule: new TermSchedule(delayMs) });
