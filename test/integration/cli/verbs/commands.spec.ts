import { expect, it } from '@jest/globals';

import { LeaderService } from '../../../../lib/index.js';
import { CliProcess } from '../../../support/cli.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { eventually } from '../../../support/eventually.js';
import { ISO, useShop } from './use-shop.js';

const { boot, call, environment, json, schedule } = useShop();

describeWithRedis('runs on the command line', () => {
  it('runs a job, and waits for its end', async () => {
    const [good, bad, ticket] = await Promise.all([
      json('run', 'good', '--wait', '10s'),
      call('run', 'bad', '--wait'),
      json('run', 'bad'),
    ]);
    expect(good).toMatchObject({
      code: 0,
      output: { job: 'good', requestId: expect.any(String), run: { outcome: 'succeeded', manual: true } },
    });
    expect(bad).toMatchObject({
      code: 4,
      stdout: expect.stringMatching(/^failed after .*: TypeError: no such printer$|^skipped: running$/m),
    });
    expect(ticket).toEqual({
      code: 0,
      output: { job: 'bad', requestId: expect.any(String), tick: expect.stringMatching(ISO) },
    });
  });

  it('gives up waiting, shows the run that goes on, says that another is skipped, and aborts it', async () => {
    const late = await json('run', 'slow', '--wait', '300ms');
    expect(late).toMatchObject({ code: 6, output: { error: { code: 'WAIT_TIMEOUT', job: 'slow' } } });
    const [{ output }, table, skipped] = await Promise.all([
      json('running'),
      call('running'),
      json('run', 'slow', '--wait', '5s'),
    ]);
    const [{ runId }] = output.runs;
    expect(table.stdout).toMatch(new RegExp(`^${runId} +slow +2`, 'm'));
    expect(skipped).toMatchObject({ code: 4, output: { run: { outcome: 'skipped', reason: 'running' } } });
    expect(await json('abort', runId)).toEqual({ code: 0, output: { runId, result: 'aborted' } });
    await eventually(async () => (await schedule().running()).length === 0);
    expect(await json('abort', runId)).toMatchObject({ code: 3, output: { error: { code: 'NO_SUCH_RUN' } } });
  });
});

describeWithRedis('pauses and schedules on the command line', () => {
  it('pauses and resumes what the application runs', async () => {
    const paused = await call('pause', 'good', '--for', '30m', '--reason', 'a new printer');
    expect(paused).toMatchObject({ code: 0, stdout: expect.stringMatching(/\(in 30m\): a new printer$/m) });
    const [job] = (await schedule().jobs()).filter(({ name }) => name === 'good');
    expect(job).toMatchObject({ isPaused: true, pause: { reason: 'a new printer' } });
    expect(await json('resume', 'good')).toEqual({ code: 0, output: { job: 'good', wasPaused: true } });
    expect(await json('resume', 'good')).toEqual({ code: 0, output: { job: 'good', wasPaused: false } });
    expect(await json('pause', '--yes')).toMatchObject({
      code: 0,
      output: { job: '*', until: null, reason: '' },
    });
    expect((await schedule().status()).pause).toBeDefined();
    expect(await call('resume')).toMatchObject({ code: 0, stdout: 'Resumed all jobs\n' });
  });

  it('gives a job another schedule, and its own again', async () => {
    expect((await json('reschedule', 'good', '@hourly')).code).toBe(0);
    const schedules = async () => (await schedule().jobs()).map(one => one.schedule);
    await eventually(async () => (await schedules()).includes('@hourly'));
    expect((await json('reschedule', 'good', '--own')).code).toBe(0);
    await eventually(async () => !(await schedules()).includes('@hourly'));
    expect(await call('reschedule', 'good', 'sometimes')).toMatchObject({ code: 2 });
    expect(await call('reschedule', 'good')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--own/),
    });
  });

  it('refuses to stop everything where no terminal can confirm it', async () => {
    expect(await call('pause')).toMatchObject({ code: 7, stderr: expect.stringMatching(/add --yes/) });
    expect(await json('resign')).toMatchObject({ code: 7, output: { error: { code: 'NOT_CONFIRMED' } } });
    expect((await schedule().status()).pause).toBeUndefined();
  });
});

describeWithRedis('a hand-over on the command line', () => {
  it('watches until it is interrupted, and hands over when it is asked to', async () => {
    const second = await boot();
    const { podId } = second.get(LeaderService);
    const lines = new CliProcess(['status', '--watch', '200ms', '-o', 'json'], environment);
    const tables = new CliProcess(['status', '-w', '200ms'], environment);
    await Promise.all([lines.says(podId), tables.says(podId)]);
    const leader = await second.get(LeaderService).current();
    const resigned = { podId: leader?.podId, candidateId: leader?.podId, token: leader?.token };
    expect(await json('resign', '--yes')).toMatchObject({ code: 0, output: resigned });
    await second.get(LeaderService).waitForLeadership();
    await Promise.all([lines.says(`"leader":{"podId":"${podId}"`), tables.says(`leader  ${podId}`)]);
    for (const one of [lines, tables]) one.interrupt();
    for (const end of [await lines.end(), await tables.end()])
      expect(end).toMatchObject({ code: 0, stderr: '' });
    for (const line of lines.stdout.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ leaderKey: 'scheduler:shop:leader' });
  });
});
