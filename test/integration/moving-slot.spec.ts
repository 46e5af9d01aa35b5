import { afterEach, expect, it } from '@jest/globals';

import { redisKeys } from '../../lib/adapters/redis/redis-keys.js';
import { ScheduleModule, ScheduleService, type ScheduleEvent } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';

const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
const WITHIN = { within: 20 * SECOND };
const apps: BootedApp[] = [];
const servers: RedisServer[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await Promise.all(servers.splice(0).map(one => one.dispose()));
});

/** Two nodes, of which the first has all slots. */
async function startCluster(): Promise<readonly [RedisServer, RedisServer]> {
  const nodes = [
    await RedisServer.start({ args: CLUSTER }),
    await RedisServer.start({ args: CLUSTER }),
  ] as const;
  const [from, to] = nodes;
  servers.push(...nodes);
  await from.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await from.command('CLUSTER', 'MEET', '127.0.0.1', String(to.port));
  for (const node of nodes)
    await eventually(async () => {
      const info = String(await node.command('CLUSTER', 'INFO'));
      return /cluster_state:ok/.test(info) && /cluster_known_nodes:2/.test(info);
    }, WITHIN);
  return nodes;
}

describeWithRedis('a Cluster that moves the slot of the scheduler to another node', () => {
  it('doubles and loses no tick, with the slot on both nodes for a while', async () => {
    const [from, to] = await startCluster();
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

    const slot = Number(await from.command('CLUSTER', 'KEYSLOT', redisKeys('scheduler:moving:leader').lease));
    const [source, target] = await Promise.all(
      servers.map(async node => String(await node.command('CLUSTER', 'MYID'))),
    );
    await to.command('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source ?? '');
    await from.command('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target ?? '');
    const move = async (count: number): Promise<boolean> => {
      const names = await from.command('CLUSTER', 'GETKEYSINSLOT', String(slot), String(count));
      const keys = Array.isArray(names) ? names.map(String) : [];
      for (const key of keys) await from.command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '1000');
      return keys.length < count;
    };
    // Some keys are there, and some still here: a script that needs both is to be tried again.
    await move(3);
    const isSplit = async () => Number(await to.command('CLUSTER', 'COUNTKEYSINSLOT', String(slot))) > 0;
    expect(await isSplit()).toBe(true);
    // Ticks fall due meanwhile.
    const splitAt = Date.now();
    await eventually(() => Date.now() - splitAt > SECOND, WITHIN);
    const before = ticks.length;
    await eventually(async () => move(10), WITHIN);
    for (const node of servers) await node.command('CLUSTER', 'SETSLOT', String(slot), 'NODE', target ?? '');

    await eventually(() => ticks.length > before + 20, { ...WITHIN, what: 'the job goes on' });
    expect(new Set(ticks).size).toBe(ticks.length);
    const [first = 0] = ticks;
    const sorted = ticks.toSorted((a, b) => a - b);
    expect(sorted.map(tick => tick - first)).toEqual(sorted.map((_, index) => index * 200));
    expect(events).not.toContain('job.missed');
    expect(events).not.toContain('leader.lost');
  });
});
