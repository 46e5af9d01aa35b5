import { Injectable } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { Cron, Interval } from '@nestjs/schedule';

import { currentJob } from '../../../../lib/index.js';
import { ScheduleTesting } from '../../../../lib/testing/index.js';
import { NOW, useWorlds } from '../testing/use-worlds.js';

const { boot } = useWorlds();

it('adopted jobs run in the virtual time of a test, in two applications after one another', async () => {
  const ticks: (string | undefined)[] = [];
  @Injectable()
  class Jobs {
    @Cron('0 * * * *', { name: 'hourly', timeZone: 'UTC' })
    hourly(...args: unknown[]) {
      ticks.push(`${currentJob()?.tick.toISOString().slice(11, 16)} ${args.length}`);
    }
    @Interval('poll', 1_800_000)
    poll() {}
  }
  for (let application = 0; application < 2; application += 1) {
    const schedule = new ScheduleTesting({ now: NOW });
    await boot(schedule, Jobs, { jobs: { adopt: true } });
    await schedule.advance('2h');
    expect(ticks.splice(0)).toEqual(['01:00 0', '02:00 0']);
    expect(schedule.runsOf('poll')).toHaveLength(4);
  }
});
