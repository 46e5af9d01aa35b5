import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, it } from '@jest/globals';

import { PodProcess } from '../../../chaos/pod-process.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { eventually } from '../../../support/eventually.js';
import { useRedisServer } from '../../../support/use-redis-server.js';

interface Call {
  readonly pod: string;
  readonly job: string;
  readonly tick?: number;
  readonly args: number;
}

const WITHIN = { within: 30_000, every: 50 };
const redisServer = useRedisServer();

describeWithRedis('two pods of an application that adopts its @Cron and @Interval', () => {
  const pods: PodProcess[] = [];
  let folder = '';

  afterEach(async () => {
    await Promise.all(pods.splice(0).map(pod => pod.end('SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  });

  async function startTwo(nestModule: string): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), 'leader-schedule-adopting-'));
    await redisServer().command('FLUSHALL');
    for (const name of ['a', 'b'])
      pods.push(
        new PodProcess({
          program: 'adopting-pod.js',
          environment: {
            POD_NAME: name,
            NEST_MODULE: nestModule,
            JOURNAL: join(folder, 'journal'),
            REDIS_URL: redisServer().url,
          },
          onMessage: () => undefined,
          onExit: () => undefined,
        }),
      );
  }

  async function calls(job: string): Promise<Call[]> {
    const text = await readFile(join(folder, 'journal'), 'utf8').catch(() => '');
    // The last line may still be under way.
    const entries = text.split('\n').slice(0, -1);
    return entries.map(line => JSON.parse(line) as Call).filter(call => call.job === job);
  }

  const podsOf = (list: readonly Call[]) => new Set(list.map(({ pod }) => pod));

  it.each(['none', 'before', 'after', 'feature'])(
    "run each tick once, with @nestjs/schedule's own module imported: %s",
    async nestModule => {
      await startTwo(nestModule);
      const isPlainOnBoth = async () => podsOf(await calls('cache')).size === 2;
      await eventually(isPlainOnBoth, { ...WITHIN, what: 'the job that stays plain runs on both pods' });
      for (const job of ['Jobs.count', 'poll']) {
        const before = (await calls(job)).length;
        await eventually(async () => (await calls(job)).length >= before + 4, {
          ...WITHIN,
          what: `${job} ticks`,
        });
        const all = await calls(job);
        const ticks = all.map(({ tick }) => tick);
        expect(ticks).not.toContain(undefined);
        expect(new Set(ticks).size).toBe(ticks.length);
        expect(podsOf(all).size).toBe(1);
        expect(all.every(({ args }) => args === 0)).toBe(true);
      }
      expect((await calls('cache')).every(({ tick }) => tick === undefined)).toBe(true);
    },
  );
});
