import { afterEach, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';

import { ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { CompositionRoot } from '../../../lib/nest/composition-root.js';
import { MINUTE } from '../../support/durations.js';
import { EngineCluster } from '../../support/engine-harness.js';
import { RecordingLogger } from '../../support/nest-app.js';
import { TimerFirings } from '../../support/timer-firings.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const YEARLY = '0 0 12 1 7 *';
const NAMES = Array.from({ length: 1000 }, (_, number) => `job-${number}`);
const ELECTION = 'lib/engine/election/election-loop.ts';
const CLOCK_WATCH = 'lib/engine/election/clock-watch.ts';

const apps: TestingModule[] = [];
afterEach(() => Promise.all(apps.splice(0).map(app => app.close())));

class VirtualRoot extends CompositionRoot {
  override readonly clock = new VirtualClock();
}

/** An application of its own, in RAM mode, whose time is virtual. */
async function appInRam(firings: TimerFirings): Promise<VirtualClock> {
  const root = new VirtualRoot();
  firings.countOf(root.clock);
  const app = await Test.createTestingModule({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] })
    .overrideProvider(CompositionRoot)
    .useValue(root)
    .setLogger(new RecordingLogger())
    .compile();
  await app.init();
  apps.push(app);
  for (const name of NAMES) app.get(ScheduleService).create(name, YEARLY, () => undefined);
  return root.clock;
}

describe('with 1,000 jobs of which none is due, the timers that fire in a minute', () => {
  it('are, with Redis, one of the election per interval, and one that watches the clock', async () => {
    const cluster = new EngineCluster(NAMES.map(name => ({ name, cron: YEARLY })));
    const [leader, follower] = [await cluster.started('leader'), await cluster.started('follower')];
    await cluster.advance(MINUTE);
    const pods = [leader, follower].map(pod => {
      const firings = new TimerFirings();
      firings.countOf(pod.clock);
      return { pod, firings };
    });
    // Those that were set before are not counted.
    await cluster.advance(MINUTE);
    for (const { firings } of pods) firings.reset();
    await cluster.advance(MINUTE);
    expect(leader.elector.isLeader()).toBe(true);
    for (const { firings } of pods) expect(firings.byModule).toEqual({ [ELECTION]: 20, [CLOCK_WATCH]: 6 });
  });

  it('are, in RAM mode, one that watches the clock', async () => {
    const firings = new TimerFirings();
    const clock = await appInRam(firings);
    await clock.advance(MINUTE);
    firings.reset();
    await clock.advance(MINUTE);
    expect(firings.byModule).toEqual({ [CLOCK_WATCH]: 6 });
  });
});
