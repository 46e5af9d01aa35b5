import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../support/durations.js';
import { checkFinal } from '../checks/aborts.js';
import { assertOneAttempt } from '../checks/endless.js';
import { checkRequestedOnce } from '../checks/requests.js';
import { checkSingleStarts } from '../checks/single-starts.js';
import { keys } from '../checks/watch.js';
import { EPOCH } from '../world/world.js';
import { Court } from './court.js';

describe('the rules on single starts', () => {
  it('convict a tick that two runs start', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'two');
    expect(court.judge(checkSingleStarts)).toEqual(['G1: a tick starts once']);
  });

  it('acquit the attempts of one run', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'one', 2);
    expect(court.judge(checkSingleStarts)).toEqual([]);
  });

  it('acquit a recovery with the next attempt, and convict one with the same', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'two', 2);
    expect(court.judge(checkSingleStarts, { recover: true })).toEqual([]);
    court.call(EPOCH, 'three', 2);
    expect(court.judge(checkSingleStarts, { recover: true })).toEqual(['G1: a tick starts once']);
  });

  it('leave out a tick whose own record was lost, and judge the others', () => {
    const court = new Court();
    const log = [[['HSET', keys.runs('job-1'), String(EPOCH), 'claimed|one|1|1|0||{}']]];
    court.lost.add({ log, from: 0, isFailOver: true });
    for (const tick of [EPOCH, EPOCH + SECOND])
      for (const run of ['one', 'two']) court.call(tick, `${run}-${tick}`);
    expect(court.judge(checkSingleStarts)).toEqual(['G1: a tick starts once']);
    expect(court.history.counters.rules['G1: a tick starts once']).toEqual({
      judged: 1,
      leftOut: { 'its record was lost': 1 },
    });
  });

  it('convict a request that two runs answer, unless another manual run has ended between them', () => {
    const court = new Court();
    const { calls } = court.history;
    const request = (id: string, runId: string, startedAtMs: number): void => {
      court.call(EPOCH, runId);
      const call = calls.pop();
      if (call === undefined) throw new Error('It was called');
      calls.push({ ...call, manual: true, request: id, startedAtMs, endedAtMs: startedAtMs + 10 });
    };
    request('asked', 'one', 0);
    request('other', 'two', 5);
    request('asked', 'three', 1000);
    expect(court.judge(checkRequestedOnce)).toEqual([]);
    expect(court.history.counters.rules['a request is run once']).toEqual({
      judged: 2,
      leftOut: { 'it was repeated when another manual run had ended': 1 },
    });
    calls.splice(1, 1);
    expect(court.judge(checkRequestedOnce)).toEqual(['a request is run once']);
  });
});

describe('the rules on aborts and attempts', () => {
  it('convict an aborted run whose tick another run starts, and acquit the run itself', () => {
    const court = new Court();
    const { history } = court;
    const request = { job: 'job-1', runId: 'one', atMs: -1 };
    const judge = (): void =>
      history.calls
        .slice(0, 1)
        .forEach(first => checkFinal(court, request, { first, calls: [first], notifiedByMs: Infinity }));
    court.call(EPOCH, 'one');
    judge();
    expect(history.violations).toEqual([]);
    court.call(EPOCH, 'two');
    judge();
    expect(history.violations.map(({ rule }) => rule)).toEqual(['an aborted run is not made again']);
  });

  it('acquit an attempt after one that timed out, and convict one after its pod was asked to abort', () => {
    const court = new Court();
    const { history } = court;
    court.call(EPOCH, 'one');
    const [first] = history.calls;
    if (first === undefined) throw new Error('It was called');
    const timedOut = { ...first, signal: AbortSignal.abort(new Error('timeout')), abortedAtMs: 700 };
    const judge = (startedAtMs: number): string[] => {
      const calls = [timedOut, { ...first, attempt: 2, startedAtMs }];
      history.calls.splice(0, 2, ...calls);
      checkFinal(
        court,
        { job: 'job-1', runId: 'one', atMs: 2 * SECOND },
        { first: timedOut, calls, notifiedByMs: 2150 },
      );
      return history.violations.map(({ rule }) => rule);
    };
    expect(judge(1000)).toEqual([]);
    expect(judge(3000)).toEqual(['an aborted run is not made again']);
  });

  it('convict an attempt that begins before the one before it has ended', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'one', 2);
    const { calls, violations } = court.history;
    calls.slice(1).forEach(call => assertOneAttempt(court, call));
    expect(violations).toEqual([]);
    for (const call of calls) call.endedAtMs = undefined;
    calls.slice(1).forEach(call => assertOneAttempt(court, call));
    expect(violations.map(({ rule }) => rule)).toEqual(['attempts of a run do not overlap']);
  });
});
