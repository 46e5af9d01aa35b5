import { describe, expect, it } from '@jest/globals';

import { DAY, HOUR } from '../../support/durations.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, never, SHORT } from './lab.js';

const { adapters, openRedisLab, redisServer } = useLabs('control', Lab.of);

/** Requests runs at the start of a version under these handles. */
const requestStarts = ({ stores }: Lab, handles: readonly string[], term = A, keptMs = DAY) =>
  stores.control.requestStarts(
    { ...term, starts: handles.map((handle, index) => ({ job: `job-${index}`, handle, keptMs })) },
    never,
  );

describe.each(adapters)('a run at the start of a version ($name)', ({ openLab }) => {
  it('is requested once under its handle, also when its request is decided', async () => {
    const lab = await openLab();
    expect(await requestStarts(lab, ['start:a', 'start:b'])).toEqual(['job-0', 'job-1']);
    expect(await requestStarts(lab, ['start:a', 'start:b'])).toEqual([]);
    const { requests } = await lab.stores.control.requests('', never);
    expect(requests.map(({ id, job }) => [id, job])).toEqual(
      expect.arrayContaining([
        ['start:a', 'job-0'],
        ['start:b', 'job-1'],
      ]),
    );
    for (const [index, request] of requests.entries())
      expect(await lab.claimRequested(request, `run-${index}`)).toEqual({ kind: 'go' });
    expect(await lab.standing()).toEqual([]);
    expect(await requestStarts(lab, ['start:a', 'start:b', 'start:c'])).toEqual(['job-2']);
  });

  it('is requested anew for another version, and not for one before it', async () => {
    const lab = await openLab();
    expect(await requestStarts(lab, ['start:1'])).toEqual(['job-0']);
    expect(await requestStarts(lab, ['start:2'])).toEqual(['job-0']);
    expect(await requestStarts(lab, ['start:1'])).toEqual([]);
    expect(await lab.standing()).toEqual(expect.arrayContaining(['start:1', 'start:2']));
  });

  it('waits for the end of a pause, and is decided by none', async () => {
    const lab = await openLab();
    await requestStarts(lab, ['start:a']);
    const [request] = (await lab.stores.control.requests('', never)).requests;
    if (request === undefined) throw new Error('nothing is requested');
    for (const paused of ['job-0', '*']) {
      await lab.pause(paused);
      expect(await lab.claimRequested(request, 'x')).toMatchObject({ kind: 'blocked' });
      await lab.resume(paused);
    }
    await lab.pause('job-0', SHORT);
    const answer = await lab.claimRequested(request, 'x');
    expect(answer).toMatchObject({ kind: 'blocked' });
    expect(await lab.standing()).toEqual(['start:a']);
    await lab.stores.pass(SHORT);
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'go' });
  });
});

describe.each(adapters.filter(({ name }) => name !== 'RAM'))('a run at the start ($name)', ({ openLab }) => {
  it('is not requested by a leader whose term is over', async () => {
    const lab = await openLab();
    await lab.stores.lead(B.podId, B.token);
    expect(await requestStarts(lab, ['start:a'])).toBeUndefined();
    expect(await lab.standing()).toEqual([]);
  });

  it('does not expire while its version leads, and expires after a day without', async () => {
    const { lab, ...stores } = await openRedisLab();
    await requestStarts(lab, ['start:1', 'start:2']);
    const old = (await lab.now()) - 25 * HOUR;
    for (const [index, handle] of ['start:1', 'start:2'].entries())
      await redisServer().command('HSET', stores.keys.requests, handle, `${old}|job-${index}`);
    expect(await requestStarts(lab, ['start:1'])).toEqual([]);
    const page = await lab.stores.control.requests('', never);
    expect([page.requests.map(({ id }) => id), page.expired.map(({ id }) => id)]).toEqual([
      ['start:1'],
      ['start:2'],
    ]);
  });

  it('forgets the oldest of more than a thousand versions, a hundred at a time', async () => {
    const { lab, ...stores } = await openRedisLab();
    const many = Array.from({ length: 1500 }, (_, at) => [at + 1, `start:old-${at}`]).flat();
    await redisServer().command('ZADD', stores.keys.starts('job-0'), ...many.map(String));
    for (let times = 0; times < 8; times += 1) await requestStarts(lab, ['start:1'], A, 1e15);
    const left = (await redisServer().command('ZRANGE', stores.keys.starts('job-0'), '0', '-1')) as string[];
    expect([left.length, left[0], left.at(-1)]).toEqual([901, 'start:old-600', 'start:1']);
  });

  it('waits for a live run and for a queued tick, and is decided by none', async () => {
    const { lab } = await openRedisLab();
    await lab.claim(await lab.now(), 'x', { job: 'job-0', overlap: 'queue' });
    await requestStarts(lab, ['start:a']);
    const [request] = (await lab.stores.control.requests('', never)).requests;
    if (request === undefined) throw new Error('nothing is requested');
    for (const overlap of ['skip', 'queue'] as const)
      expect(await lab.claimRequested(request, 'y', { overlap })).toMatchObject({ kind: 'blocked' });
    expect(await lab.standing()).toEqual(['start:a']);
    expect(await lab.claimRequested(request, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
  });

  it('is forgotten once its version has not led for long, and that of the present one never', async () => {
    const lab = await openLab();
    await requestStarts(lab, ['start:1']);
    await requestStarts(lab, ['start:2']);
    await lab.stores.pass(SHORT);
    expect(await requestStarts(lab, ['start:2'], A, SHORT / 2)).toEqual([]);
    expect(await requestStarts(lab, ['start:1'])).toEqual(['job-0']);
    expect(await requestStarts(lab, ['start:2'])).toEqual([]);
  });
});
