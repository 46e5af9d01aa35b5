import { describe, expect, it } from '@jest/globals';
import { Injectable, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

import {
  LeaderCron,
  LeaderService,
  type Leadership,
  ScheduleModule,
  ScheduleService,
} from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { RAM, useApps } from '../support/use-apps.js';

const EVERY_SECOND = '* * * * * *';
const boot = useApps();

describe('LeaderService in RAM mode', () => {
  it('leads as soon as the application has started', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    const leader = app.get(LeaderService);
    expect(leader.isLeader()).toBe(true);
    expect(await leader.current()).toMatchObject({
      isThisPod: true,
      podId: leader.podId,
      remainingMs: Infinity,
    });
    expect(await leader.waitForLeadership()).toEqual(leader.term);
  });

  it('emits the present state first, then each change, and leads again one ttl after it resigned', async () => {
    const app = await boot({
      imports: [ScheduleModule.forRoot({ mode: 'ram', leader: { ttl: '500ms', interval: '50ms' } })],
    });
    const leader = app.get(LeaderService);
    const seen: Leadership[] = [];
    leader.changes.subscribe(change => seen.push(change));
    expect(await leader.resign()).toBe(true);
    expect(leader.isLeader()).toBe(false);
    expect(await leader.resign()).toBe(false);
    await leader.waitForLeadership();
    expect(seen.map(change => (change.isLeader ? 'leads' : change.reason))).toEqual([
      'leads',
      'resigned',
      'leads',
    ]);
  });

  it('stops waiting for leadership when the signal aborts', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    await app.get(LeaderService).resign();
    await expect(
      app.get(LeaderService).waitForLeadership(AbortSignal.abort(new Error('enough'))),
    ).rejects.toThrow('enough');
  });

  it('stops waiting for leadership, and for a run, when the application closes', async () => {
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
    const schedule = app.get(ScheduleService);
    schedule.create('job', '-', () => undefined);
    await app.get(LeaderService).resign();
    const waiting = [app.get(LeaderService).waitForLeadership(), schedule.runAndWait('job')];
    const outcomes = Promise.allSettled(waiting);
    await app.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'SHUTDOWN' } });
  });
});

describe('the lifecycle', () => {
  it('starts after every provider of the application and stops before them, awaiting running handlers', async () => {
    const order: string[] = [];
    const recorder = (name: string, leader: () => LeaderService) => ({
      onApplicationBootstrap: () => void order.push(`${name} starts ${leader().isLeader()}`),
      onModuleDestroy: () => void order.push(`${name} stops ${leader().isLeader()}`),
    });
    @Injectable()
    class Sibling implements OnApplicationBootstrap, OnModuleDestroy {
      constructor(private readonly leader: LeaderService) {}
      private readonly hooks = recorder('sibling', () => this.leader);
      onApplicationBootstrap = this.hooks.onApplicationBootstrap;
      onModuleDestroy = this.hooks.onModuleDestroy;
    }
    @Injectable()
    class Root extends Sibling {
      @LeaderCron(EVERY_SECOND)
      async slow() {
        order.push('handler starts');
        const started = Date.now();
        await eventually(() => Date.now() > started + 500);
        order.push('handler ends');
      }
    }
    @Module({ providers: [Sibling] })
    class SiblingModule {}
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM), SiblingModule], providers: [Root] });
    await eventually(() => order.includes('handler starts'));
    await app.close();
    const stop = order.indexOf('sibling stops false');
    expect(order.slice(0, 2)).toEqual(['sibling starts false', 'sibling starts false']);
    expect(order.filter(entry => entry === 'handler starts').length).toBe(
      order.filter(entry => entry === 'handler ends').length,
    );
    expect(order.lastIndexOf('handler ends')).toBeLessThan(stop);
  });

  it('does not wait for a handler beyond the drain timeout, and names it', async () => {
    let started = false;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      hang() {
        started = true;
        return new Promise(() => undefined);
      }
    }
    const app = await boot({
      imports: [ScheduleModule.forRoot({ mode: 'ram', shutdown: { drainTimeout: '100ms' } })],
      providers: [Jobs],
    });
    await eventually(() => started);
    await app.close();
    expect(app.lines.some(line => /^warn Job Jobs\.hang .*drainTimeout/.test(line))).toBe(true);
  });
});

describe('signals', () => {
  it('warns when nothing listens to SIGTERM', async () => {
    const listeners = process.listeners('SIGTERM');
    process.removeAllListeners('SIGTERM');
    try {
      const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
      const line = await eventually(() =>
        app.lines.find(printed => printed.startsWith('warn Nothing listens to SIGTERM')),
      );
      // No other pod waits for it.
      expect(line).not.toMatch(/lease/);
    } finally {
      for (const listener of listeners) process.on('SIGTERM', listener);
    }
  });
});
