import { inspect } from 'node:util';
import { expect, it, jest } from '@jest/globals';
import { ConsoleLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';

import {
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type ScheduleEvent,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { CompositionRoot } from '../../../lib/nest/composition-root.js';
import { Lifecycle } from '../../../lib/nest/lifecycle.js';
import { cli } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { useRedisServer } from '../../support/use-redis-server.js';

/** Characters that are encoded in a URL, and those that end a word or a quotation. */
const SECRET = `hun"ter2 #x'/@y`;
/** However it is written, and parts that nothing else contains. */
const FORMS = [SECRET, encodeURIComponent(SECRET), 'hun"ter2', 'hun%22ter2', 'hun\\"ter2', 'ter2'];
const secretsIn = (texts: readonly string[]) =>
  texts.flatMap(text =>
    FORMS.filter(form => text.includes(form)).map(form => `${form} in ${text.slice(0, 300)}`),
  );
const all = (value: unknown) => inspect(value, { depth: 12, showHidden: true, maxStringLength: 10_000 });
const redisServer = useRedisServer({ password: 'right' });
const forms: readonly (readonly [string, () => NonNullable<ScheduleModuleOptions['redis']>])[] = [
  ['a URL', () => `redis://:${encodeURIComponent(SECRET)}@127.0.0.1:${redisServer().port}`],
  ['a URL with a user', () => `redis://ter2:${encodeURIComponent(SECRET)}@127.0.0.1:${redisServer().port}`],
  ['options', () => ({ host: '127.0.0.1', port: redisServer().port, password: SECRET })],
  [
    'Sentinels',
    () => ({
      sentinels: [{ host: '127.0.0.1', port: redisServer().port }],
      name: 'm',
      sentinelPassword: SECRET,
      password: SECRET,
    }),
  ],
  [
    'a Cluster',
    () => ({
      nodes: [{ host: '127.0.0.1', port: redisServer().port }],
      options: { redisOptions: { password: SECRET } },
    }),
  ],
  [
    'a factory',
    () =>
      ({ options }) =>
        new Redis({ host: '127.0.0.1', port: redisServer().port, password: SECRET, ...options }),
  ],
  [
    'a server that is away, with TLS',
    () => ({ host: '127.0.0.1', port: 1, password: SECRET, tls: { key: SECRET, passphrase: SECRET } }),
  ],
];

describeWithRedis('a password', () => {
  it.each(forms)('that is refused is shown nowhere: %s', async (_, redis) => {
    const texts: string[] = [];
    const spies = [process.stdout, process.stderr].map(stream =>
      jest.spyOn(stream, 'write').mockImplementation(chunk => {
        texts.push(String(chunk));
        return true;
      }),
    );
    try {
      const module = await Test.createTestingModule({
        imports: [
          ScheduleModule.forRoot({
            redis: redis(),
            appName: 'secrets',
            leader: { interval: '200ms', ttl: '1s' },
          }),
        ],
      })
        .setLogger(new ConsoleLogger({ colors: false }))
        .compile();
      const schedule = module.get(ScheduleService);
      const events: ScheduleEvent[] = [];
      schedule.events.subscribe(event => events.push(event));
      await module.init();
      await eventually(() => events.some(({ type }) => type === 'store.unavailable'));
      const failure: unknown = await schedule.pods().catch((error: unknown) => error);
      const runtime = module.get(CompositionRoot, { strict: false });
      const parts = [runtime, runtime.options, runtime.parts?.stores, module.get(LeaderService), schedule];
      texts.push(...[events, failure, module.get(Lifecycle, { strict: false }), ...parts].map(all));
      texts.push(JSON.stringify([events, failure, runtime.options]), JSON.stringify(await schedule.status()));
      await module.close();
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect(secretsIn(texts)).toEqual([]);
  });

  it('is not shown by a factory that throws', async () => {
    const redis = (): Redis => new Redis(`redis://:${SECRET}@127.0.0.1:99999`);
    const module = await Test.createTestingModule({ imports: [ScheduleModule.forRoot({ redis })] })
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    const error: unknown = await module.init().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('redis factory'),
    });
    expect(secretsIn([all(error), JSON.stringify(error)])).toEqual([]);
  });
});

describeWithRedis('a password elsewhere', () => {
  it.each([
    [['--redis-url', `:${SECRET}@host`], '--redis-url'],
    [['--redis-url', 'redis://:hun"ter2#x@host:6379'], '--redis-url'],
    [['--redis-url', 'redis://:ter2@host:99999'], '--redis-url'],
    [['--sentinel', 'user:ter2@h:1'], '--sentinel'],
    [['--cluster', 'redis://:ter2@h:1'], '--cluster'],
    [['--redis-urll=redis://:ter2@host'], '--redis-urll'],
  ])('is not shown by the command line: %j', async (args, option) => {
    for (const output of ['table', 'json']) {
      const { code, stdout, stderr } = await cli(['status', ...args, '-o', output]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(option) });
      expect(secretsIn([stdout, stderr])).toEqual([]);
    }
  });
});
