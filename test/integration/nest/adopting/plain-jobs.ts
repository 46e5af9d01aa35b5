import { Injectable } from '@nestjs/common';
import { Cron, Interval, Timeout } from '@nestjs/schedule';

import { ScheduleModule, SchedulerRegistry, ScheduleService } from '../../../../lib/index.js';
import type { BootedApp } from '../../../support/nest-app.js';

/** No tick comes while a test runs. */
export const NEVER = '0 0 0 29 2 *';

/** This module, in RAM mode. */
export const adopting = (adopt: boolean | readonly string[] = true) =>
  ScheduleModule.forRoot({ mode: 'ram', jobs: { adopt } });

/** Runs a job, and waits for the end of its run. */
export const run = (app: BootedApp, name: string) =>
  app.get(ScheduleService).runAndWait(name, { maxWait: '5s' });

/** The names in the registry: of leader jobs, and of plain ones, which have random names where they have none. */
export function registered(app: BootedApp) {
  const registry = app.get(SchedulerRegistry);
  return {
    crons: [...registry.getCronJobs().keys()].sort(),
    intervals: [...registry.getIntervals()].sort(),
    timeouts: registry.getTimeouts(),
    plain: [
      ...registry.getIntervals().filter(name => isTimer(registry.getInterval(name))),
      ...registry.getTimeouts().filter(name => isTimer(registry.getTimeout(name))),
    ],
  };
}

const timer = setTimeout(() => undefined, 0);
/** Of node; those of leader jobs are handles. */
const isTimer = (value: unknown) => value instanceof timer.constructor;

/** Jobs as applications write them, and what their methods were called with. */
export function plainJobs() {
  const calls: [job: string, args: unknown[]][] = [];
  @Injectable()
  class Jobs {
    @Cron(NEVER, { name: 'report' })
    report(...args: unknown[]) {
      calls.push(['report', args]);
    }
    @Cron(NEVER)
    unnamed(...args: unknown[]) {
      calls.push(['unnamed', args]);
    }
    @Interval('poll', 3_600_000)
    poll(...args: unknown[]) {
      calls.push(['poll', args]);
    }
    @Interval(3_600_000)
    every(...args: unknown[]) {
      calls.push(['every', args]);
    }
    @Timeout('warm', 3_600_000)
    warm(...args: unknown[]) {
      calls.push(['warm', args]);
    }
  }
  return { Jobs, calls };
}

/** The names of those that `true` takes. */
export const ADOPTED = ['Jobs.every', 'Jobs.unnamed', 'poll', 'report'];
