import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import { LeaderInterval, LeaderTimeout, ScheduleModule, SchedulerRegistry } from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { bootApp } from '../../../support/nest-app.js';
import { RAM, useApps } from '../support/use-apps.js';
import { cronJob } from './configured.js';

const boot = useApps();
const EVERY_MS = 50;
const imports = [ScheduleModule.forRoot(RAM)];

@Injectable()
class Jobs {
  polls = 0;

  @LeaderInterval('poll', EVERY_MS)
  poll() {
    this.polls += 1;
  }

  @LeaderInterval('slow', '1h', { overlap: 'allow' })
  slow() {}

  @LeaderInterval(3_600_000)
  hourly() {}

  @LeaderTimeout('warm-up', 60_000)
  warmUp() {}

  @LeaderTimeout('cool-down', () => '2h')
  coolDown() {}
}

describe('intervals and timeouts with the arguments of @nestjs/schedule', () => {
  it('have the name, and stand in the SchedulerRegistry as theirs do', async () => {
    const app = await boot({ imports, providers: [Jobs] });
    const registry = app.get(SchedulerRegistry);
    expect(registry.getIntervals().sort()).toEqual(['Jobs.hourly', 'poll', 'slow']);
    expect(registry.getTimeouts().sort()).toEqual(['cool-down', 'warm-up']);
    expect(
      ['poll', 'slow', 'Jobs.hourly', 'warm-up', 'cool-down'].map(name => cronJob(app, name).cronTime.source),
    ).toEqual(['@every 50ms', '@every 1h', '@every 1h', '@timeout 1m', '@timeout 2h']);
  });

  it('end when they are deleted', async () => {
    const app = await boot({ imports, providers: [Jobs] });
    const registry = app.get(SchedulerRegistry);
    const jobs = app.get(Jobs);
    await eventually(() => jobs.polls > 0);
    registry.deleteInterval('poll');
    const [before, deletedAt] = [jobs.polls, Date.now()];
    await eventually(() => Date.now() > deletedAt + 6 * EVERY_MS, { what: 'ticks would be due' });
    // A tick that had been claimed before may still have begun.
    expect(jobs.polls).toBeLessThanOrEqual(before + 1);
    expect([registry.doesExist('interval', 'poll'), registry.doesExist('cron', 'poll')]).toEqual([
      false,
      false,
    ]);
  });

  it.each<[string, ReturnType<typeof LeaderInterval>, RegExp]>([
    [
      'a duration that is none',
      LeaderInterval('poll', 'soon'),
      /@LeaderInterval on Jobs\.run: .*received 'soon'/,
    ],
    [
      'no duration',
      LeaderTimeout('poll', undefined as never),
      /@LeaderTimeout on Jobs\.run: .*received 'poll'/,
    ],
    ['options that are none', LeaderInterval('poll', 50, null as never), /Jobs\.run has invalid options/],
    ['a name that is none', LeaderInterval('a|b', 50), /name: received 'a\|b'/],
  ])('are refused with %s', async (_, decorator, message) => {
    class Refused {
      run() {}
    }
    Object.defineProperty(Refused, 'name', { value: 'Jobs' });
    decorator(Refused.prototype, 'run', Object.getOwnPropertyDescriptor(Refused.prototype, 'run') ?? {});
    Injectable()(Refused);
    await expect(bootApp({ imports, providers: [Refused] })).rejects.toThrow(message);
  });
});
