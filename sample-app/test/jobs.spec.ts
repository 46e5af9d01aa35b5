import 'reflect-metadata';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { ScheduleTesting } from 'nestjs-leader-schedule/testing';

import { AppModule } from '../src/app.module.js';
import { Jobs } from '../src/jobs.js';
import { Ledger } from '../src/ledger.js';

let schedule: ScheduleTesting;
let app: TestingModule;

beforeEach(async () => {
  schedule = new ScheduleTesting({ now: '2030-01-01T00:00:00Z' });
  app = await schedule.attach(Test.createTestingModule({ imports: [AppModule] })).compile();
  app.useLogger(false);
  await app.init();
});

afterEach(() => app.close());

describe('invoices', () => {
  it('are sent every second, once for each', async () => {
    await schedule.advance('3s');
    expect(schedule.runsOf('invoices').map(({ tick }) => tick.toISOString())).toEqual([
      '2030-01-01T00:00:01.000Z',
      '2030-01-01T00:00:02.000Z',
      '2030-01-01T00:00:03.000Z',
    ]);
    expect(app.get(Ledger).latest()).toHaveLength(3);
  });

  it('that fell due without a leader are sent by the next leader', async () => {
    await schedule.loseLeadership();
    await schedule.advance('3s');
    expect(schedule.runsOf('invoices')).toEqual([]);
    await schedule.becomeLeader();
    expect(schedule.runsOf('invoices')).toMatchObject([
      { tick: new Date('2030-01-01T00:00:01Z'), catchUp: true },
      { tick: new Date('2030-01-01T00:00:02Z'), catchUp: true },
      { tick: new Date('2030-01-01T00:00:03Z'), catchUp: true },
    ]);
  });

  it('are tried three times', async () => {
    const note = jest.spyOn(app.get(Ledger), 'note').mockImplementation(() => {
      throw new Error('the printer is out of paper');
    });
    const run = await schedule.runTick('invoices');
    expect(run).toMatchObject({ outcome: 'failed', attempts: 3 });
    expect(run.error?.message).toBe('the printer is out of paper');
    expect(note.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey)).toEqual(
      Array(3).fill('invoices:2030-01-01T00:00:00.000Z'),
    );
  });
});

describe('the clean-up', () => {
  it('is aborted after a minute', async () => {
    jest.spyOn(app.get(Jobs), 'cleanUp').mockImplementation(() => schedule.sleep('1h'));
    expect(await schedule.runTick('clean-up')).toMatchObject({ outcome: 'timed-out' });
  });

  it('is caught up once, however long there was no leader', async () => {
    await schedule.loseLeadership();
    await schedule.advance('30m');
    await schedule.becomeLeader();
    expect(schedule.runsOf('clean-up')).toMatchObject([
      { outcome: 'missed', missed: { count: 2 } },
      { outcome: 'succeeded', tick: new Date('2030-01-01T00:30:00Z'), catchUp: true },
    ]);
  });
});
