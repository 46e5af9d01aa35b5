import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { LeaderService, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { MINUTE } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';
import { WITHIN } from './crew.js';
import { JOB_ROWS, SHARED_ROWS } from './rows.js';

const NAME = 'inventory';
const PREFIX = `{scheduler:${NAME}:leader}:`;
let server: RedisServer;
let app: BootedApp;

beforeAll(async () => {
  server = await RedisServer.start();
  const leader = { interval: '200ms', ttl: '2s' };
  app = await bootApp({
    imports: [ScheduleModule.forRoot({ redis: server.url, appName: NAME, appVersion: '1', leader })],
  });
});
afterAll(async () => {
  await app.close();
  await server.dispose();
});

/** Uses what there is: each kind of end, of control, of overlap. */
const useEverything = async () => {
  const service = app.get(ScheduleService);
  await eventually(() => app.get(LeaderService).isLeader(), WITHIN);
  const long = { overlap: 'queue' } as const;
  const untilAborted = ({ signal }: { signal: AbortSignal }) =>
    new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  service.create('often', '@every 200ms', () => undefined);
  service.create('fails', '@every 200ms', () => Promise.reject(new Error('no')));
  service.create('slow', '@every 200ms', untilAborted, { ...long, timeout: '500ms' });
  service.create('asked', '-', untilAborted);
  service.create('at-start', '-', () => undefined, { runAtStart: true });
  await service.pause('often', { duration: '300ms', reason: 'once' });
  await service.pause('*', { duration: '300ms', reason: 'all' });
  await service.reschedule('fails', '@every 250ms');
  const run = await service.runNow('asked');
  await eventually(
    async () => (await service.history('slow')).some(({ outcome }) => outcome === 'timed-out'),
    WITHIN,
  );
  await eventually(
    async () => (await service.history('often')).some(({ outcome }) => outcome === 'skipped'),
    WITHIN,
  );
  await eventually(
    async () => (await service.history('fails')).some(({ outcome }) => outcome === 'failed'),
    WITHIN,
  );
  return run;
};

const fieldsIn = async (): Promise<Set<string>> => {
  const found = new Set<string>();
  for (const key of (await server.command('KEYS', '*')) as string[]) {
    const name = key.startsWith(PREFIX) ? (key.slice(PREFIX.length).split(':', 1)[0] ?? '') : 'lease';
    const fields =
      (await server.command('TYPE', key)) === 'hash'
        ? ((await server.command('HKEYS', key)) as string[])
        : [''];
    for (const field of fields) found.add(`${name} ${placeOf(name, field)}`);
  }
  return found;
};

describeWithRedis('the table of bad values', () => {
  it(
    'has a row for every field that a scheduler leaves in Redis',
    async () => {
      await useEverything();
      const known = new Set([...JOB_ROWS, ...SHARED_ROWS].map(({ key, field }) => `${key} ${field}`));
      const found = await fieldsIn();
      expect([...found]).toEqual(
        expect.arrayContaining(
          [
            ['lease', ''],
            ['job', 'hwm'],
            ['runs', '<slot>'],
            ['candidates', '<pod>'],
            ['control', 'orders'],
            ['starts', '<handle>'],
          ].map(one => one.join(' ')),
        ),
      );
      const missing = [...found].filter(field => !known.has(field));
      // Add a row to rows.ts for each: what a bad value of it does, and whether it is reported.
      expect(missing).toEqual([]);
    },
    MINUTE,
  );
});

/** A placeholder for a field whose name is data. */
function placeOf(key: string, field: string): string {
  if (key === 'runs') return field.startsWith('!') ? '!<run>' : '<slot>';
  if (key === 'index') return '<slot>';
  if (['unfinished', 'jobs', 'removed'].includes(key)) return '<member>';
  if (['requests', 'starts'].includes(key)) return '<handle>';
  if (key === 'specs') return '<job>';
  if (key === 'settled') return '<call>';
  const isPod = key === 'pods' || (key === 'candidates' && !field.startsWith('#'));
  return isPod ? '<pod>' : field;
}
