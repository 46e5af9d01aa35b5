import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { allUnfinished } from '../support/all-unfinished.js';
import { redisKeys, type RedisKeys } from '../../lib/adapters/redis/redis-keys.js';
import type { RunRecord } from '../../lib/ports/history-store.js';
import type { Adoption, Claim } from '../../lib/ports/run-store.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import {
  ramRunStores,
  redisRunStores,
  type RedisRunStores,
  type RedisRunStoresOptions,
  type RunStores,
} from '../support/run-stores.js';

const never = new AbortController().signal;
const LONG = 60_000;
/** A run-lock that a test outlives. */
const SHORT = 25;
const EVERYTHING = { keep: 100, maxAgeMs: 3_600_000 };
const A = { candidateId: 'a', token: 7 };
const B = { candidateId: 'b', token: 8 };

/** What a test does to the stores, in few words: candidate `a` leads with token 7, ticks are seconds from a start. */
class Lab {
  static async of(stores: RunStores): Promise<Lab> {
    await stores.lead(A.candidateId, A.token);
    return new Lab(stores, (await stores.now()) - 1_000_000);
  }

  constructor(
    readonly stores: RunStores,
    readonly start: number,
  ) {}

  run(second: number, runId: string, more: Partial<RunRef> = {}): RunRef {
    return { job: 'job', tick: this.start + second * 1000, runId, manual: false, ...more };
  }

  wish(second: number, runId: string, more: Partial<Claim> = {}): Claim {
    const policy = {
      intent: 'run',
      reason: '',
      overlap: 'skip',
      recover: false,
      retention: EVERYTHING,
    } as const;
    return { ...this.run(second, runId), ...policy, facts: { pod: 'p' }, ...more };
  }

  claim(claims: readonly Claim[], lockMs = LONG, term = A) {
    return this.stores.runs.claim({ ...term, lockMs, claims }, never);
  }

  async claimOne(second: number, runId: string, more: Partial<Claim> = {}, lockMs = LONG, term = A) {
    const [answer] = await this.claim([this.wish(second, runId, more)], lockMs, term);
    return answer;
  }

  open(schedule = 's', term = A) {
    return this.stores.runs.open({ ...term, jobs: [{ job: 'job', schedule }] }, never);
  }

  async finish(run: RunRef, state: 'succeeded' | 'failed' = 'succeeded', retention = EVERYTHING) {
    const request = { ...run, state, attempt: 1, retention, facts: { ms: 5 } };
    const [answer] = await this.stores.runs.finish([request], never);
    return answer;
  }

  heartbeat(runs: readonly RunRef[], lockMs = LONG) {
    return this.stores.runs.heartbeat({ lockMs, runs }, never);
  }

  release(run: RunRef) {
    return this.stores.runs.release(run, never);
  }

  async adopt(orphan: RunRef, more: Partial<Adoption> = {}, term = A, lockMs = LONG) {
    const wish = { wish: 'recover', runId: 'new', facts: { pod: 'q' }, retention: EVERYTHING } as const;
    const [answer] = await this.stores.runs.adopt(
      { ...term, lockMs, orphans: [{ orphan, ...wish, ...more }] },
      never,
    );
    return answer;
  }

  adoption(orphan: RunRef, wish: Adoption['wish'] = 'abandon'): Adoption {
    const runId = `new-${orphan.runId}`;
    return { orphan, wish, runId, facts: { pod: 'q' }, retention: EVERYTHING };
  }

  async unfinished() {
    return allUnfinished(this.stores.runs, never);
  }

  history(query: Partial<Parameters<RunStores['history']['history']>[0]> = {}) {
    return this.stores.history.history({ job: 'job', limit: 100, ...query }, never);
  }

  /** States by second, newest first. */
  async past(query = {}) {
    return (await this.history(query)).map(({ tick, state }) => `${(tick - this.start) / 1000} ${state}`);
  }
}

/** What every run store answers. */
function answersAlike(makeStores: () => Promise<RunStores>): void {
  const lab = async () => Lab.of(await makeStores());

  describe('claim', () => {
    it('grants a tick once, and says so again to the run that has it', async () => {
      const it = await lab();
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'go' });
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'mine' });
      expect(await it.claimOne(1, 'y')).toEqual({ kind: 'taken' });
    });

    it('counts the run-lock anew when the claim is repeated', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', {}, SHORT);
      await it.stores.pass(SHORT);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'mine' });
      expect((await it.unfinished())[0]?.liveMs).toBeGreaterThan(LONG / 2);
    });

    it('refuses a tick that has ended, also to the run that had it', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.finish(it.run(1, 'x'));
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'taken' });
    });

    it('refuses whoever does not lead, and a term that a job has outlived', async () => {
      const it = await lab();
      expect(await it.claimOne(1, 'x', {}, LONG, B)).toEqual({ kind: 'fenced' });
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.claimOne(1, 'x', { overlap: 'allow' }, LONG, B)).toEqual({ kind: 'go' });
      await it.stores.lead(A.candidateId, A.token);
      expect(await it.claimOne(2, 'y', { overlap: 'allow' })).toEqual({ kind: 'fenced' });
      expect(await it.claimOne(2, 'y', { job: 'other' })).toEqual({ kind: 'go' });
    });

    it('knows its own run still when the term is over', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'mine' });
    });

    it('refuses ticks at or before the mark', async () => {
      const it = await lab();
      await it.claimOne(5, 'x');
      expect(await it.claimOne(4, 'y')).toEqual({ kind: 'past' });
      expect(await it.claimOne(6, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
    });

    it('asks for patience with a tick that is not due, and 50 ms before it no more', async () => {
      const it = await lab();
      const now = await it.stores.now();
      const answer = await it.claimOne(0, 'x', { tick: now + 30_000 });
      expect(answer?.kind).toBe('early');
      expect(answer?.kind === 'early' && answer.waitMs).toBeGreaterThan(20_000);
      expect(await it.claimOne(0, 'x', { tick: (await it.stores.now()) + 40 })).toEqual({ kind: 'go' });
    });

    it('decides many in order, each aware of those before it', async () => {
      const it = await lab();
      const wishes = [
        it.wish(2, 'x'),
        it.wish(1, 'y'),
        it.wish(2, 'z'),
        it.wish(3, 'v'),
        it.wish(3, 'w', { job: 'other' }),
      ];
      const answers = await it.claim(wishes);
      expect(answers).toEqual([
        { kind: 'go' },
        { kind: 'past' },
        { kind: 'taken' },
        { kind: 'overlap', reason: 'running' },
        { kind: 'go' },
      ]);
    });

    it('claims more at once than one call carries', async () => {
      const it = await lab();
      const wishes = Array.from({ length: 600 }, (_, n) => it.wish(1, `r${n}`, { job: `job ${n}` }));
      const answers = await it.claim(wishes);
      expect(answers).toHaveLength(600);
      expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['go']));
      const beats = await it.heartbeat(wishes);
      expect(beats.filter(beat => beat === 'kept')).toHaveLength(600);
      expect(await it.unfinished()).toHaveLength(600);
      expect(await it.stores.history.running(never)).toHaveLength(600);
    });

    it('answers nothing to nothing', async () => {
      const it = await lab();
      expect(await it.claim([])).toEqual([]);
      expect(await it.heartbeat([])).toEqual([]);
    });

    it('notes what is skipped or missed on purpose, and moves the mark past it', async () => {
      const it = await lab();
      expect(await it.claimOne(1, 'x', { intent: 'missed', reason: 'late' })).toEqual({ kind: 'noted' });
      expect(await it.claimOne(2, 'y', { intent: 'skipped', reason: 'off' })).toEqual({ kind: 'noted' });
      expect(await it.claimOne(1, 'x', { intent: 'missed' })).toEqual({ kind: 'taken' });
      expect(await it.past()).toEqual(['2 skipped', '1 missed']);
      expect((await it.history())[1]).toMatchObject({ reason: 'late', token: 7, facts: { pod: 'p' } });
    });
  });

  describe('a run fired by hand', () => {
    const manual = { manual: true };

    it('collides with no tick and moves no mark', async () => {
      const it = await lab();
      await it.claimOne(5, 'x', { overlap: 'allow' });
      expect(await it.claimOne(5, 'y', { ...manual, overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.claimOne(9, 'z', { ...manual, overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.claimOne(6, 'v', { overlap: 'allow' })).toEqual({ kind: 'go' });
    });

    it('runs while the job is paused, and before its time', async () => {
      const it = await lab();
      await it.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
      expect(await it.claimOne(2000, 'x', manual)).toEqual({ kind: 'go' });
    });

    it('honours overlap and the term', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      expect(await it.claimOne(2, 'y', manual)).toEqual({ kind: 'overlap', reason: 'running' });
      expect(await it.claimOne(2, 'y', { ...manual, job: 'other' }, LONG, B)).toEqual({ kind: 'fenced' });
    });

    it('is finished, given back and recovered as any', async () => {
      const it = await lab();
      const [first, second] = [
        { ...manual, handle: 'first' },
        { ...manual, handle: 'second' },
      ];
      const [x, y] = [it.run(1, 'x', first), it.run(2, 'y', second)];
      await it.claim([it.wish(1, 'x', first)]);
      expect(await it.finish(x)).toBe('finished');
      await it.claimOne(2, 'y', second, SHORT);
      await it.stores.pass(SHORT);
      expect(await it.adopt(y)).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.adopt(y)).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.finish(y)).toBe('stale');
      expect(await it.release({ ...y, runId: 'new' })).toBe('released');
      expect(await it.claimOne(2, 'new', second)).toEqual({ kind: 'go', attempt: 2 });
    });
  });

  describe('overlap', () => {
    it('is left undecided while a run of an earlier term is live: its pod may be dead', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.stores.lead(B.candidateId, B.token);
      expect(await it.claimOne(2, 'y', {}, LONG, B)).toMatchObject({
        kind: 'barred',
        waitMs: expect.any(Number),
      });
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect(await it.claimOne(2, 'y', {}, LONG, B)).toEqual({ kind: 'go' });
    });

    it('skip: a tick does not run beside a live run, and is recorded', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
      expect(await it.history()).toMatchObject([{ runId: 'y', state: 'skipped', reason: 'running' }]);
      await it.finish(it.run(1, 'x'));
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'taken' });
      expect(await it.claimOne(3, 'z')).toEqual({ kind: 'go' });
    });

    it('goes by the lock of the run, which may be longer than those of the leader', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', {}, 10 * LONG);
      await it.stores.lead(B.candidateId, B.token);
      const answer = await it.claimOne(2, 'y', {}, LONG, B);
      expect(answer).toMatchObject({ kind: 'barred' });
      expect(answer?.kind === 'barred' && answer.waitMs).toBeGreaterThan(9 * LONG);
      expect(await it.adopt(it.run(1, 'x'), {}, B)).toEqual({ kind: 'left' });
      expect((await it.unfinished())[0]?.liveMs).toBeGreaterThan(9 * LONG);
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect((await it.history()).map(({ facts }) => facts)).toEqual([{ ms: 5 }]);
    });

    it('skip: a lock that has lapsed is taken over, and its run hears of it', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', {}, SHORT);
      await it.stores.pass(SHORT);
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'go' });
      expect(await it.heartbeat([it.run(1, 'x'), it.run(2, 'y')])).toEqual(['lost', 'kept']);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'taken' });
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect(await it.claimOne(3, 'z')).toEqual({ kind: 'overlap', reason: 'running' });
    });

    it.each(['skip', 'queue'] as const)(
      '%s: a crashed run that is to be run again goes first',
      async overlap => {
        const it = await lab();
        const policy = { overlap, recover: true };
        await it.claimOne(1, 'x', policy, SHORT);
        await it.stores.pass(SHORT);
        const waits = { kind: overlap === 'skip' ? 'barred' : 'queued', waitMs: 100 };
        expect(await it.claimOne(2, 'y', policy)).toEqual(waits);
        expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
        await it.finish(it.run(1, 'new'));
        expect(await it.claimOne(2, 'y', policy)).toEqual({ kind: 'go' });
      },
    );

    it('skip: one fired by hand is skipped while a crashed run is to be run again', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', { recover: true }, SHORT);
      await it.stores.pass(SHORT);
      const byHand = { recover: true, manual: true };
      expect(await it.claimOne(2, 'y', byHand)).toEqual({ kind: 'overlap', reason: 'running' });
    });

    it('allow: runs go on beside each other, and keep each other from nothing', async () => {
      const it = await lab();
      const allow = { overlap: 'allow' } as const;
      expect(await it.claim([it.wish(1, 'x', allow), it.wish(2, 'y', allow)])).toEqual([
        { kind: 'go' },
        { kind: 'go' },
      ]);
      expect(await it.heartbeat([it.run(1, 'x'), it.run(2, 'y')])).toEqual(['kept', 'kept']);
    });

    it('queue: one tick waits for the live run, with its lock as the limit', async () => {
      const it = await lab();
      const queue = { overlap: 'queue' } as const;
      await it.claimOne(1, 'x', queue);
      const answer = await it.claimOne(2, 'y', queue);
      expect(answer?.kind).toBe('queued');
      expect(answer?.kind === 'queued' && answer.waitMs).toBeGreaterThan(LONG / 2);
      expect(await it.claimOne(2, 'y', queue)).toMatchObject({ kind: 'queued' });
      expect(await it.claimOne(3, 'z', queue)).toEqual({ kind: 'overlap', reason: 'queue-full' });
      await it.finish(it.run(1, 'x'));
      expect(await it.claimOne(2, 'y', queue)).toEqual({ kind: 'go' });
      expect(await it.claimOne(4, 'v', queue)).toMatchObject({ kind: 'queued' });
    });

    it('queue: a tick that was given back makes room for another', async () => {
      const it = await lab();
      const queue = { overlap: 'queue' } as const;
      await it.claim([it.wish(1, 'x', queue), it.wish(2, 'y', queue)]);
      expect(await it.release(it.run(2, 'y'))).toBe('released');
      expect(await it.claimOne(3, 'z', queue)).toMatchObject({ kind: 'queued' });
    });
  });

  describe('a pause', () => {
    it('makes ticks skipped, and the mark moves on', async () => {
      const it = await lab();
      await it.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
      expect(await it.claimOne(2, 'x')).toEqual({ kind: 'paused' });
      expect(await it.history()).toMatchObject([{ state: 'skipped', reason: 'paused' }]);
      await it.stores.control.resume('job', never);
      expect(await it.claimOne(1, 'y')).toEqual({ kind: 'past' });
      expect(await it.claimOne(3, 'y')).toEqual({ kind: 'go' });
    });

    it('ends by itself', async () => {
      const it = await lab();
      await it.stores.control.pause({ job: 'job', forMs: SHORT, reason: '' }, never);
      await it.stores.pass(SHORT);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'go' });
    });

    it('lets ticks be noted as missed all the same', async () => {
      const it = await lab();
      await it.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
      expect(await it.claimOne(2, 'x', { intent: 'missed' })).toEqual({ kind: 'noted' });
    });

    it('ends the waiting of a queued tick', async () => {
      const it = await lab();
      const queue = { overlap: 'queue' } as const;
      await it.claim([it.wish(1, 'x', queue), it.wish(2, 'y', queue)]);
      await it.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
      expect(await it.claimOne(2, 'y', queue)).toEqual({ kind: 'paused' });
      expect((await it.unfinished()).map(({ runId }) => runId)).toEqual(['x']);
    });
  });

  describe('open', () => {
    it('starts a new job at the present', async () => {
      const it = await lab();
      const before = await it.stores.now();
      const answer = await it.open();
      expect(answer.kind === 'opened' && answer.marks[0]).toBeGreaterThanOrEqual(before);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'past' });
    });

    it('finds a job where it stood, unless its schedule has changed', async () => {
      const it = await lab();
      const marks = async (schedule: string) => {
        const answer = await it.open(schedule);
        return answer.kind === 'opened' ? answer.marks : [];
      };
      const [first = Infinity] = await marks('s');
      await it.stores.pass(5);
      expect(await marks('s')).toEqual([first]);
      expect((await marks('other'))[0]).toBeGreaterThan(Number(first));
    });

    it('starts a new job where its ticks begin, but not in the future, and never before its mark', async () => {
      const it = await lab();
      const marks = async (schedule: string, second: number) => {
        const job = { job: 'job', schedule, from: it.run(second, '').tick };
        const answer = await it.stores.runs.open({ ...A, jobs: [job] }, never);
        return answer.kind === 'opened' ? answer.marks[0] : undefined;
      };
      const before = await it.stores.now();
      expect(await marks('s', 5)).toBe(it.run(5, '').tick);
      expect(await it.claimOne(6, 'x')).toEqual({ kind: 'go' });
      expect(await marks('other', 5)).toBe(it.run(6, '').tick);
      expect(await marks('third', 9_000_000)).toBeLessThan(before + 60_000);
    });

    it('leaves a mark whose schedule is not known', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.stores.pass(5);
      const answer = await it.open();
      expect(answer.kind === 'opened' && answer.marks).toEqual([it.run(1, 'x').tick]);
      expect(await it.claimOne(2, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
    });

    it('tells its own time, also where no job is opened', async () => {
      const it = await lab();
      const before = await it.stores.now();
      const answer = await it.stores.runs.open({ ...A, jobs: [] }, never);
      expect(answer).toEqual({ kind: 'opened', now: expect.any(Number), marks: [] });
      expect(answer.kind === 'opened' && answer.now).toBeGreaterThanOrEqual(before);
    });

    it('refuses whoever does not lead', async () => {
      expect(await (await lab()).open('s', B)).toEqual({ kind: 'fenced' });
    });
  });

  describe('heartbeat', () => {
    it('keeps a run live, also when its lock had lapsed unnoticed', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', {}, SHORT);
      await it.stores.pass(SHORT);
      expect(await it.heartbeat([it.run(1, 'x')])).toEqual(['kept']);
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    });

    it('says what is lost: a run that ended, that is unknown, that is another one', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.finish(it.run(1, 'x'));
      await it.claimOne(2, 'y');
      const runs = [it.run(1, 'x'), it.run(2, 'other'), it.run(3, 'z'), it.run(2, 'y')];
      expect(await it.heartbeat(runs)).toEqual(['lost', 'lost', 'lost', 'kept']);
    });
  });

  describe('finish', () => {
    it('records the end, and says the same when asked again', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect(await it.finish(it.run(1, 'x'), 'failed')).toBe('stale');
      expect(await it.history()).toMatchObject([
        { job: 'job', runId: 'x', manual: false, state: 'succeeded', token: 7, attempt: 1, facts: { ms: 5 } },
      ]);
      expect(await it.unfinished()).toEqual([]);
    });

    it('says so again even where nothing is kept', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      const nothing = { keep: 0, maxAgeMs: LONG };
      expect(await it.finish(it.run(1, 'x'), 'succeeded', nothing)).toBe('finished');
      expect(await it.finish(it.run(1, 'x'), 'succeeded', nothing)).toBe('finished');
      expect(await it.history()).toEqual([]);
      expect(await it.stores.history.last('job', 'run', never)).toMatchObject({ runId: 'x' });
      expect(await it.claimOne(1, 'y')).toEqual({ kind: 'past' });
    });

    it('is refused to a run that was abandoned, taken over, or never claimed', async () => {
      const it = await lab();
      await it.claim([it.wish(1, 'x'), it.wish(1, 'y', { job: 'other' })], SHORT);
      await it.stores.pass(SHORT);
      await it.adopt(it.run(1, 'x'), { wish: 'abandon' });
      await it.adopt(it.run(1, 'y', { job: 'other' }));
      expect(await it.finish(it.run(1, 'x'))).toBe('stale');
      expect(await it.finish(it.run(1, 'y', { job: 'other' }))).toBe('stale');
      expect(await it.finish(it.run(2, 'z'))).toBe('stale');
    });
  });

  describe('release', () => {
    it('gives a tick back, to whatever run claims it next', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      expect(await it.release(it.run(1, 'x'))).toBe('released');
      expect(await it.release(it.run(1, 'x'))).toBe('released');
      expect(await it.unfinished()).toEqual([{ ...it.run(1, 'x'), liveMs: 0, attempt: 1 }]);
      expect(await it.claimOne(2, 'z', { overlap: 'allow' })).toEqual({ kind: 'go' });
      expect(await it.claimOne(1, 'y')).toEqual({ kind: 'go' });
      expect(await it.release(it.run(1, 'x'))).toBe('stale');
    });

    it('lets a tick that was given back be noted as missed', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.release(it.run(1, 'x'));
      expect(await it.claimOne(1, 'y', { intent: 'missed' })).toEqual({ kind: 'noted' });
      expect(await it.unfinished()).toEqual([]);
    });

    it('is stale for a run that has ended, or never was', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      await it.finish(it.run(1, 'x'));
      expect(await it.release(it.run(1, 'x'))).toBe('stale');
      expect(await it.release(it.run(2, 'y'))).toBe('stale');
    });
  });

  describe('unfinished runs', () => {
    it('are listed oldest first, with what is left of their locks', async () => {
      const it = await lab();
      await it.claim([it.wish(2, 'x'), it.wish(1, 'y', { job: 'other' })]);
      await it.claimOne(3, 'z', { overlap: 'queue' });
      const listed = await it.unfinished();
      expect(listed.map(({ runId }) => runId)).toEqual(['y', 'x', 'z']);
      expect(listed.map(({ liveMs }) => liveMs > LONG / 2)).toEqual([true, true, false]);
    });

    it('come in pages: the lapsed first, then as locks lapse, none twice and none left out', async () => {
      const it = await lab();
      const lapsing = Array.from({ length: 450 }, (_, at) => it.wish(1 + at, `x${at}`, { overlap: 'allow' }));
      await it.claim(lapsing.slice(0, 250), SHORT);
      await it.stores.pass(SHORT);
      await it.claim(lapsing.slice(250), LONG);
      const first = await it.stores.runs.unfinished('', never);
      const second = await it.stores.runs.unfinished(first.next ?? '', never);
      const third = await it.stores.runs.unfinished(second.next ?? '', never);
      expect([first, second, third].map(({ runs }) => runs.length)).toEqual([200, 200, 50]);
      expect(third.next).toBeUndefined();
      expect(first.runs.every(({ liveMs }) => liveMs === 0)).toBe(true);
      expect(second.runs.filter(({ liveMs }) => liveMs === 0)).toHaveLength(50);
      expect(new Set([first, second, third].flatMap(({ runs }) => runs.map(({ runId }) => runId))).size).toBe(
        450,
      );
    });

    it('goes on behind an entry that is gone', async () => {
      const it = await lab();
      const wishes = Array.from({ length: 450 }, (_, at) => it.wish(1 + at, `x${at}`, { overlap: 'allow' }));
      await it.claim(wishes, SHORT);
      await it.stores.pass(SHORT);
      const first = await it.stores.runs.unfinished('', never);
      const orphans = first.runs.map(orphan => it.adoption(orphan));
      await it.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
      const second = await it.stores.runs.unfinished(first.next ?? '', never);
      expect(second.runs).toHaveLength(200);
      expect(second.runs.filter(({ runId }) => first.runs.some(one => one.runId === runId))).toEqual([]);
    });

    it('are abandoned once, and the same question is answered so again, past its term too', async () => {
      const it = await lab();
      await it.claim([it.wish(1, 'x'), it.wish(1, 'y', { job: 'other' })], SHORT);
      await it.stores.pass(SHORT);
      const orphans = [it.adoption(it.run(1, 'x')), it.adoption(it.run(1, 'y', { job: 'other' }), 'recover')];
      const ask = () => it.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
      expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'recovered']);
      expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'recovered']);
      await it.stores.lead(B.candidateId, B.token);
      expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'fenced']);
      expect(await it.adopt(it.run(1, 'x'), { wish: 'abandon', runId: 'another' }, B)).toEqual({
        kind: 'left',
      });
    });

    it('are answered for again where no record is kept', async () => {
      const it = await lab();
      await it.claimOne(1, 'x', {}, SHORT);
      await it.stores.pass(SHORT);
      const orphans = [{ ...it.adoption(it.run(1, 'x')), retention: { keep: 0, maxAgeMs: LONG } }];
      const ask = () => it.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
      expect([await ask(), await ask()]).toEqual([[{ kind: 'abandoned' }], [{ kind: 'abandoned' }]]);
    });

    it('run, in the eyes of the history, when they are live and started', async () => {
      const it = await lab();
      await it.claim([it.wish(1, 'x'), it.wish(2, 'y', { overlap: 'queue' })]);
      await it.claimOne(1, 'z', { job: 'other' }, SHORT);
      await it.stores.pass(SHORT);
      const running = await it.stores.history.running(never);
      expect(running).toMatchObject([{ job: 'job', runId: 'x', state: 'claimed', facts: { pod: 'p' } }]);
    });
  });

  describe('adopt', () => {
    const orphaned = async (more: Partial<Claim> = {}) => {
      const it = await lab();
      await it.claimOne(1, 'x', more, SHORT);
      await it.stores.pass(SHORT);
      return it;
    };

    it('leaves live runs alone, and those that have ended', async () => {
      const it = await lab();
      await it.claimOne(1, 'x');
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'left' });
      await it.finish(it.run(1, 'x'));
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'left' });
      expect(await it.adopt(it.run(9, 'y'))).toEqual({ kind: 'left' });
    });

    it('recovers a crashed run as its next attempt, with its lock', async () => {
      const it = await orphaned();
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.heartbeat([it.run(1, 'x'), it.run(1, 'new')])).toEqual(['lost', 'kept']);
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
      expect(await it.finish(it.run(1, 'new'))).toBe('finished');
    });

    it('abandons a crashed run, which keeps what was known of it, and when it was claimed', async () => {
      const it = await orphaned();
      const since = await it.stores.now();
      expect(await it.adopt(it.run(1, 'x'), { wish: 'abandon' })).toEqual({ kind: 'abandoned' });
      const [record] = await it.history();
      expect(record).toMatchObject({ runId: 'x', state: 'abandoned', facts: { pod: 'p' } });
      expect(record?.facts['startedAt']).toBeLessThan(since);
      expect(record?.at).toBeGreaterThanOrEqual(since);
      expect(await it.stores.history.last('job', 'run', never)).toMatchObject({ state: 'abandoned' });
      expect(await it.unfinished()).toEqual([]);
      expect(await it.claimOne(2, 'y')).toEqual({ kind: 'go' });
    });

    it('gives back what was queued and never started', async () => {
      const it = await lab();
      const queue = { overlap: 'queue' } as const;
      await it.claim([it.wish(1, 'x', queue), it.wish(2, 'y', queue)]);
      expect(await it.adopt(it.run(2, 'y'))).toEqual({ kind: 'released' });
      expect(await it.adopt(it.run(2, 'y'))).toEqual({ kind: 'released' });
      expect(await it.claimOne(3, 'z', queue)).toMatchObject({ kind: 'queued' });
    });

    it('refuses whoever does not lead, and a term that the job has outlived', async () => {
      const it = await orphaned();
      expect(await it.adopt(it.run(1, 'x'), {}, B)).toEqual({ kind: 'fenced' });
      const older = { ...A, token: 6 };
      await it.stores.lead(older.candidateId, older.token);
      expect(await it.adopt(it.run(1, 'x'), {}, older)).toEqual({ kind: 'fenced' });
    });

    it('leaves a run whose lock went to another, until that one has ended', async () => {
      const it = await orphaned();
      await it.claimOne(2, 'y');
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'left' });
      await it.finish(it.run(2, 'y'));
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.claimOne(3, 'z')).toEqual({ kind: 'overlap', reason: 'running' });
    });

    it('recovers a run that overlaps by permission beside the others', async () => {
      const it = await orphaned({ overlap: 'allow' });
      await it.claimOne(2, 'y');
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
      expect(await it.heartbeat([it.run(1, 'new'), it.run(2, 'y')])).toEqual(['kept', 'kept']);
    });

    it('leaves a tick that another run has got meanwhile', async () => {
      const it = await orphaned();
      expect(await it.adopt(it.run(1, 'other'))).toEqual({ kind: 'left' });
      expect(await it.unfinished()).toMatchObject([{ runId: 'x' }]);
    });
  });

  describe('the history', () => {
    const ran = async (seconds: readonly number[], retention = EVERYTHING) => {
      const it = await lab();
      for (const second of seconds) {
        await it.claimOne(second, `r${second}`, { retention });
        await it.finish(it.run(second, `r${second}`), second % 2 ? 'succeeded' : 'failed', retention);
      }
      return it;
    };

    it('is given newest first, up to a limit, before an instant, by state', async () => {
      const it = await ran([1, 2, 3, 4]);
      expect(await it.past()).toEqual(['4 failed', '3 succeeded', '2 failed', '1 succeeded']);
      expect(await it.past({ limit: 1 })).toEqual(['4 failed']);
      expect(await it.past({ limit: 0 })).toEqual([]);
      expect(await it.past({ limit: 2, before: it.start + 4000 })).toEqual(['3 succeeded', '2 failed']);
      expect(await it.past({ states: ['succeeded'], limit: 1 })).toEqual(['3 succeeded']);
      expect(await it.past({ states: ['missed', 'failed'] })).toEqual(['4 failed', '2 failed']);
    });

    it('is paged by the last entry, also where many have the same tick', async () => {
      const it = await lab();
      for (let n = 0; n < 12; n += 1) {
        const run = { job: `job-${n % 3}`, manual: n % 4 > 0 };
        const second = 1 + Math.floor(n / 6);
        await it.claimOne(second, `r${n}`, { ...run, overlap: 'allow' });
        await it.finish(it.run(second, `r${n}`, run));
      }
      const all = await it.history({ job: undefined, limit: 100 });
      expect(all.length).toBeGreaterThanOrEqual(11);
      for (const job of [undefined, 'job-1'])
        for (const limit of [1, 2, 5]) {
          const paged: RunRecord[] = [];
          for (let page = await it.history({ job, limit }); page.length > 0;) {
            paged.push(...page);
            page = await it.history({ job, limit, before: page.at(-1) });
          }
          expect(paged).toEqual(job === undefined ? all : all.filter(run => run.job === job));
        }
    });

    it('is merged over all jobs, equal ticks by run id, however many have the same tick', async () => {
      const it = await lab();
      for (const [job, runId] of [
        ['one', 'c'],
        ['two', 'b'],
        ['one', 'a'],
      ] as const) {
        await it.claimOne(1, runId, { job, manual: true });
        await it.finish(it.run(1, runId, { job, manual: true }));
      }
      const all = async (limit: number) =>
        (await it.history({ job: undefined, limit })).map(({ job, runId }) => `${job} ${runId}`);
      expect(await all(9)).toEqual(['one a', 'two b', 'one c']);
      expect(await all(1)).toEqual(['one a']);
    });

    it('is merged over many jobs, of which only the newest matter', async () => {
      const it = await lab();
      const wish = (n: number, second: number) =>
        it.wish(second, `r${n} at ${second}`, { job: `job ${n}`, intent: 'skipped' });
      await it.claim(Array.from({ length: 30 }, (_, n) => [wish(n, n), wish(n, n + 10)]).flat());
      const seconds = async (limit: number) =>
        (await it.history({ job: undefined, limit })).map(({ tick }) => (tick - it.start) / 1000);
      expect(await seconds(3)).toEqual([39, 38, 37]);
      expect(await seconds(14)).toEqual([39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 29, 28, 28]);
      expect(await seconds(1000)).toHaveLength(60);
    });

    it('keeps so many ended runs, and never counts those that have not ended', async () => {
      const two = { keep: 2, maxAgeMs: 3_600_000 };
      const it = await ran([1, 2, 3], two);
      expect(await it.past()).toEqual(['3 succeeded', '2 failed']);
      await it.claimOne(4, 'live', { retention: two });
      await it.claimOne(5, 'skip', { retention: two });
      await it.claimOne(6, 'skip', { retention: two });
      expect(await it.past()).toEqual(['6 skipped', '5 skipped']);
      expect(await it.finish(it.run(4, 'live'), 'succeeded', two)).toBe('finished');
      expect(await it.past()).toEqual(['6 skipped', '5 skipped']);
      expect(await it.finish(it.run(4, 'live'), 'succeeded', two)).toBe('finished');
    });

    it('drops what is too old', async () => {
      const it = await ran([1, 2]);
      const young = { keep: 100, maxAgeMs: (await it.stores.now()) - it.start - 1500 };
      await it.claimOne(3, 'x', { intent: 'skipped', retention: young });
      expect(await it.past()).toEqual(['3 skipped', '2 failed']);
    });

    it('remembers the last run and the last success', async () => {
      const it = await ran([1, 2]);
      await it.claimOne(3, 'x', { intent: 'skipped' });
      expect(await it.stores.history.last('job', 'run', never)).toMatchObject({
        runId: 'r2',
        state: 'failed',
      });
      expect(await it.stores.history.last('job', 'success', never)).toMatchObject({ runId: 'r1' });
      expect(await it.stores.history.last('unknown', 'run', never)).toBeUndefined();
      expect(await it.history({ job: 'unknown' })).toEqual([]);
    });

    it('pages through more than one read carries', async () => {
      const it = await lab();
      const wishes = Array.from({ length: 240 }, (_, n) =>
        it.wish(n, `r${n}`, {
          intent: n % 80 ? 'skipped' : 'missed',
          retention: { keep: 240, maxAgeMs: 3_600_000 },
        }),
      );
      await it.claim(wishes);
      expect(await it.history({ limit: 1000 })).toHaveLength(240);
      expect(await it.past({ states: ['missed'] })).toEqual(['160 missed', '80 missed', '0 missed']);
      expect(await it.past({ limit: 1, before: it.start + 121_000 })).toEqual(['120 skipped']);
    });
  });

  it('takes names and facts as they are', async () => {
    const it = await lab();
    const job = 'a|b @ {c} é\n:%';
    const facts = { text: 'x|y "z"\n', number: -1.5, flag: true };
    expect(await it.claimOne(1, 'x', { job, facts })).toEqual({ kind: 'go' });
    expect(await it.unfinished()).toMatchObject([{ job, runId: 'x' }]);
    expect(await it.stores.history.running(never)).toMatchObject([{ job, facts }]);
    expect(await it.finish(it.run(1, 'x', { job }))).toBe('finished');
    expect(await it.history({ job: undefined })).toMatchObject([{ job }]);
  });
}

describe('runs in RAM', () => {
  answersAlike(async () => ramRunStores());
});

describeWithRedis('runs in Redis', () => {
  let server: RedisServer;
  let made = 0;
  const open: RedisRunStores[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await Promise.all(open.map(stores => stores.close()));
    await server.dispose();
  });

  const make = async (on: RedisServer, options?: RedisRunStoresOptions) => {
    const stores = await redisRunStores(on, `runs:${(made += 1)}`, options);
    open.push(stores);
    return stores;
  };
  const lab = async (on = server, options?: RedisRunStoresOptions) => {
    const stores = await make(on, options);
    return { it: await Lab.of(stores), keys: stores.keys };
  };

  answersAlike(() => make(server));

  it.each([
    ['the job', 'job'],
    ['its records', 'runs'],
    ['its index', 'index'],
  ] as const)('a key of a wrong type for %s fails its own claim only', async (_what, key) => {
    const { it, keys } = await lab();
    await server.command('SET', keys[key]('bad'), 'text');
    const answers = await it.claim([it.wish(1, 'x', { job: 'bad' }), it.wish(1, 'y')]);
    expect(answers).toEqual([
      { kind: 'failed', message: expect.stringContaining('WRONGTYPE'), isDataInvalid: true },
      { kind: 'go' },
    ]);
    const missing = (['job', 'runs', 'index'] as const)
      .filter(name => name !== key)
      .map(name => keys[name]('bad'));
    expect(await server.command('EXISTS', ...missing)).toBe(0);
    expect((await it.unfinished()).map(({ job }) => job)).toEqual(['job']);
    await it.stores.runs.open({ ...A, jobs: [{ job: 'bad', schedule: 's' }] }, never);
    expect(await it.heartbeat([it.run(1, 'y'), it.run(1, 'x', { job: 'bad' })])).toEqual(['kept', 'lost']);
  });

  it.each(['job', 'runs', 'index'] as const)(
    'a run does not end while its job has a key (%s) of another type, which holds up no other run',
    async key => {
      const { it, keys } = await lab();
      const bad = it.run(1, 'x', { job: 'bad' });
      await it.claim([it.wish(1, 'x', { job: 'bad' }), it.wish(1, 'y')]);
      await server.command('DEL', keys[key]('bad'));
      await server.command('SET', keys[key]('bad'), 'text');
      expect(await it.finish(bad)).toBe('invalid');
      expect(await it.finish(it.run(1, 'y'))).toBe('finished');
      await server.command('DEL', keys[key]('bad'));
      expect(await it.finish(bad)).toBe(key === 'runs' ? 'stale' : 'finished');
    },
  );

  it('a tick is given back though the key of its job was tampered with', async () => {
    const { it, keys } = await lab();
    await it.claimOne(1, 'x');
    await server.command('SET', keys.job('job'), 'text');
    expect(await it.release(it.run(1, 'x'))).toBe('released');
    await server.command('DEL', keys.job('job'));
    expect(await it.claimOne(1, 'y')).toEqual({ kind: 'go' });
  });

  it('a tick whose record cannot be read starts no more, and is shown as unreadable', async () => {
    const { it, keys } = await lab();
    await it.claim([it.wish(1, 'x', { intent: 'skipped' }), it.wish(2, 'y', { intent: 'skipped' })]);
    await server.command('HSET', keys.runs('job'), `${it.run(1, '').tick}`, 'nonsense');
    expect(await it.claimOne(1, 'z')).toEqual({ kind: 'taken' });
    expect(await it.past()).toEqual(['2 skipped', '1 unreadable']);
    await server.command('HSET', keys.runs('job'), `${it.run(2, '').tick}`, 'nonsense');
    await it.claimOne(3, 'v', { job: 'other', intent: 'skipped' });
    await it.claimOne(0, 'w', { manual: true });
    await it.finish(it.run(0, 'w', { manual: true }));
    const all = await it.history({ job: undefined, limit: 2 });
    expect(all.map(({ job, state }) => `${job} ${state}`)).toEqual(['other skipped', 'job unreadable']);
  });

  it.each(['nonsense', 'nan', 'inf', '1e300', '9007199254740992', '-1', '', '4102444800000'])(
    'a watermark that reads %p is replaced by the newest tick that ended',
    async value => {
      const { it, keys } = await lab();
      await it.claim([it.wish(1, 'w', { intent: 'skipped' }), it.wish(2, 'w', { intent: 'skipped' })]);
      await server.command('HSET', keys.job('job'), 'hwm', value);
      expect(await it.open()).toMatchObject({ kind: 'opened', marks: [it.run(2, '').tick] });
      await server.command('HSET', keys.job('job'), 'hwm', value);
      expect(await it.claimOne(1, 'x')).toEqual({ kind: 'taken' });
      expect(await it.claimOne(0, 'x')).toEqual({ kind: 'past' });
      expect(await it.claimOne(3, 'x')).toEqual({ kind: 'go' });
    },
  );

  it('a watermark that nothing proves is replaced by the present, at which no tick can have been claimed', async () => {
    const { it, keys } = await lab();
    await server.command('HSET', keys.job('job'), 'hwm', 'nonsense');
    const before = await it.stores.now();
    const answer = await it.open();
    expect(answer.kind === 'opened' && answer.marks[0]).toBeGreaterThanOrEqual(before + 50);
    expect(await it.claimOne(1, 'x')).toEqual({ kind: 'past' });
  });

  it('a watermark in the future stays where the records say so, or are not kept', async () => {
    const { it, keys } = await lab();
    const ahead = (await it.stores.now()) + 3_600_000;
    await server.command('HSET', keys.job('job'), 'hwm', ahead);
    await server.command('ZADD', keys.index('job'), ahead, ahead);
    expect(await it.open()).toMatchObject({ marks: [ahead] });
    await server.command('DEL', keys.index('job'));
    await server.command('HSET', keys.job('job'), 'lastRun', `${ahead}|succeeded|r|7|1|1||{}`);
    expect(await it.open()).toMatchObject({ marks: [ahead] });
    await server.command('HDEL', keys.job('job'), 'lastRun');
    const answer = await it.open();
    expect(answer.kind === 'opened' && answer.marks[0]).toBeLessThan(ahead);
  });

  it('a watermark in the future stays where a run has started whose record may not be kept', async () => {
    const { it, keys } = await lab();
    expect(await it.claimOne(1, 'x')).toEqual({ kind: 'go' });
    // As if the clock of the store had been set back since the claim.
    const ahead = (await it.stores.now()) + 3_600_000;
    await server.command('HSET', keys.job('job'), 'hwm', ahead);
    expect(await it.open()).toMatchObject({ marks: [ahead] });
    await it.release(it.run(1, 'x'));
    const answer = await it.open();
    expect(answer.kind === 'opened' && answer.marks[0]).toBeLessThan(ahead);
  });

  it('a run that ends after the watermark was brought back moves it up again, though its record is not kept', async () => {
    const { it, keys } = await lab();
    const one = { overlap: 'allow', retention: { keep: 1, maxAgeMs: 3_600_000 } } as const;
    await it.claimOne(1, 'w', { intent: 'skipped', retention: one.retention });
    for (const second of [2, 3, 4]) await it.claimOne(second, `r${second}`, one);
    // As if the clock of the store had been set back since: the newest tick that ended.
    await server.command('HSET', keys.job('job'), 'hwm', '4102444800000');
    expect(await it.open()).toMatchObject({ marks: [it.run(1, '').tick] });
    for (const second of [4, 2]) await it.finish(it.run(second, `r${second}`), 'succeeded', one.retention);
    await it.adopt(it.run(3, 'r3'), { wish: 'abandon', retention: one.retention }, A, 0);
    expect(await it.past()).toEqual(['4 succeeded']);
    for (const second of [2, 3, 4])
      expect(await it.claimOne(second, 'again', one)).not.toEqual({ kind: 'go' });
    expect(await it.open()).toMatchObject({ marks: [it.run(4, '').tick] });
  });

  it('a run-lock of a claimed tick holds, though the clock of the store was set back since', async () => {
    const { it, keys } = await lab();
    await it.claimOne(1, 'x', { manual: true, handle: 'ahead' });
    const ahead = `${(await it.stores.now()) + 3_600_000}`;
    const record = await server.command('HGET', keys.runs('job'), `${it.run(1, '').tick}@ahead`);
    await server.command('HSET', keys.runs('job'), ahead, String(record));
    await server.command('HSET', keys.job('job'), 'lock', ahead);
    await server.command('ZADD', keys.unfinished, (await it.stores.now()) + LONG, `${ahead}|job`);
    expect(await it.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    await server.command('HSET', keys.job('job'), 'lock', '4102444800000');
    expect(await it.claimOne(3, 'z')).toEqual({ kind: 'go' });
  });

  it('a run-lock further in the future than a lock lasts is brought back to one', async () => {
    const { it, keys } = await lab();
    expect(await it.claimOne(1, 'x')).toEqual({ kind: 'go' });
    for (const score of ['inf', '1e300', '4102444800000']) {
      await server.command('ZADD', keys.unfinished, score, `${it.run(1, '').tick}|job`);
      expect(await it.claimOne(2, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
      const live = Number(await server.command('ZSCORE', keys.unfinished, `${it.run(1, '').tick}|job`));
      expect(live).toBeLessThan((await it.stores.now()) + 100_000);
      await it.release(it.run(2, 'y'));
    }
  });

  it('a crashed run whose lock outlives what it was set for is found, and lapses a lock later', async () => {
    const { it, keys } = await lab();
    await it.claimOne(1, 'x', {}, 500);
    expect((await it.unfinished())[0]).not.toHaveProperty('isOverlong');
    // As if the clock of the store had been set back since the claim.
    await server.command('ZINCRBY', keys.unfinished, 3_600_000, `${it.run(1, '').tick}|job`);
    const [orphan] = await it.unfinished();
    expect(orphan).toMatchObject({ runId: 'x', isOverlong: true });
    expect(orphan && (await it.adopt(orphan, {}, A, 500))).toEqual({ kind: 'left' });
    await eventually(async () => (await it.unfinished())[0]?.liveMs === 0, { what: 'its lock lapses' });
    expect(orphan && (await it.adopt(orphan, {}, A, 500))).toMatchObject({ kind: 'recovered' });
  });

  it('a higher token that cannot have been handed out yet fences nobody', async () => {
    const { it, keys } = await lab();
    await server.command('HSET', keys.job('job'), 'token', await it.stores.now());
    expect(await it.claimOne(1, 'x')).toEqual({ kind: 'fenced' });
    for (const value of ['4102444800000', '9007199254740992', 'inf', 'nan', '-1', '']) {
      await server.command('HSET', keys.job('job'), 'token', value);
      expect(await it.claimOne(1, 'x')).toMatchObject({ kind: expect.stringMatching(/go|mine/) });
    }
  });

  it('clears away an unfinished run that has no record', async () => {
    const { it, keys } = await lab();
    await server.command('ZADD', keys.unfinished, 0, `${it.run(1, '').tick}|job`, 0, 'nonsense');
    const [orphan] = await it.unfinished();
    expect(orphan).toEqual({ ...it.run(1, ''), liveMs: 0, attempt: 1 });
    expect(orphan && (await it.adopt(orphan))).toEqual({ kind: 'left' });
    expect(await it.unfinished()).toEqual([]);
  });

  it('sends scripts again that the server has forgotten', async () => {
    const { it } = await lab();
    await it.claimOne(1, 'x');
    await server.command('SCRIPT', 'FLUSH');
    expect(await it.finish(it.run(1, 'x'))).toBe('finished');
    expect(await it.claim([it.wish(2, 'y'), it.wish(3, 'z')])).toMatchObject([
      { kind: 'go' },
      { kind: 'overlap' },
    ]);
  });

  it.each(['runs:lease', 'runs:{tag}:lease'])('shares one slot of a Cluster among all keys of %s', lease => {
    const keys = redisKeys(lease);
    const names = [
      keys.lease,
      keys.unfinished,
      keys.jobs,
      keys.job('{x}'),
      keys.runs('{y}'),
      keys.index('z'),
    ];
    expect(new Set(names.map(name => /\{([^}]*)\}/.exec(name)?.[1] ?? name)).size).toBe(1);
  });

  describe('a long history', () => {
    /** Ended runs of a job, the oldest first. */
    const fill = async (keys: RedisKeys, job: string, runs: readonly { slot: string; state: string }[]) => {
      const records = runs.map(({ slot, state }) => {
        const [tick = '', runId = 'r'] = slot.split('@');
        return { slot, tick, record: `${state}|${runId}|7|1|${tick}||{}` };
      });
      await server.command('SADD', keys.jobs, job);
      await server.command('HSET', keys.runs(job), ...records.flatMap(({ slot, record }) => [slot, record]));
      await server.command('ZADD', keys.index(job), ...records.flatMap(({ tick, slot }) => [tick, slot]));
    };
    const scriptsRun = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await server.command('INFO', 'commandstats')))?.[1]);

    it('is not looked through in one script, however rare is what is asked for', async () => {
      const { it, keys } = await lab();
      const runsOf = (job: number) =>
        Array.from({ length: 1000 }, (_, n) => ({
          slot: `${n + 1}`,
          state: n === job ? 'failed' : 'skipped',
        }));
      for (let job = 0; job < 12; job += 1) await fill(keys, `job ${job}`, runsOf(job));
      await it.history({ job: undefined, limit: 1 });
      const before = await scriptsRun();
      const failed = await it.history({ job: undefined, limit: 3, states: ['failed'] });
      expect(failed.map(({ job, tick }) => [job, tick])).toEqual([
        ['job 11', 12],
        ['job 10', 11],
        ['job 9', 10],
      ]);
      expect((await scriptsRun()) - before).toBeGreaterThanOrEqual(3);
    });

    it('goes on where a script has stopped, also among runs of the same tick', async () => {
      const { it, keys } = await lab();
      const runs = Array.from({ length: 6000 }, (_, n) => `5@${String(n).padStart(4, '0')}`);
      const skipped = ['3', '4'].map(slot => ({ slot, state: 'skipped' }));
      const failed = runs.map(slot => ({ slot, state: 'failed' }));
      await fill(keys, 'job', [{ slot: '2', state: 'failed' }, ...skipped, ...failed]);
      const found = async (query = {}) =>
        (await it.history({ limit: 10_000, ...query })).map(({ tick, runId }) => `${tick}@${runId}`);
      expect(await found()).toEqual([...runs, '4@r', '3@r', '2@r']);
      expect(await found({ limit: 2 })).toEqual(runs.slice(0, 2));
      expect(await found({ states: ['skipped'] })).toEqual(['4@r', '3@r']);
      expect(await found({ states: ['failed'], limit: 6001 })).toEqual([...runs, '2@r']);
      expect(await found({ before: 5 })).toEqual(['4@r', '3@r', '2@r']);
      const last = { job: 'job', tick: 5, runId: '5998', manual: true };
      expect(await found({ before: last, limit: 2 })).toEqual(['5@5999', '4@r']);
    });
  });

  describe('when its memory is full', () => {
    let full: RedisServer;
    beforeAll(async () => {
      full = await RedisServer.start();
    });
    afterAll(() => full.dispose());

    it('claims nothing, and lets what runs be kept, given back and finished', async () => {
      const { it, keys } = await lab(full);
      await it.claim([
        it.wish(1, 'x'),
        it.wish(1, 'y', { job: 'second' }),
        it.wish(1, 'z', { job: 'third' }),
      ]);
      await full.command('CONFIG', 'SET', 'maxmemory', '1');
      const answers = await it.claim([it.wish(1, 'v', { job: 'new' }), it.wish(1, 'w', { job: 'newer' })]);
      expect(answers).toEqual([
        { kind: 'failed', message: expect.stringContaining('OOM') },
        { kind: 'failed', message: expect.stringContaining('OOM') },
      ]);
      expect(await full.command('EXISTS', keys.job('new'), keys.runs('new'))).toBe(0);
      expect(await it.heartbeat([it.run(1, 'x')])).toEqual(['kept']);
      expect(await it.finish(it.run(1, 'x'))).toBe('finished');
      expect(await it.release(it.run(1, 'y', { job: 'second' }))).toBe('released');
      expect(await it.open()).toMatchObject({ kind: 'opened' });
      await full.command('CONFIG', 'SET', 'maxmemory', '0');
      expect(await it.claimOne(1, 'v', { job: 'new' })).toEqual({ kind: 'go' });
    });
  });

  describe('strict mode', () => {
    let master: RedisServer;
    let replica: RedisServer;
    const isLinked = async () =>
      String(await master.command('INFO', 'replication')).includes('state=online') &&
      String(await replica.command('INFO', 'replication')).includes('master_link_status:up');
    beforeAll(async () => {
      master = await RedisServer.start({ args: ['--repl-diskless-sync-delay', '0'] });
      replica = await RedisServer.start({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
      await eventually(isLinked, { what: 'the replica follows' });
    });
    afterEach(() => replica.resume());
    afterAll(async () => {
      await Promise.all([master.dispose(), replica.dispose()]);
    });

    const strict = { replicas: () => 1, commandTimeoutMs: 300 };
    /** On a busy machine a replica may take longer than that, and the tick, the run's already, is asked for again. */
    const granted = (it: Lab, second: number, runId: string, lockMs = LONG) =>
      eventually(
        async () => ['go', 'mine'].includes((await it.claimOne(second, runId, {}, lockMs))?.kind ?? ''),
        { what: 'the claim is granted' },
      );

    it('starts a run when the replica has its claim', async () => {
      const { it, keys } = await lab(master, strict);
      await granted(it, 1, 'x');
      expect(String(await replica.command('HVALS', keys.runs('job')))).toContain('claimed|x|');
    });

    it('does not confirm a claim that the replica does not have; given back, it starts when the replica is back', async () => {
      const { it } = await lab(master, strict);
      await replica.pause();
      const [answer] = await it.claim([it.wish(1, 'x')]);
      expect(answer).toEqual({ kind: 'failed', message: expect.stringContaining('replicas') });
      expect(await it.release(it.run(1, 'x'))).toBe('released');
      await replica.resume();
      await granted(it, 1, 'y');
    });

    it('does not confirm a recovery that the replica does not have', async () => {
      const { it } = await lab(master, strict);
      await granted(it, 1, 'x', SHORT);
      await it.stores.pass(SHORT);
      await replica.pause();
      expect(await it.adopt(it.run(1, 'x'))).toEqual({ kind: 'unconfirmed' });
      expect(await it.release(it.run(1, 'new'))).toBe('released');
    });

    it('wants more replicas than are configured when there are more, and the more there have been', async () => {
      const second = await RedisServer.start({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
      const online = (count: number) => async () =>
        String(await master.command('INFO', 'replication')).split('state=online').length === count + 1;
      await eventually(online(2), { what: 'two replicas follow' });
      const { it } = await lab(master, strict);
      await granted(it, 1, 'x');
      await it.finish(it.run(1, 'x'));
      await second.dispose();
      await eventually(online(1), { what: 'one replica is left' });
      expect(await it.claimOne(2, 'y')).toEqual({
        kind: 'failed',
        message: expect.stringContaining('of 2 replicas'),
      });
    });

    it('does not trust a connection that was opened anew, nor wants a replica for what is not granted', async () => {
      const { it } = await lab(master, { ...strict, commandTimeoutMs: 5000 });
      await it.claimOne(5, 'x');
      await replica.pause();
      expect(await it.claimOne(4, 'y')).toEqual({ kind: 'past' });
      const claim = it.claim([it.wish(1, 'z', { job: 'other' })]);
      await eventually(async () => String(await master.command('CLIENT', 'LIST')).includes('cmd=wait'), {
        what: 'it waits for the replica',
        every: 2,
      });
      await master.command('CLIENT', 'KILL', 'TYPE', 'normal');
      expect(await claim).toEqual([{ kind: 'failed', message: expect.stringContaining('replicas') }]);
    });

    it('asks the node of a Cluster that has its keys', async () => {
      const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
      const [node, follower] = [await RedisServer.start({ args }), await RedisServer.start({ args })];
      await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await follower.command('CLUSTER', 'MEET', '127.0.0.1', node.port);
      const id = String(await node.command('CLUSTER', 'MYID'));
      await eventually(() => follower.command('CLUSTER', 'REPLICATE', id), { what: 'it knows its master' });
      const follows = async () =>
        String(await node.command('INFO', 'replication')).includes('state=online') &&
        /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO')));
      await eventually(follows, { what: 'the replica follows' });
      const { it } = await lab(node, { ...strict, cluster: true });
      await granted(it, 1, 'x');
      await follower.pause();
      expect(await it.claimOne(1, 'y', { job: 'other' })).toMatchObject({ kind: 'failed' });
      await follower.resume();
      await Promise.all([node.dispose(), follower.dispose()]);
    });

    it('asks for one replica where none has been seen', async () => {
      const lonely = await RedisServer.start();
      const { it } = await lab(lonely, { ...strict, replicas: () => 0 });
      expect(await it.claimOne(1, 'x')).toMatchObject({ kind: 'failed' });
      await lonely.dispose();
    });
  });
});
