import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { parseSchedule } from '../../../../lib/core/schedule/parse-schedule.js';
import { electionTiming } from '../../../../lib/core/election/timing.js';
import type { ScheduleEvent } from '../../../../lib/core/events.js';
import { EngineErrors } from '../../../../lib/engine/engine-errors.js';
import { Counter } from '../../../../lib/engine/runs/counter.js';
import { EventBus } from '../../../../lib/engine/event-bus.js';
import { StoreClock } from '../../../../lib/engine/election/store-clock.js';
import { CatchUpGate } from '../../../../lib/engine/ticks/catch-up-gate.js';
import { JobScheduler, TICK_TRANSITIONS } from '../../../../lib/engine/ticks/job-scheduler.js';
import { POSITION_TRANSITIONS } from '../../../../lib/engine/ticks/job-position.js';
import type { SettledAnswer, Tick } from '../../../../lib/engine/ticks/tick.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const INTERVAL = 3000;
const TTL = 10_000;
const TOKEN = 7;
const START = Date.UTC(2030, 0, 1);
const SECOND = 1000;

/** The promises that a job waits for, settled by the test. */
class Awaited<Value> {
  private readonly resolvers: ((value: Value) => void)[] = [];

  next(): Promise<Value> {
    return new Promise(resolve => this.resolvers.push(resolve));
  }

  async settle(value: Value): Promise<void> {
    await turns();
    this.resolvers.shift()?.(value);
    await turns();
  }
}

/** However many turns a transition takes, within reason: no step of the scheduler counts them. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A job that ticks each second, and a world that does only what the test says. */
class ScriptedJob {
  readonly clock = new VirtualClock(START);
  readonly claimed: Tick[] = [];
  readonly emitted: ScheduleEvent[] = [];
  readonly orphans = new Awaited<void>();
  readonly retries = new Awaited<void>();
  readonly releases = new Awaited<boolean>();
  readonly runs = new Awaited<void>();
  readonly scheduler: JobScheduler;
  leads = true;
  private readonly schedule = parseSchedule('* * * * * *', { timeZone: 'UTC' });
  private readonly activeSchedule = { schedule: this.schedule, startedAt: -Infinity };

  constructor(policy: Partial<JobPolicy> = {}) {
    const { clock } = this;
    const events = new EventBus(() => undefined);
    events.subscribe(event => this.emitted.push(event));
    const rules = { policy: { ...BUILT_IN_POLICY, ...policy }, thresholdMs: Infinity };
    const fixed = { disabled: false, initialDelayMs: 0, unrefTimeout: false, handler: () => undefined };
    this.scheduler = new JobScheduler(
      { name: 'job', schedule: this.schedule, ...rules, ...fixed },
      {
        pod: { app: 'app', version: '1', pod: 'a' },
        elector: { isIn: token => this.leads && token >= TOKEN, fenced: () => undefined },
        claims: {
          claim: (_, tick) => void this.claimed.push(tick),
          mayGoOn: token => this.leads && token >= TOKEN,
          retryMoment: () => this.retries.next(),
          releaseInTerm: () => this.releases.next(),
        },
        executor: { execute: () => this.runs.next(), atWork: new Counter(), inRecord: new Counter() },
        timing: electionTiming(INTERVAL, TTL),
        clock,
        storeClock: new StoreClock(clock, true),
        entropy: { id: () => 'run', uniform: (_, most) => most },
        events,
        errors: new EngineErrors({ clock, events }),
        gate: new CatchUpGate(clock, 0),
        missedAfterMs: TTL,
        settleOrphans: () => this.orphans.next(),
        onRunEnded: () => undefined,
      },
    );
  }

  get states(): readonly string[] {
    return Array.from(this.scheduler.ticks.all, ({ state }) => state);
  }

  place(token = TOKEN): void {
    const now = this.clock.now().wallMs;
    this.scheduler.post({ kind: 'placed', activeSchedule: this.activeSchedule, token, watermark: now, now });
  }

  /** The next ticks are due. */
  async due(ticks = 1): Promise<void> {
    await this.clock.advance(ticks * SECOND);
    this.scheduler.post({ kind: 'due', activeSchedule: this.activeSchedule, token: TOKEN });
    await turns();
  }

  /** A placed job, with this number of ticks due. */
  async placed(ticks = 1): Promise<void> {
    this.place();
    await this.due(ticks);
  }

  manual(): void {
    const tick = this.clock.now().wallMs;
    const due = [{ tick, intent: 'run', manual: true, handle: 'by-a-test' }] as const;
    this.scheduler.post({ kind: 'found', due, token: TOKEN });
  }

  /** Answers the newest claim. */
  answer(answer: SettledAnswer): void {
    const tick = this.claimed.at(-1);
    if (tick === undefined) throw new Error('No tick was claimed');
    this.scheduler.post({ kind: 'answered', tick, answer, askedAt: this.clock.now() });
  }

  async queued(waitMs: number): Promise<void> {
    await this.placed();
    this.answer({ kind: 'queued', waitMs });
  }

  async settling(): Promise<void> {
    await this.queued(500);
    await this.clock.advance(501);
  }

  async refused(): Promise<void> {
    await this.placed();
    this.answer({ kind: 'failed', message: 'OOM' });
  }

  async released(isCertain: boolean): Promise<void> {
    await this.refused();
    await this.retries.settle();
    await this.releases.settle(isCertain);
  }

  endTerm(): void {
    this.leads = false;
    this.scheduler.post({ kind: 'term-ended' });
  }

  async blocked(waitMs = TTL): Promise<void> {
    await this.placed();
    this.answer({ kind: 'blocked', waitMs });
  }

  /** Blocked, and the lock may have lapsed. */
  async settlingOrphans(): Promise<void> {
    await this.blocked(500);
    await this.clock.advance(501);
  }

  /** Blocked no more, while the answer to a manual run is awaited. */
  async resuming(): Promise<void> {
    await this.blocked();
    this.manual();
    this.scheduler.post({ kind: 'run-ended' });
  }
}

const JITTER = { jitterMs: 500 };
const QUEUE = { overlap: 'queue' } as const;

interface Walk {
  readonly policy?: Partial<JobPolicy>;
  readonly go: (job: ScriptedJob) => Promise<void> | void;
  /** The states of the ticks in the end. */
  readonly becomes: readonly string[];
}

/** For each transition, a way through it. */
const TICK_WALKS: Readonly<Record<string, Walk>> = {
  'waiting → jitter': { policy: JITTER, go: job => job.placed(), becomes: ['jittering'] },
  'waiting → claim': { go: job => job.placed(), becomes: ['claiming'] },
  'waiting → recover': {
    go: job => {
      const ref = { job: 'job', tick: START, runId: 'run', manual: false };
      const origin = { catchUp: false, recovering: true, attempt: 2, facts: {} };
      const run = { job: job.scheduler.job, ref, token: TOKEN, ...origin };
      job.scheduler.post({ kind: 'recovered', granted: { run, askedAt: job.clock.now() } });
    },
    becomes: ['starting'],
  },
  'waiting → drop': {
    go: async job => {
      await job.placed(2);
      job.endTerm();
    },
    becomes: ['claiming'],
  },
  'jittering → claim': {
    policy: JITTER,
    go: async job => {
      await job.placed();
      await job.clock.advance(500);
    },
    becomes: ['claiming'],
  },
  'jittering → drop': {
    policy: JITTER,
    go: async job => {
      await job.placed();
      job.endTerm();
    },
    becomes: [],
  },
  'claiming → grant': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
    },
    becomes: ['starting'],
  },
  'claiming → queue': { policy: QUEUE, go: job => job.queued(TTL), becomes: ['queued'] },
  'claiming → refuse': { go: job => job.refused(), becomes: ['refused'] },
  'claiming → decide': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'taken' });
    },
    becomes: [],
  },
  'claiming → put-back': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'early', waitMs: 20 });
    },
    becomes: [],
  },
  'queued → claim': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      job.scheduler.post({ kind: 'run-ended' });
    },
    becomes: ['claiming'],
  },
  'queued → settle': { policy: QUEUE, go: job => job.settling(), becomes: ['settling'] },
  'queued → withdraw': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      void job.scheduler.close();
    },
    becomes: ['withdrawing'],
  },
  'queued → drop': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      job.endTerm();
    },
    becomes: [],
  },
  'settling → claim': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      await job.orphans.settle();
    },
    becomes: ['claiming'],
  },
  'settling → withdraw': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      void job.scheduler.close();
    },
    becomes: ['withdrawing'],
  },
  'settling → drop': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      job.endTerm();
    },
    becomes: [],
  },
  'withdrawing → released': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      const closed = job.scheduler.close();
      await job.releases.settle(true);
      await closed;
    },
    becomes: [],
  },
  'refused → release': {
    go: async job => {
      await job.refused();
      await job.retries.settle();
    },
    becomes: ['releasing'],
  },
  'releasing → released': { go: job => job.released(true), becomes: ['claiming'] },
  'released → claim': { go: job => job.released(true), becomes: ['claiming'] },
  'released → drop': { go: job => job.released(false), becomes: [] },
  'starting → started': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.clock.advance(0);
    },
    becomes: ['running'],
  },
  'starting → end': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.runs.settle();
    },
    becomes: [],
  },
  'running → end': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.clock.advance(0);
      await job.runs.settle();
    },
    becomes: [],
  },
};

const displaced = (job: ScriptedJob) => job.scheduler.post({ kind: 'displaced' });
const runEnded = (job: ScriptedJob) => job.scheduler.post({ kind: 'run-ended' });
const nextTerm = (job: ScriptedJob) => job.place(TOKEN + 1);
const after =
  (reach: (job: ScriptedJob) => Promise<void> | void, act: (job: ScriptedJob) => Promise<void> | void) =>
  async (job: ScriptedJob): Promise<void> => {
    await reach(job);
    await act(job);
  };
const toPlaced = (job: ScriptedJob) => job.place();
const toBlocked = (job: ScriptedJob) => job.blocked();
const toSettling = (job: ScriptedJob) => job.settlingOrphans();
const toResuming = (job: ScriptedJob) => job.resuming();

/** For each transition of the position, a way through it, and where it leads. */
const POSITION_WALKS: Readonly<Record<string, Omit<Walk, 'becomes'> & { readonly becomes: string }>> = {
  'unplaced → open': { go: toPlaced, becomes: 'placed' },
  'placed → open': { go: after(toPlaced, nextTerm), becomes: 'placed' },
  'placed → early': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'early', waitMs: 20 });
    },
    becomes: 'placed',
  },
  'placed → block': { go: toBlocked, becomes: 'blocked' },
  'placed → displace': { go: after(toPlaced, displaced), becomes: 'unplaced' },
  'blocked → open': { go: after(toBlocked, nextTerm), becomes: 'placed' },
  'blocked → settle': { go: toSettling, becomes: 'settling' },
  'blocked → resume': { go: after(toBlocked, job => job.clock.advance(INTERVAL + 1)), becomes: 'placed' },
  'blocked → displace': { go: after(toBlocked, displaced), becomes: 'unplaced' },
  'settling → open': { go: after(toSettling, nextTerm), becomes: 'placed' },
  'settling → resume': { go: after(toSettling, job => job.orphans.settle()), becomes: 'placed' },
  'settling → displace': { go: after(toSettling, displaced), becomes: 'unplaced' },
  'resuming → open': { go: after(toResuming, nextTerm), becomes: 'placed' },
  'resuming → plan': { go: after(toBlocked, runEnded), becomes: 'placed' },
  'resuming → displace': { go: after(toResuming, displaced), becomes: 'unplaced' },
};

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Notes each transition that is looked up in a table; the function returned stops that. */
function watch(table: Table, walked: Set<string>): () => void {
  const entries = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([step, next]) => ({ state, row, step, next })),
  );
  for (const { state, row, step, next } of entries)
    Object.defineProperty(row, step, {
      get: () => {
        walked.add(`${state} → ${step}`);
        return next;
      },
      configurable: true,
      enumerable: true,
    });
  return () => {
    for (const { row, step, next } of entries)
      Object.defineProperty(row, step, { value: next, configurable: true, enumerable: true, writable: true });
  };
}

const transitionsOf = (table: Table): string[] =>
  Object.entries(table).flatMap(([state, row]) => Object.keys(row).map(step => `${state} → ${step}`));

describe('a tick', () => {
  const walked = new Set<string>();
  let stop = (): void => undefined;
  beforeEach(() => {
    walked.clear();
    stop = watch(TICK_TRANSITIONS, walked);
  });
  afterEach(() => stop());

  it.each(Object.entries(TICK_WALKS))('%s', async (transition, { policy, go, becomes }) => {
    const job = new ScriptedJob(policy);
    await go(job);
    await turns();
    expect(walked).toContain(transition);
    expect(job.states).toEqual(becomes);
    expect(job.emitted.filter(({ type }) => type === 'engine.error')).toEqual([]);
  });

  it('has no other transition', () => {
    expect(Object.keys(TICK_WALKS).toSorted()).toEqual(transitionsOf(TICK_TRANSITIONS).toSorted());
  });
});

describe('the position of a job', () => {
  const walked = new Set<string>();
  let stop = (): void => undefined;
  beforeEach(() => {
    walked.clear();
    stop = watch(POSITION_TRANSITIONS, walked);
  });
  afterEach(() => stop());

  it.each(Object.entries(POSITION_WALKS))('%s', async (transition, { policy, go, becomes }) => {
    const job = new ScriptedJob(policy);
    await go(job);
    await turns();
    expect(walked).toContain(transition);
    expect(job.scheduler.position.standing).toBe(becomes);
    expect(job.emitted.filter(({ type }) => type === 'engine.error')).toEqual([]);
  });

  it('has no other transition', () => {
    expect(Object.keys(POSITION_WALKS).toSorted()).toEqual(transitionsOf(POSITION_TRANSITIONS).toSorted());
  });
});

describe('ticks that are released together', () => {
  it('are claimed again oldest first, whichever was found first', async () => {
    const job = new ScriptedJob();
    await job.refused();
    const due = [{ tick: START, intent: 'run', isReleased: true }] as const;
    job.scheduler.post({ kind: 'found', due, token: TOKEN });
    await turns();
    job.answer({ kind: 'failed', message: 'OOM' });
    for (const end of [job.retries, job.retries]) await end.settle();
    expect(job.states).toEqual(['releasing', 'releasing']);
    await job.releases.settle(true);
    expect(job.states).toEqual(['released', 'releasing']);
    await job.releases.settle(true);
    expect(job.states).toEqual(['claiming', 'claiming']);
    expect(job.claimed.slice(-2).map(({ due: { tick } }) => tick)).toEqual([START, START + SECOND]);
  });
});

describe('an event that the state of its tick does not know', () => {
  it('changes nothing', async () => {
    const job = new ScriptedJob();
    await job.placed();
    const [tick] = job.claimed;
    if (tick === undefined) throw new Error('No tick was claimed');
    job.answer({ kind: 'go' });
    await job.clock.advance(0);
    for (const kind of ['moment', 'settled', 'started'] as const) job.scheduler.post({ kind, tick });
    job.scheduler.post({ kind: 'released', tick, isCertain: true });
    expect(job.states).toEqual(['running']);
  });

  it('opens a placed job once: its missed ticks are planned once', async () => {
    const job = new ScriptedJob();
    await job.clock.advance(SECOND);
    const { activeSchedule } = job.scheduler.position;
    for (const now of [START + SECOND, START + SECOND])
      job.scheduler.post({ kind: 'placed', activeSchedule, token: TOKEN, watermark: START, now });
    await turns();
    expect(job.states).toEqual(['claiming']);
  });
});
