import { describe, expect, it } from '@jest/globals';

import type { Overlap } from '../../../../lib/core/job/job-policy.js';
import { formatOrder } from '../../../../lib/core/schedule/schedule-override.js';
import {
  EngineCluster,
  START,
  INTERVAL,
  TTL,
  type JobSpec,
  type Pod,
} from '../../../support/engine-harness.js';

const NEVER = '0 0 0 29 2 *';

/** A job that is run by hand only, and takes `ms`. */
const byHand = (ms = 0, policy: JobSpec['policy'] = {}): JobSpec => ({
  cron: NEVER,
  policy,
  handler: (_, pod) => pod.clock.wait(ms),
});
/** As `byHand`, but it ends when it is asked to. */
const heeding = (ms: number, policy: JobSpec['policy'] = {}): JobSpec => ({
  cron: NEVER,
  policy,
  handler: ({ signal }, pod) => pod.clock.wait(ms, signal),
});

const request = (cluster: EngineCluster, id: string, job = 'job') => cluster.control.requestRun({ id, job });
const standing = async (cluster: EngineCluster) =>
  (await cluster.control.requests()).requests.map(({ id }) => id);
const states = async (cluster: EngineCluster, job = 'job') =>
  (await cluster.ended(job)).map(({ handle, state, reason }) => `${handle} ${state} ${reason}`.trim());
/** The answers to where jobs stand are kept from the pod, until the function that this returns is called. */
const holdOpening = (pod: Pod): (() => void) => {
  let letGo = (): void => undefined;
  const gate = new Promise<void>(resolve => (letGo = resolve));
  const open = pod.runs.open.bind(pod.runs);
  pod.runs.open = async (request, signal) => {
    const answer = await open(request, signal);
    await gate;
    return answer;
  };
  return letGo;
};
const reschedule = (cluster: EngineCluster, schedule?: string, job = 'job') =>
  cluster.control.reschedule(job, schedule && formatOrder({ schedule, timeZone: 'UTC' }));

describe('a run that is asked for', () => {
  it('is made at once, and once, although signals and renewals both tell of it', async () => {
    const cluster = new EngineCluster([byHand(2 * INTERVAL)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(cluster.runsBy()).toEqual(['a 0']);
    for (let times = 0; times < 5; times += 1) cluster.lease.tell({ kind: 'run-requested' });
    await cluster.advance(3 * INTERVAL);
    expect(cluster.calls).toHaveLength(1);
    expect(await states(cluster)).toEqual(['r succeeded']);
    expect(a.listenerErrors).toEqual([]);
  });

  it('expires after an hour in which no pod has taken it, which the leader reports', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    const asked = await request(cluster, 'r', 'elsewhere');
    await cluster.advance(3_599_000);
    expect(await cluster.cluster.outcome(asked)).toEqual({ kind: 'waiting' });
    await cluster.advance(1000);
    expect(await cluster.cluster.outcome(asked)).toEqual({ kind: 'expired' });
    expect(a.told('request.expired')).toEqual([]);
    await cluster.advance(600_000 + INTERVAL);
    expect(a.told('request.expired')).toMatchObject([{ job: 'elsewhere', requestId: 'r' }]);
    expect(await standing(cluster)).toEqual([]);
  });

  it('is counted with the others of its job that expire together', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    for (const id of ['r1', 'r2', 'r3']) await request(cluster, id, 'elsewhere');
    await request(cluster, 'other', 'nowhere');
    await cluster.advance(4_200_000 + INTERVAL);
    const counts = a.told('request.expired').map(({ job, count, ordinal }) => `${job} ${ordinal}/${count}`);
    expect(counts.sort()).toEqual(['elsewhere 1/3', 'elsewhere 2/3', 'elsewhere 3/3', 'nowhere 1/1']);
  });

  it('is made once although each look at the requests comes late', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    a.control.hold();
    await request(cluster, 'r');
    await cluster.advance(500);
    expect(cluster.calls).toHaveLength(0);
    a.control.letGo();
    await cluster.advance(0);
    expect(await standing(cluster)).toEqual([]);
    // One that was read before it was decided about is told of again.
    a.control.hold();
    await request(cluster, 's');
    await cluster.advance(0);
    cluster.lease.tell({ kind: 'run-requested' });
    a.control.letGo();
    await cluster.advance(2 * INTERVAL);
    expect(await states(cluster)).toEqual(['r succeeded', 's succeeded']);
    expect(cluster.calls).toHaveLength(2);
  });

  it('is found with the next renewal by a leader that hears nothing', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    a.lease.isDeaf = true;
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(cluster.calls).toHaveLength(0);
    await cluster.advance(INTERVAL);
    expect(cluster.runsBy()).toHaveLength(1);
    await cluster.advance(2 * INTERVAL);
    expect(cluster.calls).toHaveLength(1);
  });

  it('is made once by the next leader when the one that was asked dies before it takes it', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    await cluster.started('b');
    a.die();
    await request(cluster, 'r');
    await cluster.advance(3 * TTL);
    expect(cluster.calls.map(({ pod }) => pod)).toEqual(['b']);
    expect(await standing(cluster)).toEqual([]);
  });

  it.each<[boolean, string[], string[]]>([
    [false, ['a'], ['r abandoned']],
    [true, ['a', 'b'], ['r succeeded']],
  ])(
    'is, with recover %s, settled once when its leader dies after it has taken it',
    async (recover, pods, past) => {
      const cluster = new EngineCluster([
        { ...byHand(0, { recover }), handler: (_, pod) => pod.name === 'a' && pod.clock.wait(TTL) },
      ]);
      const a = await cluster.started('a');
      await cluster.started('b');
      await request(cluster, 'r');
      await cluster.advance(0);
      a.die();
      await cluster.advance(4 * TTL);
      expect(cluster.calls.map(({ pod }) => pod)).toEqual(pods);
      expect(await states(cluster)).toEqual(past);
    },
  );

  it('is made once when the reply to its claim is lost, and its leader is no more', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(await standing(cluster)).toEqual([]);
    await a.elector.resign();
    await cluster.advance(3 * TTL);
    expect(cluster.calls.map(({ pod }) => pod)).toEqual(['b']);
    expect(await states(cluster)).toEqual(['r succeeded']);
  });

  it('is made once when the same pod leads again before its claim has been given back', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    a.runs.faults.claim = 'loses-replies';
    a.runs.faults.release = 'fails';
    await request(cluster, 'r');
    await cluster.advance(0);
    await a.elector.resign();
    await cluster.advance(TTL);
    delete a.runs.faults.claim;
    delete a.runs.faults.release;
    await cluster.advance(3 * TTL);
    expect(cluster.calls).toHaveLength(1);
    expect(await standing(cluster)).toEqual([]);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('is not lost when the leader changes while it is queued, and made once', async () => {
    const cluster = new EngineCluster([byHand(20_000, { overlap: 'queue' })]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r1');
    await cluster.advance(100);
    await request(cluster, 'r2');
    await cluster.advance(100);
    await a.elector.resign();
    await cluster.advance(60_000);
    expect(cluster.calls.map(({ pod, at }) => `${pod} ${at > 19}`)).toEqual(['a false', 'b true']);
    expect(await states(cluster)).toEqual(['r1 succeeded', 'r2 succeeded']);
  });

  it.each<[Overlap, string[]]>([
    ['skip', ['r1 succeeded', 'r2 skipped running', 'r3 skipped running']],
    ['queue', ['r1 succeeded', 'r2 succeeded', 'r3 skipped queue-full']],
    ['allow', ['r1 succeeded', 'r2 succeeded', 'r3 succeeded']],
  ])('obeys the overlap %s', async (overlap, past) => {
    const cluster = new EngineCluster([byHand(500, { overlap })]);
    await cluster.started('a');
    for (const id of ['r1', 'r2', 'r3']) {
      await request(cluster, id);
      await cluster.advance(1);
    }
    await cluster.advance(3000);
    expect(await states(cluster)).toEqual(past);
  });

  it('of a job that the leader does not have waits until it has it', async () => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    await request(cluster, 'r', 'late');
    await cluster.advance(2 * INTERVAL);
    expect(await standing(cluster)).toEqual(['r']);
    a.create({ ...byHand(), name: 'late' });
    await cluster.advance(0);
    expect(cluster.runsBy('late')).toHaveLength(1);
    expect(await standing(cluster)).toEqual([]);
  });

  it('of a job with jitter, and of one that is switched off, starts at once', async () => {
    const cluster = new EngineCluster([
      { name: 'jittery', policy: { jitterMs: 60_000 } },
      { name: 'off', disabled: true },
    ]);
    await cluster.started('a');
    await request(cluster, 'r1', 'jittery');
    await request(cluster, 'r2', 'off');
    await cluster.advance(0);
    expect(cluster.calls.map(({ job }) => job)).toEqual(['jittery', 'off']);
  });

  it.each(['fails', 'hangs'] as const)('is made when a store that %s answers again', async fault => {
    const cluster = new EngineCluster([byHand()]);
    const a = await cluster.started('a');
    a.control.fault = fault;
    await request(cluster, 'r');
    await cluster.advance(5000);
    expect(cluster.calls).toHaveLength(0);
    a.control.fault = 'none';
    await cluster.advance(2000);
    expect(await states(cluster)).toEqual(['r succeeded']);
    expect(cluster.calls).toHaveLength(1);
  });
});

describe('a pause', () => {
  it('is honoured by the claim, whichever pod leads', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1500);
    await cluster.control.pause({ job: 'job', forMs: Infinity, reason: '' });
    await cluster.advance(2000);
    await a.elector.resign();
    await cluster.advance(2000);
    await cluster.control.resume('job');
    await cluster.advance(2000);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 6', 'b 7']);
  });

  it('that is over when somebody leads again covers what fell into it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.cutOff();
    await cluster.control.pause({ job: '*', forMs: 10_000, reason: '' });
    await cluster.advance(TTL + 5000);
    a.reconnect();
    await cluster.advance(3000);
    expect(cluster.seconds().filter(second => second > 1 && second < 11.5)).toEqual([]);
    expect(cluster.seconds()).toContain(12);
  });
});

describe('a request to end a run', () => {
  const outcome = async (cluster: EngineCluster) => (await cluster.outcomes()).at(-1);

  it('ends it at once, and by the next heartbeat on a pod that hears nothing', async () => {
    for (const isDeaf of [false, true]) {
      const cluster = new EngineCluster([heeding(60_000)]);
      const a = await cluster.started('a');
      a.lease.isDeaf = isDeaf;
      await request(cluster, 'r');
      await cluster.advance(INTERVAL + 1);
      const [run] = a.executor.running;
      const ref = {
        job: 'job',
        tick: run?.ref.tick ?? 0,
        runId: run?.ref.runId ?? '',
        manual: true,
        handle: 'r',
      };
      expect(await cluster.control.requestAbort(ref)).toBe(true);
      await cluster.advance(isDeaf ? INTERVAL : 0);
      expect(await outcome(cluster)).toBe('0 aborted');
      expect(await cluster.control.requestAbort(ref)).toBe(false);
    }
  });

  it('reaches a pod that does not lead any more, while it drains', async () => {
    const cluster = new EngineCluster([heeding(60_000)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    const [run] = a.executor.running;
    const done = a.engine.shutdown(60_000);
    await cluster.advance(500);
    expect(a.executor.running).toHaveLength(1);
    const ref = {
      job: 'job',
      tick: run?.ref.tick ?? 0,
      runId: run?.ref.runId ?? '',
      manual: true,
      handle: 'r',
    };
    expect(await cluster.control.requestAbort(ref)).toBe(true);
    await cluster.advance(0);
    expect(await done).toEqual([]);
    expect(await outcome(cluster)).toBe('0 aborted');
  });

  it('is not for one that is queued', async () => {
    const cluster = new EngineCluster([heeding(5000, { overlap: 'queue' })]);
    await cluster.started('a');
    await request(cluster, 'r1');
    await cluster.advance(1);
    const { tick } = await request(cluster, 'r2');
    await cluster.advance(1);
    const open = [...cluster.jobs.get('job').open.values()].map(({ record }) => record);
    const runId = open.find(({ state }) => state === 'queued')?.runId ?? '';
    expect(await cluster.control.requestAbort({ job: 'job', tick, runId, manual: true, handle: 'r2' })).toBe(
      false,
    );
    await cluster.advance(12_000);
    expect(await states(cluster)).toEqual(['r1 succeeded', 'r2 succeeded']);
  });

  it('holds when its pod dies: the run is not made again', async () => {
    const cluster = new EngineCluster([{ ...byHand(60_000, { recover: true }) }]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    const [run] = a.executor.running;
    a.die();
    const ref = {
      job: 'job',
      tick: run?.ref.tick ?? 0,
      runId: run?.ref.runId ?? '',
      manual: true,
      handle: 'r',
    };
    await cluster.control.requestAbort(ref);
    await cluster.advance(3 * TTL);
    expect(cluster.calls).toHaveLength(1);
    expect(await states(cluster)).toEqual(['r abandoned']);
  });
});

describe('another schedule', () => {
  it('is followed at once by the leader, and nothing runs in retrospect', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2500);
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(8000);
    // The same again changes nothing.
    await reschedule(cluster, '*/5 * * * * *');
    await reschedule(cluster);
    await cluster.advance(2000);
    expect(cluster.seconds()).toEqual([1, 2, 5, 10, 11, 12]);
    expect(a.told('job.rescheduled')).toMatchObject([
      { schedule: '*/5 * * * * *', ownSchedule: '* * * * * *', since: new Date(START + 2500) },
      { schedule: '* * * * * *', since: undefined },
    ]);
  });

  it('is found with the next renewal by a leader that hears nothing', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.lease.isDeaf = true;
    await cluster.advance(2500);
    await reschedule(cluster, '*/10 * * * * *');
    await cluster.advance(18_000);
    // The tick at 3 s and the renewal are due at one instant.
    expect(cluster.seconds()).toEqual([1, 2, 3, 10, 20]);
  });

  it('that the store lost as soon as the leader was notified of it is followed until the next renewal', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(3500);
    await reschedule(cluster, '*/10 * * * * *');
    await cluster.advance(100);
    cluster.jobs.get('job').order = '';
    await cluster.advance(5000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 7, 8]);
  });

  it('that a new leader hears of while it settles the past loses no tick that was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    b.lease.isDeaf = true;
    b.cluster.fault = 'hangs';
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6500);
    b.runs.faults.unfinished = 'hangs';
    await a.engine.shutdown(0);
    await cluster.advance(4500);
    expect(b.elector.isLeader()).toBe(true);
    b.cluster.fault = 'none';
    await cluster.advance(5000);
    b.runs.faults.unfinished = 'none';
    await cluster.advance(10_000);
    expect(cluster.runsBy()).toEqual(['a 5', 'b 10', 'b 15', 'b 20', 'b 25']);
  });

  it('given while the job is opened by the one before misses no tick', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(3100);
    const answerNow = holdOpening(a);
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(10);
    await reschedule(cluster, '*/2 * * * * *');
    await cluster.advance(10);
    answerNow();
    await cluster.advance(3000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 6]);
  });

  it('given while the job is opened by the one before, and taken back, misses no tick', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(3100);
    const answerNow = holdOpening(a);
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(10);
    await reschedule(cluster);
    await cluster.advance(10);
    answerNow();
    await cluster.advance(3000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('switches a job off, and on again', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(1500);
    await reschedule(cluster, '-');
    await cluster.advance(3000);
    await request(cluster, 'r');
    await cluster.advance(100);
    await reschedule(cluster);
    await cluster.advance(2000);
    expect(cluster.seconds()).toEqual([1, 4.5, 5, 6]);
  });

  it('given while nobody leads is followed from the beginning of the term', async () => {
    const cluster = new EngineCluster();
    await reschedule(cluster, '*/4 * * * * *');
    await cluster.started('a');
    await cluster.advance(9000);
    expect(cluster.seconds()).toEqual([4, 8]);
  });

  it('is followed by a new leader that never heard of it, which makes up what was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    b.lease.isDeaf = true;
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6000);
    a.die();
    await cluster.advance(20_000);
    expect(cluster.seconds()).toEqual([5, 10, 15, 20, 25]);
    expect(cluster.runsBy()[0]).toBe('a 5');
  });

  it('that cannot be read leaves the job its own, and says so', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.control.reschedule('job', 'garbage');
    await cluster.advance(2500);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.told('job.misordered')).toHaveLength(1);
    await a.elector.resign();
    await cluster.advance(TTL + 1000);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds().length).toBeGreaterThan(2);
  });

  it('does not keep the other jobs, nor runs that are asked for, when the store cannot say it', async () => {
    const cluster = new EngineCluster([{ name: 'bad' }, { name: 'good' }]);
    const a = cluster.pod('a');
    const open = a.runs.open.bind(a.runs);
    // An order with bytes that are no text: what is followed is never what stands there.
    a.runs.open = async (request, signal) => {
      const answer = await open(request, signal);
      if (answer.kind !== 'opened') return answer;
      const marks = answer.marks.map((mark, at) =>
        request.jobs[at]?.job === 'bad' ? { order: '\uFFFD' } : mark,
      );
      return { ...answer, marks };
    };
    a.start();
    await cluster.advance(2500);
    await request(cluster, 'r', 'good');
    await cluster.advance(0);
    expect(cluster.seconds('good')).toEqual([1, 2, 2.5]);
    expect(a.runs.count('open')).toBeLessThan(10);
  });

  it.each(['fails', 'hangs'] as const)('is followed when a store that %s answers again', async fault => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.cluster.fault = fault;
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(2500);
    a.cluster.fault = 'none';
    await cluster.advance(8000);
    // The tick at 3 s and the renewal are due at one instant.
    expect(cluster.seconds()).toEqual([1, 2, 3, 5, 10]);
  });
});

describe('a job that comes, or goes, at run time', () => {
  const daily = { cron: NEVER };

  it('ticks from then on, and stops ticking', async () => {
    const cluster = new EngineCluster([daily]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.create({ name: 'late' });
    await cluster.advance(2000);
    expect(cluster.seconds('late')).toEqual([2, 3]);
    a.remove('late');
    await cluster.advance(2000);
    expect(cluster.seconds('late')).toEqual([2, 3]);
    expect([...(await cluster.cluster.announced()).keys()]).toEqual(['job']);
  });

  it('that was made before the start ticks with the others', async () => {
    const cluster = new EngineCluster([daily]);
    const a = cluster.pod('a');
    a.create({ name: 'early' });
    a.start();
    await cluster.advance(2500);
    expect(cluster.seconds('early')).toEqual([1, 2]);
  });

  it('that was made on all pods runs each tick once, through a change of leader', async () => {
    const cluster = new EngineCluster([daily]);
    const pods = [await cluster.started('a'), await cluster.started('b')];
    for (const pod of pods) pod.create({ name: 'late' });
    await cluster.advance(1500);
    await pods[0]?.elector.resign();
    await cluster.advance(2000);
    expect(cluster.runsBy('late')).toEqual(['a 1', 'b 2', 'b 3']);
  });

  it('that goes while it runs runs to its end, and bars one of the same name until then', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(2300) }]);
    const a = await cluster.started('a');
    await cluster.advance(1200);
    a.remove();
    a.create({ handler: (_, pod) => pod.clock.wait(0), cron: '*/2 * * * * *' });
    await cluster.advance(3000);
    expect(cluster.seconds()).toEqual([1, 4]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 skipped running', '4 succeeded']);
  });

  it('that goes while it is asked where it stands never runs, nor lends its handler to its successor', async () => {
    const cluster = new EngineCluster([daily]);
    const a = await cluster.started('a');
    await cluster.advance(500);
    const ran: string[] = [];
    const answerNow = holdOpening(a);
    a.create({ name: 'twice', handler: () => ran.push('old') });
    await cluster.advance(10);
    a.remove('twice');
    a.create({ name: 'twice', handler: () => ran.push('new'), cron: '*/2 * * * * *' });
    answerNow();
    await cluster.advance(8000);
    expect(new Set(ran)).toEqual(new Set(['new']));
  });

  it('that comes again while it is asked where it stood misses no tick', async () => {
    const cluster = new EngineCluster([daily]);
    const a = await cluster.started('a');
    await cluster.advance(3100);
    const answerNow = holdOpening(a);
    const spec = { name: 'twice', policy: { catchUp: 'skip' } } as const;
    a.create(spec);
    await cluster.advance(10);
    a.remove('twice');
    a.create(spec);
    answerNow();
    await cluster.advance(2000);
    expect(cluster.seconds('twice')).toEqual([4, 5]);
  });

  it('with an order that the leader reads while it asks where the job stands misses no tick', async () => {
    const cluster = new EngineCluster([daily]);
    const a = await cluster.started('a');
    await reschedule(cluster, '*/2 * * * * *', 'late');
    await cluster.advance(3100);
    const answerNow = holdOpening(a);
    a.create({ name: 'late' });
    await cluster.advance(10);
    // Of another job: all orders are read.
    await reschedule(cluster, '0 0 1 1 *');
    await cluster.advance(10);
    answerNow();
    await cluster.advance(2000);
    expect(cluster.seconds('late')).toEqual([4]);
  });

  it('that goes and comes again ticks by the schedule that it was given meanwhile', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await reschedule(cluster, '*/3 * * * * *');
    await cluster.advance(3500);
    a.remove();
    await cluster.advance(1000);
    a.create({});
    await cluster.advance(5000);
    expect(cluster.seconds()).toEqual([3, 6, 9]);
  });
});

describe('a leader that is asked to resign', () => {
  it.each([
    ['hears it', false, 0],
    ['hears nothing, with its next renewal', true, INTERVAL],
  ])('does when it %s', async (_, isDeaf, withinMs) => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(100);
    a.lease.isDeaf = isDeaf;
    expect(await b.leaseLookup.askLeaderToResign()).toBe(true);
    await cluster.advance(withinMs + 60);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    await cluster.advance(2 * TTL);
    expect([a.elector.isLeader(), b.elector.isLeader()]).toEqual([false, true]);
    expect(new Set(cluster.seconds()).size).toBe(cluster.seconds().length);
  });

  it('does not where the request was for a term that is over', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await a.elector.resign();
    await cluster.advance(TTL + 100);
    await cluster.lease.requestResignation(1, '');
    await cluster.advance(2 * INTERVAL);
    expect(a.elector.isLeader()).toBe(true);
  });
});

describe('a job that is made while its pod leads, and has an order', () => {
  it('makes up what was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6000);
    a.die();
    await cluster.advance(15_000);
    const b = await cluster.started('b', {}, []);
    await cluster.advance(1000);
    b.create({ policy: { catchUp: 'all' } });
    await cluster.advance(4000);
    expect(cluster.seconds()).toEqual([5, 10, 15, 20, 25]);
  });
});
