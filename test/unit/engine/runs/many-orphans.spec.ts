import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, type JobSpec } from '../../../support/engine-harness.js';
import { endlessOnA } from '../../../support/endless-on-a.js';

const ENDLESS: JobSpec = {
  name: 'many',
  cron: '0 0 * * * *',
  handler: endlessOnA,
  policy: { overlap: 'allow', retention: { keep: 10_000, maxAgeMs: Infinity } },
};
const JOBS = [ENDLESS, { name: 'tick' }];

/** Pod `a` died with this number of runs of the job `many`. */
async function crashedWith(runs: number): Promise<EngineCluster> {
  const cluster = new EngineCluster(JOBS);
  const a = await cluster.started('a');
  const many = a.jobs.find('many');
  const token = a.elector.currentTerm()?.token;
  if (many === undefined || token === undefined) throw new Error('Pod a does not lead');
  for (let run = 0; run < runs; run += 1) a.schedulers.of(many).runManual(token);
  await cluster.advance(100);
  expect(cluster.calls.filter(({ job }) => job === 'many')).toHaveLength(runs);
  a.die();
  await cluster.advance(20 * SECOND);
  return cluster;
}

describe('many runs whose pods died', () => {
  it('do not keep jobs closed: these open after one page, and the rest is settled meanwhile', async () => {
    const cluster = await crashedWith(1000);
    const b = await cluster.started('b');
    const { sent } = b.runs;
    expect(sent.slice(0, sent.indexOf('open')).filter(operation => operation === 'adopt')).toHaveLength(1);
    await cluster.advance(SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(1000);
    expect((await cluster.ended('many')).filter(({ state }) => state === 'abandoned')).toHaveLength(1000);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('are reported one by one, and counted once a job and page', async () => {
    const cluster = await crashedWith(450);
    const b = await cluster.started('b');
    await cluster.advance(SECOND);
    const abandoned = b.eventsOf('job.abandoned');
    expect(new Set(abandoned.map(({ runId }) => runId)).size).toBe(450);
    expect(abandoned.filter(({ ordinal }) => ordinal === 1).map(({ count }) => count)).toEqual([
      200, 200, 50,
    ]);
  });

  it('are reported once where the reply is lost', async () => {
    const cluster = await crashedWith(250);
    const b = cluster.pod('b');
    b.runs.faults.adopt = 'loses-replies';
    b.start();
    await cluster.advance(3 * SECOND);
    expect(b.eventsOf('job.abandoned')).toEqual([]);
    delete b.runs.faults.adopt;
    await cluster.advance(3 * SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(250);
  });

  it('are reported by the pod that recorded them, though its term has ended since', async () => {
    const cluster = await crashedWith(50);
    const b = cluster.pod('b');
    b.runs.faults.adopt = 'loses-replies';
    b.start();
    await cluster.advance(500);
    void b.elector.resign();
    await cluster.advance(1.5 * SECOND);
    const c = await cluster.started('c');
    delete b.runs.faults.adopt;
    await cluster.advance(3 * SECOND);
    expect([b.eventsOf('job.abandoned').length, c.eventsOf('job.abandoned').length]).toEqual([50, 0]);
  });

  it('are settled in the order in which pages come, while own runs are live', async () => {
    const cluster = await crashedWith(300);
    const b = await cluster.started('b');
    await cluster.advance(SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(300);
    // From now on nothing is to be checked.
    const checks = b.runs.count('unfinished');
    await cluster.advance(MINUTE);
    expect(b.runs.count('unfinished')).toBe(checks);
  });
});
