import { expect, it } from '@jest/globals';

import { LeaderService, ScheduleModule } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';
import { usePods } from './use-pods.js';

const { newName, redisServer } = usePods();

describeWithRedis('two pods on one Redis', () => {
  it('send no command more than without it while nothing happens', async () => {
    const interval = 300;
    const idle = async (fastTakeover: boolean) => {
      const appName = newName('idle');
      const started = await Promise.all(
        [1, 2].map(() =>
          bootApp({
            imports: [
              ScheduleModule.forRoot({
                appName,
                redis: redisServer().url,
                leader: { ttl: '2s', interval, fastTakeover },
              }),
            ],
          }),
        ),
      );
      await eventually(() => started.some(app => app.get(LeaderService).isLeader()));
      const commands = async () => {
        const stats = String(await redisServer().command('INFO', 'commandstats'));
        return ['evalsha', 'eval', 'publish', 'subscribe', 'hello', 'ping'].reduce(
          (sum, name) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
          0,
        );
      };
      // The commands of their start are over after two intervals.
      const settledAt = performance.now() + 2 * interval;
      await eventually(() => performance.now() > settledAt);
      const [before, from] = [await commands(), performance.now()];
      await eventually(() => performance.now() > from + 8 * interval);
      const sent = (await commands()) - before;
      const lasted = performance.now() - from;
      await Promise.all(started.map(app => app.close()));
      return { sent, most: 2 * (lasted / interval + 1) };
    };
    for (const fastTakeover of [true, false]) {
      const { sent, most } = await idle(fastTakeover);
      expect(sent).toBeLessThanOrEqual(most);
    }
  });
});
