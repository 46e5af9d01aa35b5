import { BUILT_IN_POLICY } from '../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../lib/core/job/job-policy.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import { electionTiming } from '../../lib/core/election/timing.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { EngineErrors } from '../../lib/engine/engine-errors.js';
import { Counter } from '../../lib/engine/runs/counter.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { StoreClock } from '../../lib/engine/election/store-clock.js';
import { CatchUpGate } from '../../lib/engine/ticks/catch-up-gate.js';
import { JobScheduler } from '../../lib/engine/ticks/job-scheduler.js';
import type { SettledAnswer, Tick } from '../../lib/engine/ticks/tick.js';
import { VirtualClock } from './virtual-clock.js';

export const INTERVAL = 3000;
export const TTL = 10_000;
export const TOKEN = 7;
export const START = Date.UTC(2030, 0, 1);
export const SECOND = 1000;

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
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A job that ticks each second, and a world that does only what the test says. */
export class ScriptedJob {
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
        elector: {
          currentTerm: () => undefined,
          isIn: token => this.leads && token >= TOKEN,
          tickDue: () => undefined,
          fenced: () => undefined,
        },
        claims: {
          claim: async (_, tick) => void this.claimed.push(tick),
          mayGoOn: token => this.leads && token >= TOKEN,
          retryMoment: () => this.retries.next(),
          releaseInTerm: () => this.releases.next(),
        },
        executor: { execute: (_, tick) => this.run(tick), atWork: new Counter(), inRecord: new Counter() },
        timing: electionTiming(INTERVAL, TTL),
        clock,
        storeClock: new StoreClock(clock, true),
        entropy: { id: () => 'run', uniform: (_, most) => most },
        events,
        errors: new EngineErrors({ clock, events }),
        gate: new CatchUpGate(clock, 0),
        missedAfterMs: TTL,
        settleOrphans: () => this.orphans.next(),
        onUnplaced: () => undefined,
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

  private async run(tick: Tick): Promise<void> {
    await this.runs.next();
    this.scheduler.post({ kind: 'ended', tick });
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

export interface Walk {
  readonly policy?: Partial<JobPolicy>;
  readonly go: (job: ScriptedJob) => Promise<void> | void;
  /** The states of the ticks in the end. */
  readonly becomes: readonly string[];
}
