import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { allUnfinished } from '../support/all-unfinished.js';
import { ALL_JOBS, type RequestsPage, type RunRequest } from '../../lib/ports/control-store.js';
import type { Claim } from '../../lib/ports/run-store.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { RedisServer } from '../support/redis-server.js';
import { ramRunStores, redisRunStores, type RedisRunStores, type RunStores } from '../support/run-stores.js';

const never = new AbortController().signal;
const LONG = 60_000;
/** A run-lock, or a pause, that a test outlives. */
const SHORT = 25;
const RETENTION = { keep: 100, maxAgeMs: 3_600_000 };
const A = { candidateId: 'a', token: 7 };
const B = { candidateId: 'b', token: 8 };

/** What a test does to the stores, in few words: candidate `a` leads with token 7. */
class Lab {
  static async of(stores: RunStores): Promise<Lab> {
    await stores.lead(A.candidateId, A.token);
    return new Lab(stores);
  }

  constructor(readonly stores: RunStores) {}

  now() {
    return this.stores.now();
  }

  pause(job: string, forMs = Infinity, reason = '') {
    return this.stores.control.pause({ job, forMs, reason }, never);
  }

  resume(job: string) {
    return this.stores.control.resume(job, never);
  }

  request(id: string, job = 'job') {
    return this.stores.control.requestRun({ id, job }, never);
  }

  async standing(): Promise<string[]> {
    return (await this.stores.control.requests('', never)).requests.map(({ id }) => id);
  }

  outcome(request: RunRequest) {
    return this.stores.cluster.outcome(request, never);
  }

  /** The claim of a tick; at `tick` by the store's clock. */
  async claim(tick: number, runId: string, more: Partial<Claim> = {}, term = A, lockMs = LONG) {
    const policy = { overlap: 'skip', recover: false, retention: RETENTION, facts: { pod: 'p' } } as const;
    const claim: Claim = {
      job: 'job',
      tick,
      runId,
      manual: false,
      intent: 'run',
      reason: '',
      ...policy,
      ...more,
    };
    const [answer] = await this.stores.runs.claim({ ...term, lockMs, claims: [claim] }, never);
    return answer;
  }

  /** The claim of a run that was asked for. */
  claimRequested({ id, job, tick }: RunRequest, runId: string, more: Partial<Claim> = {}, term = A) {
    return this.claim(tick, runId, { job, manual: true, handle: id, isRequested: true, ...more }, term);
  }

  runOf({ id, job, tick }: RunRequest, runId: string): RunRef {
    return { job, tick, runId, manual: true, handle: id };
  }

  async finish(run: RunRef) {
    const end = { state: 'succeeded', attempt: 1, retention: RETENTION, facts: {} } as const;
    const [answer] = await this.stores.runs.finish([{ ...run, ...end }], never);
    return answer;
  }

  async beat(run: RunRef, lockMs = LONG) {
    const [answer] = await this.stores.runs.heartbeat({ lockMs, runs: [run] }, never);
    return answer;
  }

  async adopt(orphan: RunRef, wish: 'recover' | 'abandon' = 'abandon', term = B, runId = 'new') {
    const adoption = { orphan, wish, runId, facts: {}, retention: RETENTION };
    const [answer] = await this.stores.runs.adopt({ ...term, lockMs: LONG, orphans: [adoption] }, never);
    return answer;
  }

  abort(run: RunRef) {
    return this.stores.control.requestAbort(run, never);
  }

  reschedule(order?: string, job = 'job') {
    return this.stores.control.reschedule(job, order, never);
  }

  async open(schedule: string, order = '', term = A) {
    const answer = await this.stores.runs.open({ ...term, jobs: [{ job: 'job', schedule, order }] }, never);
    return answer.kind === 'opened' ? answer.marks[0] : answer.kind;
  }

  /** What is recorded of ticks that have ended, newest first. */
  async past(): Promise<string[]> {
    const records = await this.stores.history.history({ job: 'job', limit: 100 }, never);
    return records.map(({ runId, state, reason }) => `${runId} ${state} ${reason}`.trim());
  }
}

/** What every control store answers. */
function answersAlike(makeStores: () => Promise<RunStores>): void {
  const lab = async () => Lab.of(await makeStores());

  describe('a pause', () => {
    it('of one job skips its ticks and no other job', async () => {
      const it = await lab();
      const now = await it.now();
      const pause = await it.pause('job', LONG, 'why');
      expect(pause).toMatchObject({ reason: 'why' });
      expect(pause.from).toBeGreaterThanOrEqual(now);
      expect(pause.until - pause.from).toBe(LONG);
      expect(await it.claim(now, 'x')).toEqual({ kind: 'paused' });
      expect(await it.claim(now, 'y', { job: 'other' })).toEqual({ kind: 'go' });
      expect(await it.past()).toEqual(['x skipped paused']);
      expect(await it.claim(now, 'z')).toEqual({ kind: 'taken' });
    });

    it('of all jobs skips the ticks of jobs that nobody has heard of yet', async () => {
      const it = await lab();
      expect(await it.pause(ALL_JOBS)).toMatchObject({ until: Infinity });
      expect(await it.claim(await it.now(), 'x', { job: 'new' })).toEqual({ kind: 'paused' });
      expect(await it.resume(ALL_JOBS)).toBe(true);
      await it.stores.pass(1);
      expect(await it.claim(await it.now(), 'y', { job: 'new' })).toEqual({ kind: 'go' });
    });

    it('of a job outlives that of all, and that of all outlives the job’s', async () => {
      const it = await lab();
      await it.pause('job');
      await it.pause(ALL_JOBS);
      await it.resume(ALL_JOBS);
      expect(await it.claim(await it.now(), 'x')).toEqual({ kind: 'paused' });
      await it.pause(ALL_JOBS);
      await it.resume('job');
      await it.stores.pass(1);
      expect(await it.claim(await it.now(), 'y')).toEqual({ kind: 'paused' });
    });

    it('moves the mark on, so that nothing is made up after it', async () => {
      const it = await lab();
      await it.open('s');
      const { from } = await it.pause('job');
      const tick = await it.now();
      await it.claim(tick, 'x');
      await it.resume('job');
      expect(await it.claim(from - 1, 'y')).toEqual({ kind: 'past' });
      expect(await it.open('s')).toBe(tick);
    });

    it('that is asked for again keeps its beginning, and gets a new end and a new reason', async () => {
      const it = await lab();
      const first = await it.pause('job', LONG, 'one');
      await it.stores.pass(SHORT);
      const second = await it.pause('job', 2 * LONG, 'two');
      expect(second).toMatchObject({ from: first.from, reason: 'two' });
      expect(second.until).toBeGreaterThanOrEqual(first.from + 2 * LONG + SHORT);
      expect((await it.pause('job', SHORT)).until).toBeLessThan(first.until);
      await it.stores.pass(SHORT + 1);
      expect(await it.claim(await it.now(), 'x')).toEqual({ kind: 'go' });
    });

    it('ends by itself; a tick that fell into it is skipped when it is decided later, one outside is not', async () => {
      const it = await lab();
      const before = (await it.now()) - 1;
      const { from, until } = await it.pause('job', SHORT);
      await it.stores.pass(SHORT + 1);
      expect(await it.claim(before, 'before', { overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.claim(from, 'first', { overlap: 'allow' })).toEqual({ kind: 'paused' });
      expect(await it.claim(until - 1, 'last', { overlap: 'allow' })).toEqual({ kind: 'paused' });
      expect(await it.claim(until, 'after', { overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.resume('job')).toBe(false);
    });

    it('that was ended by hand covers what fell into it', async () => {
      const it = await lab();
      const { from } = await it.pause('job');
      await it.stores.pass(5);
      expect(await it.resume('job')).toBe(true);
      await it.stores.pass(1);
      expect(await it.claim(from + 1, 'x')).toEqual({ kind: 'paused' });
      expect(await it.claim(await it.now(), 'y')).toEqual({ kind: 'go' });
    });

    it('skips a tick that waits in the queue, or was given back', async () => {
      const it = await lab();
      const now = await it.now();
      await it.claim(now - 2, 'x', { overlap: 'queue' });
      expect(await it.claim(now - 1, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
      await it.pause('job');
      expect(await it.claim(now - 1, 'y', { overlap: 'queue' })).toEqual({ kind: 'paused' });
      await it.stores.runs.release({ job: 'job', tick: now - 2, runId: 'x', manual: false }, never);
      expect(await it.claim(now - 2, 'z', { overlap: 'queue' })).toEqual({ kind: 'paused' });
    });

    it('leaves a run that goes on alone, and answers its claim as before', async () => {
      const it = await lab();
      const now = await it.now();
      await it.claim(now, 'x');
      await it.pause('job');
      expect(await it.claim(now, 'x')).toEqual({ kind: 'mine' });
      expect(await it.beat({ job: 'job', tick: now, runId: 'x', manual: false })).toBe('kept');
    });

    it('does not bar a run that is asked for', async () => {
      const it = await lab();
      await it.pause('job');
      await it.pause(ALL_JOBS);
      const request = await it.request('r');
      expect(await it.claimRequested(request, 'x')).toEqual({ kind: 'go' });
    });

    it('that there is not cannot be ended', async () => {
      const it = await lab();
      expect(await it.resume('job')).toBe(false);
      expect(await it.resume(ALL_JOBS)).toBe(false);
    });
  });

  describe('a run that is asked for', () => {
    it('is one request however often it is asked for while it stands', async () => {
      const it = await lab();
      const request = await it.request('r');
      await it.stores.pass(2);
      expect(await it.request('r')).toEqual(request);
      expect((await it.stores.control.requests('', never)).requests).toEqual([request]);
    });

    it('stands in the order in which it was asked for', async () => {
      const it = await lab();
      for (const id of ['c', 'a', 'b']) {
        await it.request(id);
        await it.stores.pass(1);
      }
      expect(await it.standing()).toEqual(['c', 'a', 'b']);
    });

    it('is granted once, and no more when the request is decided', async () => {
      const it = await lab();
      const request = await it.request('r');
      expect(await it.outcome(request)).toEqual({ kind: 'waiting' });
      expect(await it.claimRequested(request, 'x')).toEqual({ kind: 'go' });
      expect(await it.standing()).toEqual([]);
      expect(await it.claimRequested(request, 'x')).toEqual({ kind: 'mine' });
      expect(await it.claimRequested(request, 'y')).toEqual({ kind: 'taken' });
      expect(await it.finish(it.runOf(request, 'x'))).toBe('finished');
      expect(await it.claimRequested(request, 'x')).toEqual({ kind: 'taken' });
      expect(await it.claimRequested(request, 'z')).toEqual({ kind: 'taken' });
      expect(await it.past()).toEqual(['x succeeded']);
    });

    it('is not granted where nobody asks for it', async () => {
      const it = await lab();
      const tick = await it.now();
      expect(await it.claimRequested({ id: 'r', job: 'job', tick }, 'x')).toEqual({ kind: 'taken' });
      expect(await it.past()).toEqual([]);
    });

    it('stands on when the term is over that claims it', async () => {
      const it = await lab();
      const request = await it.request('r');
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.claimRequested(request, 'x')).toEqual({ kind: 'fenced' });
      expect(await it.standing()).toEqual(['r']);
      expect(await it.claimRequested(request, 'y', {}, B)).toEqual({ kind: 'go' });
    });

    it('moves no mark, and collides with no tick and no other request of the same moment', async () => {
      const it = await lab();
      const mark = await it.open('s');
      const first = await it.request('r1');
      const second = await it.request('r2');
      expect(await it.claimRequested(first, 'x', { overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.claimRequested(second, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.open('s')).toBe(mark);
      await it.stores.pass(1);
      expect(await it.claim(await it.now(), 'z', { overlap: 'allow' })).toEqual({ kind: 'go' });
    });

    it('obeys the overlap of its job, which decides it as well', async () => {
      const it = await lab();
      await it.claim(await it.now(), 'x');
      const request = await it.request('r');
      expect(await it.claimRequested(request, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
      expect(await it.standing()).toEqual([]);
      const outcome = await it.outcome(request);
      expect(outcome).toMatchObject({
        kind: 'recorded',
        record: { state: 'skipped', reason: 'running', handle: 'r' },
      });
    });

    it('waits in the queue under its handle, and starts when its turn has come', async () => {
      const it = await lab();
      const tick = await it.now();
      await it.claim(tick, 'x', { overlap: 'queue' });
      const request = await it.request('r');
      expect(await it.claimRequested(request, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
      expect(await it.standing()).toEqual([]);
      expect(await it.outcome(request)).toMatchObject({ kind: 'recorded', record: { state: 'queued' } });
      const waiting = (await allUnfinished(it.stores.runs, never)).find(({ manual }) => manual);
      expect(waiting).toMatchObject({ handle: 'r', tick: request.tick, runId: 'y' });
      await it.finish({ job: 'job', tick, runId: 'x', manual: false });
      expect(await it.claimRequested(request, 'y', { overlap: 'queue' })).toEqual({ kind: 'go' });
    });

    it('is not lost when it was queued by a leader that is no more', async () => {
      const it = await lab();
      const tick = await it.now();
      await it.claim(tick, 'x', { overlap: 'queue' });
      const request = await it.request('r');
      await it.claimRequested(request, 'y', { overlap: 'queue' });
      await it.finish({ job: 'job', tick, runId: 'x', manual: false });
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.adopt(it.runOf(request, 'y'))).toEqual({ kind: 'released' });
      const again = { overlap: 'queue', isRequested: false } as const;
      expect(await it.claimRequested(request, 'z', again, B)).toEqual({ kind: 'go' });
      expect(await it.claimRequested(request, 'w', again, B)).toEqual({ kind: 'taken' });
    });

    it('may be claimed again when it was given back, whether the request is named or not', async () => {
      const it = await lab();
      for (const [id, isRequested] of [
        ['r1', true],
        ['r2', false],
      ] as const) {
        const request = await it.request(id);
        await it.claimRequested(request, `${id}-x`);
        expect(await it.stores.runs.release(it.runOf(request, `${id}-x`), never)).toBe('released');
        expect(await it.claimRequested(request, `${id}-y`, { isRequested })).toEqual({ kind: 'go' });
        await it.finish(it.runOf(request, `${id}-y`));
      }
    });

    it('keeps its handle when its pod died and another one takes the run over', async () => {
      const it = await lab();
      const request = await it.request('r');
      const { id: handle, job, tick } = request;
      await it.claim(tick, 'x', { job, manual: true, handle, isRequested: true }, A, SHORT);
      await it.stores.pass(SHORT);
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.adopt(it.runOf(request, 'x'), 'recover')).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.outcome(request)).toMatchObject({ record: { state: 'claimed', runId: 'new' } });
      await it.finish(it.runOf(request, 'new'));
      expect(await it.outcome(request)).toMatchObject({ record: { state: 'succeeded', handle: 'r' } });
    });

    it('is remembered where no record is kept, until the next one has ended', async () => {
      const it = await lab();
      const retention = { keep: 0, maxAgeMs: 0 };
      const end = async (request: RunRequest) => {
        await it.claimRequested(request, request.id, { retention });
        const run = { ...it.runOf(request, request.id), retention, attempt: 1, facts: {} };
        await it.stores.runs.finish([{ ...run, state: 'failed' }], never);
      };
      const [first, second] = [await it.request('r1'), await it.request('r2')];
      await end(first);
      expect(await it.outcome(first)).toMatchObject({ record: { state: 'failed' } });
      await end(second);
      expect(await it.outcome(first)).toEqual({ kind: 'gone' });
      expect(await it.outcome(second)).toMatchObject({ record: { state: 'failed' } });
    });
  });

  describe('a crashed run that is to be run again', () => {
    it.each(['job', ALL_JOBS])('waits for the end of a pause of %s', async paused => {
      const it = await lab();
      const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
      await it.claim(run.tick, 'x', { recover: true }, A, SHORT);
      await it.stores.pass(SHORT);
      await it.stores.control.pause({ job: paused, forMs: Infinity, reason: '' }, never);
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.adopt(run, 'recover')).toEqual({ kind: 'left' });
      await it.stores.control.resume(paused, never);
      expect(await it.adopt(run, 'recover')).toEqual({ kind: 'recovered', attempt: 2 });
    });
  });

  describe('a request that is taken back', () => {
    it('is decided about by nobody', async () => {
      const it = await lab();
      const request = await it.stores.control.requestRun({ id: 'h', job: 'job' }, never);
      expect(await it.stores.control.withdraw('h', never)).toBe(true);
      expect(await it.stores.control.withdraw('h', never)).toBe(false);
      const byHand = { manual: true, handle: 'h', isRequested: true };
      expect(await it.claim(request.tick, 'x', byHand)).toEqual({ kind: 'taken' });
    });
  });

  describe('a request to end a run', () => {
    it('reaches its heartbeat, and is over with the run', async () => {
      const it = await lab();
      const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
      await it.claim(run.tick, 'x');
      expect(await it.beat(run)).toBe('kept');
      expect(await it.abort(run)).toBe(true);
      expect(await it.abort(run)).toBe(true);
      expect([await it.beat(run), await it.beat(run)]).toEqual(['aborted', 'aborted']);
      await it.finish(run);
      expect(await it.beat(run)).toBe('lost');
      expect(await it.abort(run)).toBe(false);
    });

    it('finds nothing to end where no such run goes on', async () => {
      const it = await lab();
      const tick = await it.now();
      const run = { job: 'job', tick, runId: 'x', manual: false };
      expect(await it.abort(run)).toBe(false);
      await it.claim(tick, 'x', { overlap: 'queue' });
      expect(await it.abort({ ...run, runId: 'other' })).toBe(false);
      await it.claim(tick - 1, 'q', { overlap: 'queue', manual: true, handle: 'h' });
      expect(await it.abort({ job: 'job', tick: tick - 1, runId: 'q', manual: true, handle: 'h' })).toBe(
        false,
      );
      expect(await it.beat(run)).toBe('kept');
    });

    it('finds nothing to end where the run-lock has lapsed', async () => {
      const it = await lab();
      const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
      await it.claim(run.tick, 'x', {}, A, SHORT);
      await it.stores.pass(SHORT);
      expect(await it.abort(run)).toBe(false);
    });

    it('holds when its pod dies: the run is given up, not made again', async () => {
      const it = await lab();
      const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
      await it.claim(run.tick, 'x', { recover: true }, A, SHORT);
      expect(await it.abort(run)).toBe(true);
      await it.stores.pass(SHORT);
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.adopt(run, 'recover')).toEqual({ kind: 'abandoned' });
    });

    it('does not outlast the run: what is claimed again after it was given back goes on', async () => {
      const it = await lab();
      const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
      await it.claim(run.tick, 'x');
      await it.abort(run);
      await it.stores.runs.release(run, never);
      await it.claim(run.tick, 'y');
      expect(await it.beat({ ...run, runId: 'y' })).toBe('kept');
    });
  });

  describe('another schedule', () => {
    it('has to be followed before the job is opened, and starts it at the present', async () => {
      const it = await lab();
      await it.open('own');
      const given = await it.now();
      await it.reschedule('{"schedule":"@every 1s"}');
      const opened = await it.open('own');
      const order = typeof opened === 'object' ? opened.order : '';
      expect(order).toMatch(/^\{"schedule":"@every 1s","since":\d{13}\}$/);
      expect(Number(/\d{13}/.exec(order)?.[0])).toBeGreaterThanOrEqual(given);
      await it.stores.pass(5);
      await it.reschedule('{"schedule":"@every 1s"}');
      expect(await it.open('own')).toEqual({ order });
      const now = await it.now();
      expect(await it.open('every', order)).toBeGreaterThanOrEqual(now);
    });

    it('keeps what was missed by it', async () => {
      const it = await lab();
      await it.reschedule('o');
      const mark = await it.open('other', 'o');
      await it.stores.pass(5);
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.open('own', '', B)).toEqual({ order: 'o' });
      expect(await it.open('other', 'o', B)).toBe(mark);
    });

    it('gives way to the job’s own, which has to be followed as well', async () => {
      const it = await lab();
      await it.reschedule('o');
      await it.reschedule(undefined);
      expect(await it.open('other', 'o')).toEqual({ order: '' });
      expect(await it.open('own')).toEqual(expect.any(Number));
      await it.reschedule(undefined);
      expect(await it.open('own')).toEqual(expect.any(Number));
    });

    it('is that of one job', async () => {
      const it = await lab();
      await it.reschedule('o', 'other');
      expect(await it.open('own')).toEqual(expect.any(Number));
      const { jobs } = await it.stores.cluster.states(['job', 'other'], never);
      expect(jobs.map(({ order }) => order)).toEqual(['', 'o']);
    });
  });
}

describe('what is asked for in memory', () => {
  answersAlike(async () => ramRunStores());
});

describeWithRedis('what is asked for in Redis', () => {
  let server: RedisServer;
  let labs = 0;
  const open: RedisRunStores[] = [];

  const makeStores = async () => {
    const stores = await redisRunStores(server, `control-${(labs += 1)}`);
    open.push(stores);
    return stores;
  };

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map(stores => stores.close()));
  });
  afterAll(() => server.dispose());

  answersAlike(makeStores);

  describe('where keys were tampered with', () => {
    it('nothing pauses all jobs, and renewing finds no requests', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      await server.command('SET', stores.keys.control, 'garbage');
      await server.command('SET', stores.keys.requests, 'garbage');
      expect(await it.claim(await it.now(), 'x')).toEqual({ kind: 'go' });
      expect(await it.standing()).toEqual([]);
      expect(await stores.cluster.states(['job'], never)).toMatchObject({ pause: undefined });
    });

    it('pauses that cannot be read pause nothing', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      for (const key of [stores.keys.control, stores.keys.job('job')])
        await server.command('HSET', key, 'pausedFrom', 'x', 'pausedUntil', 'y', 'pausedReason', 'z');
      expect(await it.claim(await it.now(), 'x')).toEqual({ kind: 'go' });
      expect(await it.resume('job')).toBe(false);
      expect(await it.pause('job', LONG)).toMatchObject({ from: expect.any(Number) });
    });

    it('requests that no script of ours wrote are left out', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      const { tick } = await it.request('r');
      const garbage = [
        '',
        '|',
        'x|job',
        '-1|job',
        '1e3|job',
        `${'9'.repeat(30)}|job`,
        '8640000000000001|job',
      ];
      for (const [at, word] of garbage.entries())
        await server.command('HSET', stores.keys.requests, `garbage-${at}`, word);
      expect((await stores.control.requests('', never)).requests).toEqual([{ id: 'r', job: 'job', tick }]);
    });

    it('a request that no pod has taken for an hour is not run any more, and then taken away', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      const now = await it.now();
      const request = (id: string, ageMs: number) => ({ id, job: 'job', tick: now - ageMs });
      const [fresh, old, oldest] = [
        request('a', 3_590_000),
        request('b', 3_600_001),
        request('c', 4_300_000),
      ];
      for (const { id, job, tick } of [fresh, old, oldest])
        await server.command('HSET', stores.keys.requests, id, `${tick}|${job}`);
      expect(await it.outcome(fresh)).toEqual({ kind: 'waiting' });
      expect(await it.outcome(old)).toEqual({ kind: 'expired' });
      expect(await it.claimRequested(old, 'x')).toEqual({ kind: 'taken' });
      expect(await stores.control.requests('', never)).toEqual({
        requests: [fresh],
        expired: [oldest],
        next: undefined,
      });
      expect(await it.outcome(oldest)).toEqual({ kind: 'gone' });
      expect(await it.outcome(old)).toEqual({ kind: 'expired' });
    });

    it('many requests are read in pages, each of them once or more', async () => {
      const stores = await makeStores();
      const now = Date.now();
      const ids = Array.from({ length: 1000 }, (_, at) => `id-${at}`);
      await server.command('HSET', stores.keys.requests, ...ids.flatMap(id => [id, `${now}|job`]));
      const found = new Set<string>();
      let pages = 0;
      for (let after: string | undefined = ''; after !== undefined; pages += 1) {
        const page: RequestsPage = await stores.control.requests(after, never);
        for (const { id } of page.requests) found.add(id);
        after = page.next;
      }
      expect([found.size, pages >= 3]).toEqual([1000, true]);
    });

    it('a request whose job cannot be claimed stands on', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      const request = await it.request('r');
      await server.command('SET', stores.keys.job('job'), 'garbage');
      expect(await it.claimRequested(request, 'x')).toMatchObject({ kind: 'failed' });
      expect(await it.standing()).toEqual(['r']);
      await server.command('DEL', stores.keys.job('job'));
      await server.command('SET', stores.keys.unfinished, 'garbage');
      // All jobs need it: it is repaired.
      expect(await it.claimRequested(request, 'y')).toEqual({ kind: 'go' });
    });

    it('what is asked for of a key of another type is refused, and the key is left as it is', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      for (const key of [stores.keys.control, stores.keys.job('job'), stores.keys.requests])
        await server.command('SET', key, 'garbage');
      await expect(it.pause('job')).rejects.toThrow('WRONGTYPE');
      await expect(it.pause(ALL_JOBS)).rejects.toThrow('WRONGTYPE');
      await expect(it.request('r')).rejects.toThrow('WRONGTYPE');
      await expect(it.reschedule('o')).rejects.toThrow('WRONGTYPE');
      expect(await server.command('GET', stores.keys.control)).toBe('garbage');
    });

    it('a new schedule is not taken half-way', async () => {
      const stores = await makeStores();
      const it = await Lab.of(stores);
      await server.command('HSET', stores.keys.control, 'orders', 'garbage');
      await it.reschedule('o');
      expect(await it.open('own')).toEqual({ order: 'o' });
    });
  });

  it('leaves nothing of requests to end a run behind', async () => {
    const stores = await makeStores();
    const it = await Lab.of(stores);
    const run = { job: 'job', tick: await it.now(), runId: 'x', manual: false };
    await it.claim(run.tick, 'x');
    await it.abort(run);
    await stores.runs.release(run, never);
    expect(await server.command('HEXISTS', stores.keys.runs('job'), '!x')).toBe(0);
  });
});
