import { describe, expect, it } from '@jest/globals';

import { useLabs } from '../support/use-labs.js';
import { B, Lab, never } from './lab.js';

const { adapters } = useLabs('control', Lab.of);

describe.each(adapters)('another schedule ($name)', ({ openLab }) => {
  it('has to be followed before the job is opened, and starts it at the present', async () => {
    const lab = await openLab();
    await lab.open('own');
    const given = await lab.now();
    await lab.reschedule('{"schedule":"@every 1s"}');
    const opened = await lab.open('own');
    const order = typeof opened === 'object' ? opened.override : '';
    expect(order).toMatch(/^\{"schedule":"@every 1s","since":\d{13}\}$/);
    expect(Number(/\d{13}/.exec(order)?.[0])).toBeGreaterThanOrEqual(given);
    await lab.stores.pass(5);
    await lab.reschedule('{"schedule":"@every 1s"}');
    expect(await lab.open('own')).toEqual({ override: order });
    const now = await lab.now();
    expect(await lab.open('every', order)).toBeGreaterThanOrEqual(now);
  });

  it('keeps what was missed by it', async () => {
    const lab = await openLab();
    await lab.reschedule('o');
    const mark = await lab.open('other', 'o');
    await lab.stores.pass(5);
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.open('own', '', B)).toEqual({ override: 'o' });
    expect(await lab.open('other', 'o', B)).toBe(mark);
  });

  it('gives way to the job’s own, which has to be followed as well', async () => {
    const lab = await openLab();
    await lab.reschedule('o');
    await lab.reschedule(undefined);
    expect(await lab.open('other', 'o')).toEqual({ override: '' });
    expect(await lab.open('own')).toEqual(expect.any(Number));
    await lab.reschedule(undefined);
    expect(await lab.open('own')).toEqual(expect.any(Number));
  });

  it('is that of one job', async () => {
    const lab = await openLab();
    await lab.reschedule('o', 'other');
    expect(await lab.open('own')).toEqual(expect.any(Number));
    const { jobs } = await lab.stores.cluster.states(['job', 'other'], never);
    expect(jobs.map(({ override }) => override)).toEqual(['', 'o']);
  });
});
