import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { register, Registry } from 'prom-client';

import {
  LeaderCron,
  LeaderService,
  PermanentError,
  ScheduleModule,
  ScheduleService,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { METRICS, ScheduleMetricsModule, type ScheduleMetricsOptions } from '../../../lib/metrics/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { hasPromtool, promtool } from '../../support/promtool.js';
import { RedisServer } from '../../support/redis-server.js';
import { Scrape } from '../../support/scrape.js';

/** Not while these tests run: such a job is fired manually. */
const YEARLY = '0 0 1 1 *';
const apps: BootedApp[] = [];
let letGo = (): void => undefined;
@Injectable()
class Jobs {
  @LeaderCron(YEARLY, { name: 'works' })
  works() {}

  @LeaderCron(YEARLY, { name: 'fails', retry: { attempts: 3, backoff: '1ms' } })
  fails() {
    throw new Error('no paper');
  }

  @LeaderCron(YEARLY, { name: 'is slow', timeout: '10ms' })
  async slow() {
    await new Promise<void>(resolve => (letGo = resolve));
    throw new PermanentError('too late');
  }

  @LeaderCron(YEARLY, { name: 'waits' })
  waits() {
    return new Promise<void>(resolve => (letGo = resolve));
  }
}
const boot = async (
  options: ScheduleMetricsOptions = {},
  scheduled: ScheduleModuleOptions = { mode: 'ram' },
) => {
  const imports = [ScheduleModule.forRoot({ ...scheduled }), ScheduleMetricsModule.forRoot(options)];
  const app = await bootApp({ imports, providers: [Jobs] });
  apps.push(app);
  const schedule = app.get(ScheduleService);
  const scrape = () => Scrape.of(options.registry ?? register);
  const has = (series: string, value: number) =>
    eventually(async () => (await scrape()).value(series) === value, { what: `${series} is ${value}` });
  return { app, schedule, scrape, has };
};
afterEach(async () => {
  letGo();
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('the metrics of a scheduler', () => {
  it('are all there from the first scrape, in the registry that was given', async () => {
    const { scrape } = await boot({ registry: new Registry() });
    const first = await scrape();
    expect(first.names).toHaveLength(Object.keys(METRICS).length);
    expect(new Set(first.names)).toEqual(
      new Set(Object.keys(METRICS).map(name => `leader_schedule_${name}`)),
    );
    expect(first.value('runs_total{job_name="works",outcome="failed"}')).toBe(0);
    expect(first.value('ticks_missed_total{job_name="works"}')).toBe(0);
    expect(first.value('job_overdue{job_name="works"}')).toBe(0);
    expect(first.value('leadership_changes_total{change="deadline"}')).toBe(0);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it('measure the runs of each job, in seconds', async () => {
    const { schedule, scrape, has } = await boot();
    const begunAt = Date.now() / 1000;
    await schedule.runAndWait('works');
    await schedule.runAndWait('fails');
    await schedule.runAndWait('is slow');
    const seen = await scrape();
    expect(seen.value('runs_total{job_name="works",outcome="succeeded"}')).toBe(1);
    expect(seen.value('runs_total{job_name="fails",outcome="failed"}')).toBe(1);
    expect(seen.value('runs_total{job_name="is slow",outcome="timed-out"}')).toBe(1);
    expect(seen.value('retries_total{job_name="fails"}')).toBe(2);
    expect(seen.value('run_duration_seconds_count{job_name="works"}')).toBe(1);
    expect(seen.value('run_duration_seconds_sum{job_name="is slow"}')).toBeGreaterThan(0.009);
    expect(seen.value('run_duration_seconds_bucket{le="10",job_name="is slow"}')).toBe(1);
    expect(seen.value('run_lag_seconds_count{job_name="fails"}')).toBe(1);
    expect(seen.value('last_success_timestamp_seconds{job_name="works"}')).toBeGreaterThanOrEqual(
      begunAt - 0.01,
    );
    expect(seen.value('last_success_timestamp_seconds{job_name="fails"}')).toBeUndefined();
    await has('runs_in_progress{job_name="works"}', 0);
  });

  it('count the runs that go on, and the ticks that were skipped for them', async () => {
    const { schedule, has } = await boot();
    await schedule.runNow('waits');
    await has('runs_in_progress{job_name="waits"}', 1);
    await schedule.runAndWait('waits');
    await has('ticks_skipped_total{job_name="waits",reason="running"}', 1);
    letGo();
    await has('runs_in_progress{job_name="waits"}', 0);
  });

  it('show the leader, and count its changes', async () => {
    const leader = { ttl: '500ms', interval: '100ms' };
    const { app, scrape, has } = await boot({}, { mode: 'ram', leader });
    expect((await scrape()).value('is_leader')).toBe(1);
    expect((await scrape()).value('lease_remaining_seconds')).toBe(Infinity);
    await app.get(LeaderService).resign();
    const after = await scrape();
    expect([after.value('is_leader'), after.value('lease_remaining_seconds')]).toEqual([0, 0]);
    expect(after.value('leadership_changes_total{change="resigned"}')).toBe(1);
    await has('leadership_changes_total{change="elected"}', 2);
  });
});

describe('the labels and options of metrics', () => {
  it('have no label but those of the table, and no job but those of the application', async () => {
    const { schedule, scrape } = await boot();
    await schedule.runAndWait('fails');
    const { text } = await scrape();
    for (const [name, { labels }] of Object.entries(METRICS)) {
      const series = [
        ...text.matchAll(new RegExp(`^leader_schedule_${name}(?:_bucket|_sum|_count)?\\{(.*)\\} `, 'gm')),
      ];
      for (const [, written = ''] of series) {
        const found = [...written.matchAll(/(\w+)="/g)]
          .map(([, label]) => label)
          .filter(label => label !== 'le');
        expect(new Set(found)).toEqual(new Set(labels));
      }
    }
    const jobs = new Set([...text.matchAll(/job_name="([^"]+)"/g)].map(([, job]) => job));
    expect(jobs).toEqual(new Set(schedule.jobNames));
  });

  it('have the prefix and the buckets of the options', async () => {
    const registry = new Registry();
    const imports = [
      ScheduleModule.forRoot({ mode: 'ram' }),
      ScheduleMetricsModule.forRootAsync({
        useFactory: async () => ({ registry, prefix: 'billing_', durationBuckets: [1, 2] }),
      }),
    ];
    const app = await bootApp({ imports, providers: [Jobs] });
    apps.push(app);
    await app.get(ScheduleService).runAndWait('works');
    const { text } = await Scrape.of(registry);
    expect(text).toContain('billing_run_duration_seconds_bucket{le="2",job_name="works"} 1');
    expect(text).not.toContain('leader_schedule_');
  });

  it.each<[string, ScheduleMetricsOptions, RegExp]>([
    ['a registry that has them already', {}, /leader_schedule_is_leader.*its own registry/],
    ['a prefix that is none', { prefix: '1-' }, /prefix.*1-/],
    ['buckets that do not ascend', { lagBuckets: [1, 1] }, /ascending/],
    ['an option that there is not', { bucket: [1] } as object, /no such option.*durationBuckets/],
  ])('are refused with %s', async (_, options, message) => {
    await boot();
    const refusal: unknown = await boot(options).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
  });
});

describe('metrics and their registry', () => {
  it('of two applications in one process stay apart', async () => {
    const [one, other] = [await boot({ registry: new Registry() }), await boot({ registry: new Registry() })];
    await one.schedule.runAndWait('works');
    const series = 'runs_total{job_name="works",outcome="succeeded"}';
    expect([(await one.scrape()).value(series), (await other.scrape()).value(series)]).toEqual([1, 0]);
  });

  it('leave the registry with their application, so that the next one may use it', async () => {
    const first = await boot();
    await first.app.close();
    expect(register.getMetricsAsArray()).toEqual([]);
    await boot();
    expect(register.getMetricsAsArray()).toHaveLength(Object.keys(METRICS).length);
  });

  it('keep other metrics intact when scraped before the application has started, or when one breaks', async () => {
    const registry = new Registry();
    let early = '';
    @Module({})
    class Impatient {
      async onModuleInit() {
        early = await registry.metrics();
      }
    }
    const imports = [
      ScheduleMetricsModule.forRoot({ registry }),
      ScheduleModule.forRoot({ mode: 'ram' }),
      Impatient,
    ];
    const app = await bootApp({ imports, providers: [Jobs] });
    apps.push(app);
    expect(early).not.toContain('leader_schedule_is_leader 1');
    registry.getSingleMetric('leader_schedule_run_lag_seconds')?.reset();
    Object.assign(registry.getSingleMetric('leader_schedule_runs_in_progress') ?? {}, { labelNames: [] });
    expect(await app.get(ScheduleService).runAndWait('works')).toMatchObject({
      outcome: 'succeeded',
    });
    await eventually(() => app.lines.some(line => line.includes('A listener of schedule events failed')));
  });
});

(hasPromtool ? describe : describe.skip)('promtool (skipped where there is none)', () => {
  it('accepts a scrape without a remark', async () => {
    const { schedule, scrape } = await boot();
    await schedule.runAndWait('works');
    expect(promtool(['check', 'metrics'], (await scrape()).text)).toEqual({ code: 0, said: '' });
  });
});

describeWithRedis('the metrics of a scheduler with Redis', () => {
  const options = (): ScheduleModuleOptions => ({
    redis: server.url,
    leader: { key: 'metrics:leader', ttl: '1s', interval: '200ms' },
  });
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.dispose());

  it('count renewals, and show lease, clock and the last successes of other pods', async () => {
    const first = await boot({ registry: new Registry() }, options());
    await first.has('is_leader', 1);
    await first.schedule.runAndWait('works');
    await eventually(
      async () => ((await first.scrape()).value('lease_renewals_total{answer="renewed"}') ?? 0) >= 2,
    );
    const led = await first.scrape();
    expect(led.value('lease_remaining_seconds')).toBeGreaterThan(0);
    expect(led.value('lease_remaining_seconds')).toBeLessThanOrEqual(1);
    expect(Math.abs(led.value('clock_ahead_seconds') ?? 9)).toBeLessThan(0.5);
    const lastSuccess = led.value('last_success_timestamp_seconds{job_name="works"}');

    const second = await boot({ registry: new Registry() }, options());
    expect((await second.scrape()).value('is_leader')).toBe(0);
    await first.app.close();
    await second.has('is_leader', 1);
    const found = (await second.scrape()).value('last_success_timestamp_seconds{job_name="works"}');
    expect(Math.abs((found ?? 0) - (lastSuccess ?? 9))).toBeLessThan(0.1);
  });

  it('show that Redis is away, and omit values that only Redis knows', async () => {
    const { scrape, has } = await boot({ registry: new Registry() }, options());
    await has('is_leader', 1);
    await has('lease_renewals_total{answer="lost"}', 0);
    await server.pause();
    await has('is_leader', 0);
    await has('store_available{source="lease"}', 0);
    await has('store_available{source="runs"}', 0);
    const away = await scrape();
    expect(away.value('lease_renewals_total{answer="unknown"}')).toBeGreaterThan(0);
    expect(away.seriesOf('leader_schedule_job_overdue')).toEqual([]);
    await server.resume();
    await has('is_leader', 1);
    await has('store_available{source="runs"}', 1);
    expect((await scrape()).value('job_overdue{job_name="works"}')).toBe(0);
  });
});
