import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { cli, cliJson } from '../support/cli.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { buildCommit, RELEASE_0_3 } from '../support/setup/build-commit.mjs';
import { runChaos } from './random/chaos-run.js';
import { judge } from './random/judge.js';
import type { RandomPod } from './random/random-pod.js';
import { report } from './random/report.js';

const TIMINGS = { pods: 3, ttlMs: 2000, intervalMs: 500 };
/** How long pods of two versions live side by side at each step. */
const SIDE_BY_SIDE_MS = 2500;
/** Longer than the drain of a pod takes. */
const STOP_WITHIN_MS = 12_000;
const THIS_BUILD = '.';

describeWithRedis('a rolling update from 0.3 and back, with traffic', () => {
  let old: Awaited<ReturnType<typeof buildCommit>>;

  beforeAll(async () => {
    old = await buildCommit(RELEASE_0_3);
  }, 180_000);

  afterAll(() => old.remove());

  it('doubles no tick, loses none, and each version reads what the other one wrote', async () => {
    const { evidence } = await runChaos({
      ...TIMINGS,
      topology: 'persistent',
      seed: 1,
      forMs: 0,
      strict: false,
      say: () => undefined,
      folder: old.folder,
      plan: async (pods, [url = '']) => {
        await replaceAll(pods, THIS_BUILD, () => bothRead(url, [THIS_BUILD, old.folder]));
        await replaceAll(pods, old.folder, () => bothRead(url, [THIS_BUILD, old.folder]));
        await replaceAll(pods, THIS_BUILD, () => bothControl(url, [old.folder, THIS_BUILD]));
      },
    });
    const verdict = judge(evidence);
    if (verdict.convictions.length > 0) throw new Error(report(verdict));
    const fates = (fate: 'doubled' | 'lost' | 'unexplained' | 'once') =>
      verdict.jobs.reduce((sum, job) => sum + (job.fates[fate] ?? 0), 0);
    expect({ doubled: fates('doubled'), lost: fates('lost'), unexplained: fates('unexplained') }).toEqual({
      doubled: 0,
      lost: 0,
      unexplained: 0,
    });
    expect(fates('once')).toBeGreaterThan(50);
  }, 240_000);
});

/** Replaces one pod after the other; the leader goes first, so that leadership crosses the versions. */
async function replaceAll(
  pods: readonly RandomPod[],
  folder: string,
  sideBySide: () => Promise<void>,
): Promise<void> {
  const waiting = new Set(pods);
  while (waiting.size > 0) {
    const leader = [...waiting].find(({ isLeader }) => isLeader);
    const next = leader ?? [...waiting][0];
    if (next === undefined) return;
    waiting.delete(next);
    await next.stop(STOP_WITHIN_MS);
    next.start(0, folder);
    await next.ready();
    if (waiting.size === 1) await sideBySide();
    await pause(SIDE_BY_SIDE_MS);
  }
}

/** Both versions see the same jobs, runs, leader and pods. */
async function bothRead(url: string, folders: readonly string[]): Promise<void> {
  const ask = (verb: string[], folder: string): Promise<Record<string, Record<string, unknown>[]>> =>
    cliJson([...verb, '--redis-url', url, '--app', 'chaos'], {}, folder);
  const [before] = (await ask(['history', '-n', '20'], folders[0] ?? '.'))['runs'] ?? [];
  const until = new Date(String(before?.['tick'])).toISOString();
  for (const verb of [['history', '-n', '20', '--before', until], ['jobs'], ['pods']]) {
    const read = () =>
      Promise.all(folders.map(async folder => identities(await ask(verb, folder)).toSorted()));
    let [here, there] = await read();
    // A run may end between the two answers.
    for (let again = 0; again < 3 && !isDeepStrictEqual(here, there); again += 1)
      [here, there] = await read();
    expect(here?.length).toBeGreaterThan(0);
    expect(there).toEqual(here);
  }
}

function identities(answer: Record<string, Record<string, unknown>[]>): string[] {
  const entries = Object.values(answer).find(Array.isArray) ?? [];
  return entries.map(({ name, job, tick, runId, outcome, candidateId }) =>
    JSON.stringify({ name, job, tick, runId, outcome, candidateId }),
  );
}

/** A requested run succeeds. One that meets the run of a tick is skipped, and requested again, twice at most. */
async function runs(job: string, where: readonly string[], folder?: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const args = ['run', job, '--wait', '20s', ...where, '-o', 'json'];
    const { code, stdout, stderr } = await cli(args, {}, folder);
    if (code !== 0 && stdout === '') throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    const { run } = JSON.parse(stdout) as { run: { outcome: string; reason?: string } };
    if (run.reason === 'running' && tries < 3) continue;
    expect(run).toMatchObject({ outcome: 'succeeded' });
    return;
  }
}

/** A request of one version is carried out by a leader of either version, and the other one can take it back. */
async function bothControl(url: string, [one = '.', other = '.']: readonly string[]): Promise<void> {
  const where = ['--redis-url', url, '--app', 'chaos'];
  for (const [asks, answers] of [
    [one, other],
    [other, one],
  ]) {
    await runs('instant', where, asks);
    await cliJson(['pause', 'working', '--for', '60s', ...where], {}, asks);
    await eventually(
      async () => {
        const { jobs } = await cliJson<{ jobs: { name: string; isPaused: boolean }[] }>(
          ['jobs', ...where],
          {},
          answers,
        );
        return jobs.find(({ name }) => name === 'working')?.isPaused === true;
      },
      { within: 10_000, every: 100, what: 'the other version sees the pause' },
    );
    await cliJson(['resume', 'working', ...where], {}, answers);
  }
}
