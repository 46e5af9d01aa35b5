import { describe, expect, it } from '@jest/globals';
import { HealthIndicatorService } from '@nestjs/terminus';

import type { SchedulerView } from '../../../lib/client/scheduler-view.js';
import { ScheduleHealthIndicator } from '../../../lib/health/index.js';

const REASON = 'Redis is away';

/** Its sessions have the methods of those of terminus 11. */
class Elevens extends HealthIndicatorService {
  override check<const Key extends string>(key: Key) {
    const session = super.check(key);
    const up = (data?: Record<string, unknown>) => session.up(data);
    const down = (data?: Record<string, unknown>) => session.down(data);
    return { up, down } as unknown as typeof session;
  }
}

const awayFromRedis: SchedulerView = {
  jobNames: [],
  isLeader: () => false,
  status: () => Promise.reject(new Error(REASON)),
  lastSuccess: () => Promise.resolve(undefined),
  onEvent: () => () => undefined,
};

describe('the health of a scheduler that does not reach Redis', () => {
  it.each([
    ['11, which has no `degraded`', new Elevens(), 'up'],
    ['12', new HealthIndicatorService(), 'degraded'],
  ])('is reported with the reason, and not as down, by terminus %s', async (_, service, status) => {
    const indicator = new ScheduleHealthIndicator(service, awayFromRedis);
    expect(await indicator.isHealthy('schedule', { stuck: 'down', overdue: 'down' })).toEqual({
      schedule: { status, message: REASON, role: 'follower' },
    });
  });
});
