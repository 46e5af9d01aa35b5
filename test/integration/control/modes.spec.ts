import { describe, expect, it } from '@jest/globals';
import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';

import { ALL_JOBS, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { SECOND } from '../../support/durations.js';
import { eachAdapter } from '../../support/each-adapter.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';
import { Calls, NEVER, OFTEN, usePods } from './use-pods.js';

const { apps, newName, ram, redis } = usePods();
const modes = eachAdapter(ram, redis);

describe.each(modes)('control in $mode mode', ({ openPods }) => {
  it('pauses a job, or all, and lets them go on', async () => {
    const { calls, other } = await openPods();
    await eventually(() => calls.of('ticking').length > 0);
    for (const job of ['ticking', ALL_JOBS]) {
      const pause = await other.schedule.pause(job, { reason: 'maintenance' });
      expect(pause).toMatchObject({ until: undefined, reason: 'maintenance' });
      await eventually(async () => (await other.schedule.history('ticking'))[0]?.reason === 'paused');
      const [info] = (await other.schedule.jobs()).filter(({ name }) => name === 'ticking');
      expect(info).toMatchObject({ isPaused: true, pause });
      expect(calls.ticks('ticking').filter(tick => tick >= pause.from.getTime())).toEqual([]);
      expect(await other.schedule.resume(job)).toBe(true);
      expect(await other.schedule.resume(job)).toBe(false);
      const count = calls.of('ticking').length;
      await eventually(() => calls.of('ticking').length > count);
    }
  });

  it('runs a job now, on the leader, and waits for its end', async () => {
    const { calls, other, leader } = await openPods();
    const run = await other.schedule.runAndWait('by-hand', { maxWait: '10s' });
    expect(run).toMatchObject({ outcome: 'succeeded', manual: true, podId: leader.leader.podId });
    expect(calls.of('by-hand').map(({ pod }) => pod)).toEqual(['leader']);
    const ticket = await other.schedule.runNow('by-hand');
    expect(ticket).toMatchObject({ job: 'by-hand', requestId: expect.any(String) });
    await eventually(async () => (await other.schedule.history('by-hand')).length === 2);
  });

  it('aborts a run', async () => {
    const { other } = await openPods();
    await other.schedule.runNow('long');
    const [run] = await eventually(async () => {
      const running = await other.schedule.running();
      return running.length > 0 && running;
    });
    await expect(other.schedule.runAndWait('long')).resolves.toMatchObject({
      outcome: 'skipped',
      reason: 'running',
    });
    expect(await other.schedule.abortRun(run?.runId ?? '')).toBe('aborted');
    await eventually(async () => (await other.schedule.lastRun('long'))?.outcome === 'aborted');
    expect(await other.schedule.abortRun(run?.runId ?? '')).toBe('not-found');
  });

  it('gives a job another schedule, and its own again', async () => {
    const { calls, other } = await openPods();
    await other.schedule.reschedule('by-hand', OFTEN);
    await eventually(() => calls.of('by-hand').length > 1);
    await other.schedule.reschedule('by-hand', null);
    await eventually(async () => {
      const info = (await other.schedule.jobs()).find(({ name }) => name === 'by-hand');
      return info?.isRescheduled === false && info.schedule === NEVER;
    });
  });
});

describe.each(modes)('control of jobs and pods in $mode mode', ({ openPods }) => {
  it('takes jobs that are made at run time, on all pods, and runs each of their ticks once', async () => {
    const { calls, leader, other } = await openPods();
    for (const pod of new Set([leader, other]))
      pod.schedule.create('late', OFTEN, context => {
        calls.all.push({ pod: pod.name, context });
      });
    await eventually(() => calls.of('late').length >= 2);
    const ticks = calls.ticks('late');
    expect(new Set(ticks).size).toBe(ticks.length);
    for (const pod of new Set([leader, other])) pod.schedule.remove('late');
    await expect(other.schedule.runNow('late')).rejects.toThrow('There is no job of this name');
  });

  it('shows the pods, with version, last sign of life and clock', async () => {
    const { leader, other } = await openPods();
    const expected = new Set([leader, other]).size;
    const found = await eventually(async () => {
      const shown = await other.schedule.pods();
      return shown.length === expected && shown.every(pod => pod.clockAheadMs !== undefined) && shown;
    });
    expect(found.map(({ isLeader }) => isLeader)).toEqual([true, false].slice(0, expected));
    for (const pod of found) {
      expect(pod.version).toBe('1.2.3');
      expect(Math.abs(pod.clockAheadMs ?? Infinity)).toBeLessThan(SECOND);
      expect(Math.abs(Date.now() - pod.lastSeen.getTime())).toBeLessThan(10 * SECOND);
    }
  });

  it('refuses invalid jobs, and has none of them afterwards', async () => {
    const { other } = await openPods();
    const { schedule } = other;
    const nothing = () => undefined;
    const before = (await schedule.jobs()).length;
    expect(() => schedule.create('ticking', NEVER, nothing)).toThrow('Two jobs have one name');
    expect(() => schedule.create('x', NEVER, 'text' as never)).toThrow('a handler that is no function');
    expect(() => schedule.create('x', '0 0 0 31 2 *', nothing)).toThrow(
      expect.objectContaining({ code: 'INVALID_CRON' }),
    );
    for (const name of [ALL_JOBS, '', ' ', 'a\nb'])
      expect(() => schedule.create(name, NEVER, nothing)).toThrow('has invalid options');
    expect(() => schedule.remove('x')).toThrow('There is no job of this name');
    expect(await schedule.jobs()).toHaveLength(before);
  });
});

describe.each(modes)('the limits of control in $mode mode', ({ openPods }) => {
  it('refuses unknown names and invalid values, with the reason', async () => {
    const { other } = await openPods();
    const { schedule } = other;
    await expect(schedule.pause('tickin')).rejects.toThrow("Did you mean 'ticking'?");
    await expect(schedule.runNow('nothing like it at all')).rejects.toThrow('There are ');
    for (const wrong of [0, -1, Number.NaN, '0s', '-5s', 'abc', '400d'])
      await expect(schedule.pause('ticking', { duration: wrong })).rejects.toThrow('A pause is a duration');
    for (const reason of ['a\nb', 'x'.repeat(201), '\u0000'])
      await expect(schedule.pause('ticking', { reason })).rejects.toThrow('The reason of a pause');
    for (const maxWait of [0, -1, Number.NaN, 'abc'])
      await expect(schedule.runAndWait('by-hand', { maxWait })).rejects.toThrow('A time to wait');
    for (const never of ['0 0 0 31 2 *', 'garbage', ''])
      await expect(schedule.reschedule('ticking', never)).rejects.toMatchObject({ code: 'INVALID_CRON' });
    await expect(schedule.reschedule('ticking', 5 as never)).rejects.toThrow('rescheduled by a text');
    await expect(schedule.reschedule('ticking', '* * * * *', { timeZone: 'Mars' })).rejects.toThrow('Mars');
    for (const garbage of ['', '*', 'a|b', '\u0000'])
      expect(await schedule.abortRun(garbage)).toBe('not-found');
    expect(await schedule.history('by-hand')).toEqual([]);
    expect((await schedule.status()).pause).toBeUndefined();
  });
});

describe.each(modes)('control at the start in $mode mode', ({ source }) => {
  it('takes jobs before it has initialized, and other calls from then on', async () => {
    const calls = new Calls();
    const answers: unknown[] = [];
    const refused: unknown[] = [];
    @Injectable()
    class Early implements OnModuleInit, OnApplicationBootstrap {
      constructor(private readonly schedule: ScheduleService) {
        schedule.create('from-constructor', OFTEN, context => {
          calls.all.push({ pod: '', context });
        });
      }

      async onModuleInit(): Promise<void> {
        const { schedule } = this;
        schedule.create('from-init', OFTEN, context => {
          calls.all.push({ pod: '', context });
        });
        const asked = [
          () => schedule.pause('from-init'),
          () => schedule.resume(ALL_JOBS),
          () => schedule.runNow('from-init'),
          () => schedule.abortRun('x'),
          () => schedule.reschedule('from-init', NEVER),
          () => schedule.jobs(),
          () => schedule.pods(),
        ];
        for (const ask of asked) refused.push(await ask().catch((error: unknown) => error));
      }

      async onApplicationBootstrap(): Promise<void> {
        const { reason } = await this.schedule.pause('from-init', { reason: 'early' });
        answers.push(reason, await this.schedule.resume('from-init'));
      }
    }
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ appName: newName(), ...source() })],
      providers: [Early],
    });
    apps.push(app);
    expect(refused.map(error => (error as { code?: string }).code)).toEqual(
      Array.from({ length: 7 }, () => 'NOT_STARTED'),
    );
    expect(answers).toEqual(['early', true]);
    await eventually(() => calls.of('from-constructor').length > 0 && calls.of('from-init').length > 0);
  });
});
