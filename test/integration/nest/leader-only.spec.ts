import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, Injectable, Module, Scope, SetMetadata } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import 'reflect-metadata';
import request from 'supertest';

import {
  Cron,
  LeaderCron,
  LeaderOnly,
  LeaderService,
  NotLeaderError,
  ScheduleModule,
  SchedulerRegistry,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';

const YEARLY = '0 0 1 1 *';
const closing: { close(): Promise<unknown> }[] = [];
const schedule = () => ScheduleModule.forRoot({ mode: 'ram' });
const boot = async (providers: NonNullable<Parameters<typeof bootApp>[0]['providers']>) => {
  const app = await bootApp({ imports: [schedule()], providers });
  closing.push(app);
  return app;
};
afterEach(async () => {
  await Promise.all(closing.splice(0).map(app => app.close()));
});
@Injectable()
class Mailer {
  private readonly from = 'mailer';

  @LeaderOnly()
  send(to: string) {
    return `${this.from} to ${to}`;
  }

  @LeaderOnly()
  async post(to: string) {
    await Promise.resolve();
    return `${this.from} to ${to}`;
  }

  @LeaderOnly({ otherwise: 'throw' })
  must() {
    return 'sent';
  }

  @LeaderOnly({ otherwise: 'throw' })
  async mustPost() {
    return Promise.resolve('sent');
  }
}

describe('a method with @LeaderOnly', () => {
  it('runs while this pod leads, with its arguments and its answer', async () => {
    const mailer = (await boot([Mailer])).get(Mailer);
    expect([mailer.send('you'), await mailer.post('you'), mailer.must()]).toEqual([
      'mailer to you',
      'mailer to you',
      'sent',
    ]);
  });

  it('returns undefined elsewhere, an async one a promise of it', async () => {
    const app = await boot([Mailer]);
    await app.get(LeaderService).resign();
    const mailer = app.get(Mailer);
    const posted = mailer.post('you');
    expect([mailer.send('you'), posted instanceof Promise, await posted]).toEqual([
      undefined,
      true,
      undefined,
    ]);
  });

  it('throws elsewhere by option, an async one by its promise', async () => {
    const app = await boot([Mailer]);
    await app.get(LeaderService).resign();
    const mailer = app.get(Mailer);
    expect(() => mailer.must()).toThrow(NotLeaderError);
    await expect(mailer.mustPost()).rejects.toMatchObject({
      code: 'NOT_LEADER',
      message: expect.stringContaining('Mailer.mustPost'),
    });
  });

  it('runs nowhere before the application has started', async () => {
    let early: unknown = 'not called';
    @Injectable()
    class Early extends Mailer {
      onModuleInit() {
        early = this.send('you');
      }
    }
    await boot([Early]);
    expect(early).toBeUndefined();
  });

  it('follows a LeaderService of a test', async () => {
    const module = await Test.createTestingModule({
      providers: [Mailer, { provide: LeaderService, useValue: { isLeader: () => false } }],
    }).compile();
    expect(module.get(Mailer).send('you')).toBeUndefined();
  });
});

describe('a method with @LeaderOnly and other decorators', () => {
  it('stands above and below @LeaderCron and @Cron', async () => {
    const runs: string[] = [];
    @Injectable()
    class Jobs {
      @LeaderOnly()
      @LeaderCron(YEARLY, { name: 'above' })
      above() {
        runs.push('above');
      }
      @LeaderCron(YEARLY, { name: 'below' })
      @LeaderOnly()
      below() {
        runs.push('below');
      }
      @LeaderOnly()
      @Cron(YEARLY, { name: 'plain above' })
      plainAbove() {
        runs.push('plain above');
      }
      @Cron(YEARLY, { name: 'plain below' })
      @LeaderOnly()
      plainBelow() {
        runs.push('plain below');
      }
    }
    const app = await boot([Jobs]);
    const jobs = app.get(SchedulerRegistry).getCronJobs();
    const fireAll = async () => Promise.all([...jobs.values()].map(job => job.fireOnTick()));
    await fireAll();
    await eventually(() => runs.length === 4);
    expect(runs.toSorted()).toEqual(['above', 'below', 'plain above', 'plain below']);
    await app.get(LeaderService).resign();
    await fireAll();
    expect(runs).toHaveLength(4);
  });

  it('keeps name, length and metadata of the method', () => {
    class Marked {
      @LeaderOnly()
      @SetMetadata('role', 'admin')
      run(_one: string, _two: string) {}
    }
    const run = Reflect.get(Marked.prototype, 'run');
    expect([run.name, run.length, new Reflector().get<string>('role', run)]).toEqual(['run', 2, 'admin']);
  });
});

describe('a method with @LeaderOnly of any scope, or inherited,', () => {
  it.each([Scope.DEFAULT, Scope.REQUEST])(
    'works in a controller of scope %s, and in its providers',
    async scope => {
      @Injectable({ scope })
      class Answers {
        @LeaderOnly()
        answer() {
          return 'from the provider';
        }
      }
      @Controller({ path: 'leader', scope })
      class Leaders {
        constructor(private readonly answers: Answers) {}
        @Get('above')
        @LeaderOnly({ otherwise: 'throw' })
        above() {
          return this.answers.answer();
        }
        @LeaderOnly()
        @Get('below')
        below() {
          return this.answers.answer();
        }
      }
      @Module({ imports: [schedule()], controllers: [Leaders], providers: [Answers] })
      class App {}
      const app = await NestFactory.create(App, { logger: false });
      closing.push(app);
      await app.init();
      const get = async (path: string) => {
        const { status, text } = await request(app.getHttpServer()).get(`/leader/${path}`);
        return `${status} ${text}`;
      };
      expect([await get('above'), await get('below')]).toEqual([
        '200 from the provider',
        '200 from the provider',
      ]);
      await app.get(LeaderService).resign();
      expect((await get('above')).slice(0, 3)).toBe('500');
      expect(await get('below')).toBe('200 ');
    },
  );

  it('is inherited, beside properties that the heir has injected', async () => {
    @Injectable()
    class Heir extends Mailer {
      @Inject(LeaderService) readonly leader?: LeaderService;
      @LeaderOnly()
      own() {
        return this.send('me');
      }
    }
    const heir = (await boot([Heir])).get(Heir);
    expect([heir.own(), heir.leader?.isLeader()]).toEqual(['mailer to me', true]);
  });
});

describe('@LeaderOnly refuses', () => {
  it('an application without ScheduleModule, at boot', async () => {
    await expect(bootApp({ providers: [Mailer] })).rejects.toThrow(/Mailer.*@LeaderOnly.*ScheduleModule/s);
  });

  it('an instance that Nest has not made, at the call', async () => {
    const refusal = { code: 'NOT_STARTED', message: expect.stringContaining('Mailer.send') };
    expect(() => new Mailer().send('you')).toThrow(expect.objectContaining(refusal));
    await expect(new Mailer().post('you')).rejects.toMatchObject({ code: 'NOT_STARTED' });
  });

  const symbol = Symbol('named');

  it.each<[string, object, string | symbol, PropertyDescriptor | undefined]>([
    ['a static method', class Statics {}, 'run', { value: () => 1 }],
    ['a symbol-named method', {}, symbol, { value: () => 1 }],
    ['an accessor', {}, 'run', { get: () => 1 }],
    ['a property', {}, 'run', undefined],
  ])('%s', (_, target, key, descriptor) => {
    expect(() => LeaderOnly()(target, key, descriptor as PropertyDescriptor)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_JOB', message: expect.stringContaining('@LeaderOnly') }),
    );
  });

  it.each([[{ otherwise: 'explode' }], [{ otherwise: null }], [{ other: 'throw' }]])(
    'the options %o',
    options => {
      expect(() => LeaderOnly(options as object)).toThrow(
        expect.objectContaining({
          code: 'INVALID_OPTIONS',
          message: expect.stringContaining("'skip' or 'throw'"),
        }),
      );
    },
  );
});
