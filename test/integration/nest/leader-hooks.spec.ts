import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Scope } from '@nestjs/common';

import {
  LeaderService,
  OnLeaderElected,
  OnLeaderLost,
  ScheduleModule,
  type LeadershipLoss,
  type Term,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

const apps: BootedApp[] = [];
const boot = async (metadata: Parameters<typeof bootApp>[0]) => {
  const leader = { ttl: '500ms', interval: '50ms' };
  const app = await bootApp({ ...metadata, imports: [ScheduleModule.forRoot({ mode: 'ram', leader })] });
  apps.push(app);
  return app;
};
afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('a method with @OnLeaderElected or @OnLeaderLost', () => {
  it('is called with the term when leading begins, and with the reason when it ends', async () => {
    const calls: unknown[] = [];
    @Injectable()
    class Cache {
      constructor(private readonly leader: LeaderService) {}
      @OnLeaderElected()
      fill(term: Term) {
        calls.push([term, this.leader.isLeader()]);
      }
      @OnLeaderLost()
      empty(loss: LeadershipLoss) {
        calls.push([loss, this.leader.isLeader()]);
      }
    }
    const app = await boot({ providers: [Cache] });
    const { term } = app.get(LeaderService);
    await app.get(LeaderService).resign();
    await eventually(() => calls.length === 3);
    const { term: next } = app.get(LeaderService);
    await app.close();
    expect(calls).toEqual([
      [term, true],
      [{ term, reason: 'resigned' }, false],
      [next, true],
      [{ term: next, reason: 'shutdown' }, false],
    ]);
  });

  it('may be of a controller, of an alias, and be both', async () => {
    const calls: string[] = [];
    @Controller()
    class Leaders {
      @OnLeaderElected()
      @OnLeaderLost()
      note(argument: Term | LeadershipLoss) {
        calls.push(`controller ${'reason' in argument ? argument.reason : 'elected'}`);
      }
    }
    @Injectable()
    class Provider {
      @OnLeaderElected()
      note() {
        calls.push('provider');
      }
    }
    const alias = { provide: 'alias', useExisting: Provider };
    const app = await boot({ controllers: [Leaders], providers: [Provider, alias] });
    await app.get(LeaderService).resign();
    expect(calls.toSorted()).toEqual(['controller elected', 'controller resigned', 'provider']);
  });
});

describe('a method with @OnLeaderElected or @OnLeaderLost that fails, or cannot be one,', () => {
  it('has its error or rejection logged under its name, and does not affect other methods', async () => {
    const calls: string[] = [];
    @Injectable()
    class Broken {
      @OnLeaderElected()
      throws() {
        throw new Error('it threw');
      }
      @OnLeaderElected()
      async rejects() {
        await Promise.resolve();
        throw 'it rejected'; // oxlint-disable-line no-throw-literal, typescript/only-throw-error
      }
      @OnLeaderElected()
      works() {
        calls.push('called');
      }
    }
    const app = await boot({ providers: [Broken] });
    expect(calls).toEqual(['called']);
    const errors = () => app.lines.filter(line => line.startsWith('error'));
    await eventually(() => errors().length === 2);
    expect(errors()).toEqual([
      'error Broken.throws failed: it threw',
      'error Broken.rejects failed: it rejected',
    ]);
  });

  it.each([Scope.REQUEST, Scope.TRANSIENT])('is refused in a provider of scope %s', async scope => {
    @Injectable({ scope })
    class Many {
      @OnLeaderLost()
      run() {}
    }
    await expect(boot({ providers: [Many] })).rejects.toMatchObject({
      code: 'UNSUPPORTED_JOB',
      received: 'Many.run',
    });
  });

  it.each([OnLeaderElected, OnLeaderLost])('is no static method, property or accessor: %p', decorator => {
    const refusal = expect.objectContaining({
      code: 'UNSUPPORTED_JOB',
      message: expect.stringContaining(`@${decorator.name}`),
    });
    expect(() => decorator()(class {}, 'run', { value: () => 1 })).toThrow(refusal);
    expect(() => decorator()({}, 'run', undefined as never)).toThrow(refusal);
    const accessor: PropertyDescriptor = { get: () => 1 };
    expect(() => decorator()({}, 'run', accessor)).toThrow(refusal);
  });
});
