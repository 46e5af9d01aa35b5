import { expect, it } from '@jest/globals';

import { cli } from '../../../support/cli.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { ISO, NEVER, useShop } from './use-shop.js';

const { call, environment, json, leader } = useShop();

describeWithRedis('the leader and the pods on the command line', () => {
  it('are shown with their roles', async () => {
    const { podId } = leader();
    const [table, { output }, { output: pods }, podTable] = await Promise.all([
      call('status'),
      json('status'),
      json('pods'),
      call('pods'),
    ]);
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toContain(`leader  ${podId} since 2`);
    expect(output).toEqual({
      leaderKey: 'scheduler:shop:leader',
      now: expect.stringMatching(ISO),
      leader: {
        podId,
        candidateId: podId,
        token: expect.any(Number),
        remainingMs: expect.any(Number),
        since: expect.stringMatching(ISO),
      },
      pods: [
        {
          podId,
          candidateId: podId,
          isLeader: true,
          isGone: false,
          since: expect.stringMatching(ISO),
          lastSeen: expect.stringMatching(ISO),
          version: '1.2.3',
          clockAheadMs: expect.any(Number),
        },
      ],
      pause: null,
      jobCount: 3,
      jobs: 3,
      pausedJobs: [],
      stoppedJobs: [],
      running: [],
    });
    expect(pods).toMatchObject({ pods: [{ podId }] });
    expect(podTable.stdout).toMatch(/^POD +ROLE +SINCE/);
  });

  it('colours nothing without a terminal, all when forced to, and NO_COLOR is the stronger', async () => {
    const coloured = await cli(['pods'], { ...environment, FORCE_COLOR: '1' });
    const plain = await cli(['pods'], { ...environment, FORCE_COLOR: '1', NO_COLOR: '1' });
    expect(coloured.stdout).toContain('\u001b[');
    expect(plain.stdout).not.toContain('\u001b[');
    expect((await call('pods')).stdout).not.toContain('\u001b[');
  });
});

describeWithRedis('jobs and their history on the command line', () => {
  it('lists the jobs, in no more than 100 columns', async () => {
    const [table, { output }] = await Promise.all([call('jobs'), json('jobs')]);
    expect(output.jobs.map(({ name }: { name: string }) => name)).toEqual(['bad', 'good', 'slow']);
    expect(output.jobs[1]).toEqual({
      name: 'good',
      schedule: NEVER,
      description: 'At 00:00, on day 29 of the month, only in February (Europe/Berlin)',
      words: 'At 00:00, on day 29 of the month, only in February (Europe/Berlin)',
      timeZone: 'Europe/Berlin',
      nextTicks: Array.from({ length: 5 }, () => expect.stringMatching(/T23:00:00.000Z$/)),
      lastRun: null,
      pause: null,
      isPaused: false,
      isStopped: false,
      stoppedOn: [],
      isRescheduled: false,
      rescheduledAt: null,
      running: [],
      definedIn: 'Jobs.good in AppModule',
      definedAt: 'Jobs.good in AppModule',
      overlap: 'skip',
      catchUp: 'latest',
    });
    expect(output.jobs[0]).toMatchObject({
      lastRun: { outcome: 'failed', error: { name: 'TypeError', message: 'no such printer' } },
    });
    expect(table.stdout).toMatch(/^bad +in \d+d +failed/m);
    expect(Math.max(...table.stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(100);
  });

  it('shows the history', async () => {
    const [all, { output }, none, wrong] = await Promise.all([
      call('history'),
      json('history', 'bad', '--limit', '1', '--outcome', 'failed,skipped', '--before', '2999-01-01'),
      json('history', '--before', '1h'),
      call('history', '--outcome', 'nice'),
    ]);
    expect(all.stdout).toMatch(/bad +failed +\d+ms +TypeError: no such printer, manual$/m);
    expect(output).toMatchObject({ runs: [{ job: 'bad', outcome: 'failed', manual: true }] });
    expect(none).toEqual({ code: 0, output: { runs: [], next: null } });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/^INVALID_OPTIONS: .*'nice'/) });
  });
});

describeWithRedis('a long history on the command line', () => {
  it('is read in pages, without a gap and without an entry twice', async () => {
    type Page = { readonly runs: readonly { readonly runId: string }[]; readonly next: string | null };
    for (const job of ['good', 'bad', 'good']) await call('run', job, '--wait');
    const whole = (await json('history')).output as Page;
    const paged: Page['runs'][number][] = [];
    for (let before: string | null = '2999-01-01'; before !== null;) {
      const { output } = await json('history', '--limit', '1', '--before', before);
      const { runs, next } = output as Page;
      paged.push(...runs);
      before = next;
    }
    expect(whole.runs.length).toBeGreaterThan(3);
    expect(paged).toEqual(whole.runs);
  });
});

describeWithRedis('unknown names on the command line', () => {
  it('names the nearest job, and the schedulers that there are', async () => {
    const [run, pause, unknownApp, listed] = await Promise.all([
      call('run', 'goood'),
      json('pause', 'nothing-like-it'),
      call('status', '--app', 'shops'),
      json('jobs', '--key', 'other'),
    ]);
    expect(run).toMatchObject({ code: 3, stderr: expect.stringMatching(/UNKNOWN_JOB: .*mean 'good'\?/) });
    expect(pause).toMatchObject({ code: 3, output: { error: { code: 'UNKNOWN_JOB' } } });
    expect(unknownApp).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^ {2}- scheduler:shop:leader$/m),
    });
    const { podId } = leader();
    expect(listed).toMatchObject({
      code: 3,
      output: {
        error: {
          code: 'NO_SCHEDULER',
          leaderKey: 'other',
          schedulers: [{ leaderKey: 'scheduler:shop:leader', podId, holder: podId, isLed: true }],
        },
      },
    });
  });
});
