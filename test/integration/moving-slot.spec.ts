import { afterEach, expect, it } from '@jest/globals';

import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { ScheduleModule, ScheduleService, type ScheduleEvent } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { TwoNodeCluster } from '../support/two-node-cluster.js';

const WITHIN = { within: 20 * SECOND };
const apps: BootedApp[] = [];
let cluster: TwoNodeCluster | undefined;

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await cluster?.dispose();
});

describeWithRedis('a Cluster that moves the slot of the scheduler to another node', () => {
  it('doubles and loses no tick, with the slot on both nodes for a while', async () => {
    cluster = await TwoNodeCluster.start();
    const { from } = cluster;
    const ticks: number[] = [];
    const events: ScheduleEvent['type'][] = [];
    const boot = async () => {
      const redis = { nodes: [{ host: '127.0.0.1', port: from.port }] };
      const app = await bootApp({
        imports: [
          ScheduleModule.forRoot({ appName: 'moving', redis, leader: { interval: '500ms', ttl: '4s' } }),
        ],
      });
      apps.push(app);
      const job = { catchUp: 'all' } as const;
      const schedules = app.get(ScheduleService);
      schedules.events.subscribe(event => events.push(event.type));
      schedules.create('job', '@every 200ms', ({ tick }) => void ticks.push(tick.getTime()), job);
    };
    await boot();
    await boot();
    await eventually(() => ticks.length > 5, { ...WITHIN, what: 'the job has started' });

    const slot = await cluster.beginToMove(redisKeys('scheduler:moving:leader').lease);
    // Some keys are there, and some still here: a script that needs both is to be tried again.
    await slot.keys(3);
    expect(await slot.moved()).toBeGreaterThan(0);
    // Ticks fall due meanwhile.
    const splitAt = Date.now();
    await eventually(() => Date.now() - splitAt > SECOND, WITHIN);
    const before = ticks.length;
    await slot.end();

    await eventually(() => ticks.length > before + 20, { ...WITHIN, what: 'the job goes on' });
    expect(new Set(ticks).size).toBe(ticks.length);
    const [first = 0] = ticks;
    const sorted = ticks.toSorted((a, b) => a - b);
    expect(sorted.map(tick => tick - first)).toEqual(sorted.map((_, index) => index * 200));
    expect(events).not.toContain('job.missed');
    expect(events).not.toContain('leader.lost');
  });
});
