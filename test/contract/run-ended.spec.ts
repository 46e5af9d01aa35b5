import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { parseEvent } from '../../lib/adapters/redis/codec/lease-codec.js';
import type { Claim } from '../../lib/ports/run-store.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { ramRunStores, redisRunStores, type RunStores } from '../support/run-stores.js';

const never = new AbortController().signal;
const retention = { keep: 100, maxAgeMs: 3_600_000 };
const FIRST = { candidateId: 'a', token: 7 };
const SECOND = { candidateId: 'b', token: 8 };
const LOCK_MS = 60_000;
const SHORT_LOCK_MS = 25;

interface Heard {
  readonly stores: RunStores;
  /** Settles when everything that was published by now is heard. */
  readonly heard: () => Promise<readonly string[]>;
}

/** Jobs `job` and `other`: a run of the first leader goes on, and the second leader leads. */
class Handover {
  private constructor(
    private readonly stores: RunStores,
    private readonly start: number,
  ) {}

  static async of({ stores }: Heard, lockMs = LOCK_MS): Promise<Handover> {
    await stores.lead(FIRST.candidateId, FIRST.token);
    const handover = new Handover(stores, (await stores.now()) - 1_000_000);
    const answer = await handover.claim(1, 'old', {}, FIRST, lockMs);
    if (answer?.kind !== 'go') throw new Error(`not granted: ${answer?.kind}`);
    await stores.lead(SECOND.candidateId, SECOND.token);
    return handover;
  }

  run(second: number, runId: string): RunRef {
    return { job: 'job', tick: this.start + second * 1000, runId, manual: false };
  }

  async claim(second: number, runId: string, more: Partial<Claim> = {}, term = SECOND, lockMs = LOCK_MS) {
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
    const request = { ...SECOND, lockMs: LOCK_MS, orphans: [{ ...adoption, retention }] };
    return this.stores.runs.adopt(request, never);
  }
}

function notifiesAlike(make: () => Promise<Heard>): void {
  it('says so when it has blocked a tick of another term, once', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    expect(await it.claim(2, 'new')).toMatchObject({ kind: 'barred' });
    await it.finish(1, 'old');
    await it.finish(1, 'old');
    expect(await lab.heard()).toEqual(['job']);
    expect(await it.claim(2, 'new')).toEqual({ kind: 'go' });
  });

  it('says so when a tick of another term is queued behind it', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    expect(await it.claim(2, 'new', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    await it.finish(1, 'old');
    expect(await lab.heard()).toEqual(['job']);
    expect(await it.claim(2, 'new', { overlap: 'queue' })).toEqual({ kind: 'go' });
  });

  it('says so when its tick is released', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    await it.claim(2, 'new');
    await it.release(1, 'old');
    expect(await lab.heard()).toEqual(['job']);
  });

  it('says so when it is given up', async () => {
    const lab = await make();
    const it = await Handover.of(lab, SHORT_LOCK_MS);
    await it.claim(2, 'new', { recover: true });
    await lab.stores.pass(SHORT_LOCK_MS + 1);
    expect(await it.giveUp(1, 'old')).toEqual([{ kind: 'abandoned' }]);
    expect(await lab.heard()).toEqual(['job']);
  });

  it('costs no message when nothing waits for it: not after a hand-over, nor in its own term', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    await it.finish(1, 'old');
    expect(await it.claim(2, 'new')).toEqual({ kind: 'go' });
    expect(await it.claim(3, 'late')).toMatchObject({ kind: 'overlap' });
    await it.finish(2, 'new');
    expect(await it.claim(4, 'newer')).toEqual({ kind: 'go' });
    expect(await it.claim(5, 'queued', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    await it.finish(4, 'newer');
    expect(await lab.heard()).toEqual([]);
  });

  it('costs no message when an earlier run has blocked a tick', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    await it.claim(2, 'new');
    await it.finish(1, 'old');
    await lab.stores.pass(2);
    expect(await it.claim(2, 'new')).toEqual({ kind: 'go' });
    await it.finish(2, 'new');
    expect(await lab.heard()).toEqual(['job']);
  });
}

describe('The end of a run, in memory,', () => {
  notifiesAlike(async () => {
    const stores = ramRunStores();
    return { stores, heard: () => Promise.resolve(stores.ended) };
  });
});

describeWithRedis('The end of a run, in Redis,', () => {
  let server: RedisServer;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => (server = await RedisServer.start()));
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  afterAll(() => server.dispose());

  let made = 0;
  const make = async (): Promise<Heard> => {
    made += 1;
    const stores = await redisRunStores(server, `run-ended-${made}`);
    const subscriber = new Redis(server.url);
    closers.push(
      () => stores.close(),
      () => subscriber.disconnect(),
    );
    const heard: string[] = [];
    let isOver = false;
    subscriber.on('message', (_channel: string, message: string) => {
      const signal = parseEvent(message);
      if (signal?.kind === 'run-ended') heard.push(signal.job);
      isOver = message === 'over';
    });
    await subscriber.subscribe(stores.keys.events);
    return {
      stores,
      heard: async () => {
        await server.command('PUBLISH', stores.keys.events, 'over');
        await eventually(() => isOver, { what: 'everything is heard' });
        return heard;
      },
    };
  };

  notifiesAlike(make);

  it('is recorded where an ACL forbids the channel', async () => {
    const lab = await make();
    const it = await Handover.of(lab);
    await it.claim(2, 'new');
    await server.command('ACL', 'SETUSER', 'default', 'resetchannels');
    expect(await it.finish(1, 'old')).toEqual(['finished']);
    await server.command('ACL', 'SETUSER', 'default', 'allchannels');
    expect(await it.claim(2, 'new')).toEqual({ kind: 'go' });
  });
});
