import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { parseEvent } from '../../lib/adapters/redis/codec/lease-codec.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import type { Claim } from '../../lib/ports/run-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { HOUR, MINUTE, SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { ramRunStores, redisRunStores, type RunStores } from '../support/run-stores.js';
import { eachAdapter } from '../support/each-adapter.js';
import { useRedisServer } from '../support/use-redis-server.js';

const never = new AbortController().signal;
const retention = { keep: 100, maxAgeMs: HOUR };
const FIRST_TERM = { podId: 'a', token: 7 };
const SECOND_TERM = { podId: 'b', token: 8 };
const LOCK_MS = MINUTE;
const SHORT_LOCK_MS = 25;
interface Received {
  readonly stores: RunStores;
  /** Settles when everything that was published by now is received. */
  readonly received: () => Promise<readonly string[]>;
}

/** Jobs `job` and `other`: a run of the first leader goes on, and the second leader leads. */
class Handover {
  private constructor(
    private readonly stores: RunStores,
    private readonly start: number,
  ) {}

  static async of({ stores }: Received, lockMs = LOCK_MS): Promise<Handover> {
    await stores.lead(FIRST_TERM.podId, FIRST_TERM.token);
    const handover = new Handover(stores, (await stores.now()) - 1000 * SECOND);
    const answer = await handover.claim(1, 'old', {}, FIRST_TERM, lockMs);
    if (answer?.kind !== 'go') throw new Error(`not granted: ${answer?.kind}`);
    await stores.lead(SECOND_TERM.podId, SECOND_TERM.token);
    return handover;
  }

  run(second: number, runId: string): RunRef {
    return { job: 'job', tick: this.start + second * SECOND, runId, manual: false };
  }

  async claim(
    second: number,
    runId: string,
    more: Partial<Claim> = {},
    term = SECOND_TERM,
    lockMs = LOCK_MS,
  ) {
    const wish = { intent: 'run', reason: '', overlap: 'skip', recover: false, retention } as const;
    const claims = [{ ...this.run(second, runId), ...wish, facts: {}, ...more }];
    const [answer] = await this.stores.runs.claim({ ...term, lockMs, claims }, never);
    return answer;
  }

  finish(second: number, runId: string) {
    const end = { state: 'succeeded', attempt: 1, retention, facts: {} } as const;
    return this.stores.runs.finish([{ ...this.run(second, runId), ...end }], never);
  }

  release(second: number, runId: string) {
    return this.stores.runs.release(this.run(second, runId), never);
  }

  giveUp(second: number, runId: string) {
    const adoption = { orphan: this.run(second, runId), wish: 'abandon', runId: 'new', facts: {} } as const;
    const request = { ...SECOND_TERM, lockMs: LOCK_MS, orphans: [{ ...adoption, retention }] };
    return this.stores.runs.adopt(request, never);
  }
}

const redisServer = useRedisServer();
const closers: (() => unknown)[] = [];
let made = 0;
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function inRam(): Promise<Received> {
  const stores = ramRunStores();
  return { stores, received: () => Promise.resolve(stores.ended) };
}

async function inRedis(): Promise<Received> {
  made += 1;
  const stores = await redisRunStores(redisServer(), `run-ended-${made}`);
  const subscriber = new Redis(redisServer().url);
  closers.push(
    () => stores.close(),
    () => subscriber.disconnect(),
  );
  const jobs: string[] = [];
  let isOver = false;
  subscriber.on('message', (_channel: string, message: string) => {
    const signal = parseEvent(message);
    if (signal?.kind === 'run-ended') jobs.push(signal.job);
    isOver = message === 'over';
  });
  await subscriber.subscribe(stores.keys.events);
  const received = async () => {
    await redisServer().command('PUBLISH', stores.keys.events, 'over');
    await eventually(() => isOver, { what: 'everything is received' });
    return jobs;
  };
  return { stores, received };
}

const adapters = eachAdapter<{ readonly name: string; readonly open: () => Promise<Received> }>(
  { name: 'RAM', open: inRam },
  { name: 'Redis', open: inRedis },
);

describe.each(adapters)('The end of a run, in $name,', ({ open }) => {
  it('says so when it has blocked a tick of another term, once', async () => {
    const subject = await open();
    const handover = await Handover.of(subject);
    expect(await handover.claim(2, 'new')).toMatchObject({ kind: 'blocked' });
    await handover.finish(1, 'old');
    await handover.finish(1, 'old');
    expect(await subject.received()).toEqual(['job']);
    expect(await handover.claim(2, 'new')).toEqual({ kind: 'go' });
  });

  it('says so when a tick of another term is queued behind it', async () => {
    const subject = await open();
    const handover = await Handover.of(subject);
    expect(await handover.claim(2, 'new', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    await handover.finish(1, 'old');
    expect(await subject.received()).toEqual(['job']);
    expect(await handover.claim(2, 'new', { overlap: 'queue' })).toEqual({ kind: 'go' });
  });

  it('says so when its tick is released', async () => {
    const subject = await open();
    const handover = await Handover.of(subject);
    await handover.claim(2, 'new');
    await handover.release(1, 'old');
    expect(await subject.received()).toEqual(['job']);
  });

  it('says so when it is given up', async () => {
    const subject = await open();
    const handover = await Handover.of(subject, SHORT_LOCK_MS);
    await handover.claim(2, 'new', { recover: true });
    await subject.stores.pass(SHORT_LOCK_MS + 1);
    expect(await handover.giveUp(1, 'old')).toEqual([{ kind: 'abandoned' }]);
    expect(await subject.received()).toEqual(['job']);
  });

  it('costs no message when nothing waits for it: not after a hand-over, nor in its own term', async () => {
    const subject = await open();
    const handover = await Handover.of(subject);
    await handover.finish(1, 'old');
    expect(await handover.claim(2, 'new')).toEqual({ kind: 'go' });
    expect(await handover.claim(3, 'late')).toMatchObject({ kind: 'overlap' });
    await handover.finish(2, 'new');
    expect(await handover.claim(4, 'newer')).toEqual({ kind: 'go' });
    expect(await handover.claim(5, 'queued', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    await handover.finish(4, 'newer');
    expect(await subject.received()).toEqual([]);
  });

  it('costs no message when an earlier run has blocked a tick', async () => {
    const subject = await open();
    const handover = await Handover.of(subject);
    await handover.claim(2, 'new');
    await handover.finish(1, 'old');
    await subject.stores.pass(2);
    expect(await handover.claim(2, 'new')).toEqual({ kind: 'go' });
    await handover.finish(2, 'new');
    expect(await subject.received()).toEqual(['job']);
  });
});

describeWithRedis('The end of a run, in Redis,', () => {
  it('is recorded where an ACL forbids the channel', async () => {
    const subject = await inRedis();
    const handover = await Handover.of(subject);
    await handover.claim(2, 'new');
    await redisServer().command('ACL', 'SETUSER', 'default', 'resetchannels');
    expect(await handover.finish(1, 'old')).toEqual(['finished']);
    await redisServer().command('ACL', 'SETUSER', 'default', 'allchannels');
    expect(await handover.claim(2, 'new')).toEqual({ kind: 'go' });
  });
});
