import { RamClusterStore } from '../../lib/adapters/ram/ram-cluster-store.js';
import { RamControlStore } from '../../lib/adapters/ram/ram-control-store.js';
import { RamHistoryStore } from '../../lib/adapters/ram/ram-history-store.js';
import { RamJobs } from '../../lib/adapters/ram/ram-jobs.js';
import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import { RamRunStore } from '../../lib/adapters/ram/ram-run-store.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { BUILT_IN_POLICY } from '../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../lib/core/job/job-policy.js';
import type { Job, JobContext } from '../../lib/core/job/job.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import { electionTiming, type ElectionTiming } from '../../lib/core/election/timing.js';
import { assembleEngine, type AssembledEngine } from '../../lib/engine/assemble-engine.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { JobRegistry } from '../../lib/engine/control/job-registry.js';
import { StoreClock } from '../../lib/engine/election/store-clock.js';
import type { Clock, Instant, Timer } from '../../lib/ports/clock.js';
import type { RunRecord } from '../../lib/ports/history-store.js';
import type { RunState } from '../../lib/core/run/run-outcome.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  RenewAnswer,
  RenewRequest,
} from '../../lib/ports/lease-store.js';
import { allUnfinished } from './all-unfinished.js';
import { FaultyCandidateStore, FaultyClusterStore, FaultyControlStore } from './faulty-control-store.js';
import { FaultyLeaseStore } from './faulty-lease-store.js';
import { FaultyRunStore } from './faulty-run-store.js';
import { VirtualClock } from './virtual-clock.js';
import { VirtualEntropy } from './virtual-entropy.js';
import { VirtualTicker } from './virtual-ticker.js';

export const TTL = 10_000;
export const INTERVAL = 3000;
/** How long a holder trusts a lease, or a run-lock, that is not renewed. */
export const TRUST = 9000;
/** When every cluster begins to live. */
export const START = Date.UTC(2030, 0, 1);

/** A job as far as a test cares. */
export interface JobSpec {
  readonly name?: string;
  /** As a user would write it. */
  readonly cron?: string;
  readonly policy?: Partial<JobPolicy>;
  readonly disabled?: boolean;
  readonly initialDelayMs?: number;
  readonly thresholdMs?: number;
  /** Returns at once by default. */
  readonly handler?: (context: JobContext, pod: Pod) => unknown;
}

export interface PodOptions {
  /** How far the pod's wall clock is ahead of the store's. */
  readonly aheadMs?: number;
  /** As in RAM mode: the store is in this process, and goes by its wall clock. */
  readonly isStoreOwn?: boolean;
  /** How long after its start it starts what was missed. @default 0: as a pod that has been up for longer */
  readonly openAfterMs?: number;
  /** Whether it tells others of its jobs, which 0.3 does not. @default true */
  readonly publishes?: boolean;
  /** Its `leader.interval`, ms. @default INTERVAL */
  readonly intervalMs?: number;
  /** Its `leader.ttl`, ms. @default TTL */
  readonly ttlMs?: number;
}

/** One call of a handler. */
export interface Call {
  readonly pod: string;
  readonly job: string;
  /** The tick, in seconds after `START`. */
  readonly second: number;
  /** When it was called, by the store's clock, in seconds after `START`. */
  readonly at: number;
  readonly context: JobContext;
}

/** Pods that share one store in the memory of this process, all on one virtual clock. */
export class EngineCluster {
  readonly clock = new VirtualClock(START);
  /** Every call of a handler, in order. */
  readonly calls: Call[] = [];
  readonly lease: ClusterLeaseStore;
  readonly control: RamControlStore;
  readonly cluster: RamClusterStore;
  readonly jobs = new RamJobs(this.clock);
  private readonly history = new RamHistoryStore(this.jobs);
  private readonly runs: RamRunStore;
  private readonly clocks: PodClock[] = [];

  constructor(private readonly specs: readonly JobSpec[] = [{}]) {
    this.lease = new ClusterLeaseStore(this.clock, this.jobs);
    this.control = new RamControlStore(this.jobs, signal => this.lease.notify(signal));
    this.cluster = new RamClusterStore(this.jobs, undefined);
    this.runs = new RamRunStore(this.jobs, this.lease, signal => this.lease.notify(signal));
  }

  /** Lives through the next `ms` milliseconds, and through all that their end has set in motion. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    while (this.clocks.some(({ collecting }) => collecting > 0)) await this.clock.advance(0);
  }

  /** Sets the clock of the store, forward or back, and not those of the pods. */
  stepStore(byMs: number): void {
    this.clock.jumpWall(byMs);
    for (const clock of this.clocks) clock.aheadMs -= byMs;
  }

  /** A pod that has not started. */
  pod(name: string, options: PodOptions = {}, specs = this.specs): Pod {
    const stores = { lease: new FaultyLeaseStore(this.lease), runs: new FaultyRunStore(this.runs) };
    const clock = new PodClock(this.clock, options.aheadMs ?? 0);
    const seed = this.clocks.push(clock);
    const control = new FaultyControlStore(this.control);
    const cluster = new FaultyClusterStore(this.cluster);
    const candidates = new FaultyCandidateStore(this.lease.candidates);
    const { publishes = true, intervalMs = INTERVAL, ttlMs = TTL } = options;
    return new Pod(name, specs, {
      ...stores,
      control,
      cluster,
      candidates,
      publishes,
      timing: electionTiming(intervalMs, ttlMs),
      clock,
      seed,
      isStoreOwn: options.isStoreOwn ?? false,
      openAfterMs: options.openAfterMs ?? 0,
      calls: this.calls,
    });
  }

  /** A pod that has started and, as the first one does, leads. */
  async started(name: string, options?: PodOptions, specs?: readonly JobSpec[]): Promise<Pod> {
    const pod = this.pod(name, options, specs);
    pod.start();
    await this.advance(0);
    return pod;
  }

  /** The ticks that were run, in order, in seconds after `START`. */
  seconds(job = 'job'): number[] {
    return this.calls.filter(call => call.job === job).map(({ second }) => second);
  }

  /** Who ran which tick, in order. */
  runsBy(job = 'job'): string[] {
    return this.calls.filter(call => call.job === job).map(({ pod, second }) => `${pod} ${second}`);
  }

  /** What is recorded of ticks that have ended, oldest first. */
  async ended(job = 'job'): Promise<readonly RunRecord[]> {
    const records = await this.history.history({ job, limit: 10_000 });
    return records.toReversed();
  }

  /** The same in short: the second of the tick, what became of it, and why. */
  async outcomes(job = 'job'): Promise<string[]> {
    const records = await this.ended(job);
    return records.map(({ tick, state, reason }) => `${secondOf(tick)} ${state} ${reason}`.trim());
  }

  /** What is recorded of a tick that has ended. */
  async recordOf(second: number, state?: RunState, job = 'job'): Promise<RunRecord> {
    const records = await this.ended(job);
    const found = records.find(one => secondOf(one.tick) === second && (state ?? one.state) === one.state);
    if (found === undefined) throw new Error(`There is no record of second ${second}`);
    return found;
  }

  /** What has not ended. */
  async unfinished(): Promise<string[]> {
    const runs = await allUnfinished(this.runs);
    return runs.map(({ tick, liveMs }) => `${secondOf(tick)} ${liveMs > 0 ? 'live' : 'not live'}`);
  }
}

interface PodWorld {
  readonly clock: PodClock;
  readonly lease: FaultyLeaseStore;
  readonly runs: FaultyRunStore;
  readonly control: FaultyControlStore;
  readonly cluster: FaultyClusterStore;
  readonly candidates: FaultyCandidateStore;
  readonly publishes: boolean;
  readonly timing: ElectionTiming;
  readonly seed: number;
  readonly isStoreOwn: boolean;
  readonly openAfterMs: number;
  readonly calls: Call[];
}

/** One engine with its own clock and its own ways to the stores. */
export class Pod implements AssembledEngine {
  readonly clock: PodClock;
  readonly lease: FaultyLeaseStore;
  readonly runs: FaultyRunStore;
  readonly control: FaultyControlStore;
  readonly cluster: FaultyClusterStore;
  readonly candidates: FaultyCandidateStore;
  readonly ticker: VirtualTicker;
  /** All that it told the world. */
  readonly events: ScheduleEvent[] = [];
  /** What listeners threw. */
  readonly listenerErrors: unknown[] = [];
  readonly jobs = new JobRegistry();
  readonly bus = new EventBus(error => this.listenerErrors.push(error));
  readonly engine: AssembledEngine['engine'];
  readonly elector: AssembledEngine['elector'];
  readonly leaseLookup: AssembledEngine['leaseLookup'];
  readonly storeClock: AssembledEngine['storeClock'];
  readonly dispatcher: AssembledEngine['dispatcher'];
  readonly executor: AssembledEngine['executor'];
  readonly jobSets: AssembledEngine['jobSets'];
  readonly asker: AssembledEngine['asker'];
  readonly errors: AssembledEngine['errors'];

  constructor(
    readonly name: string,
    specs: readonly JobSpec[],
    private readonly world: PodWorld,
  ) {
    const { clock, lease, runs, seed } = world;
    this.clock = clock;
    this.lease = lease;
    this.runs = runs;
    const storeClock = new StoreClock(clock, world.isStoreOwn);
    this.ticker = new VirtualTicker(clock, () => storeClock.nowMs);
    this.bus.subscribe(event => this.events.push(event));
    const { jobs } = this;
    for (const spec of specs) jobs.add(this.jobOf(spec), spec.name ?? 'job');
    const { control, cluster, candidates } = world;
    this.candidates = candidates;
    this.control = control;
    this.cluster = cluster;
    const assembled = assembleEngine({
      candidateId: name,
      pod: { app: 'app', version: '1', pod: name },
      timing: world.timing,
      restMs: world.timing.ttlMs,
      fastTakeover: true,
      leaseStore: lease,
      runStore: runs,
      controlStore: control,
      clusterStore: cluster,
      candidateStore: world.publishes ? candidates : undefined,
      ticker: this.ticker,
      jobs,
      clock,
      storeClock,
      openAfterMs: world.openAfterMs,
      entropy: new VirtualEntropy(seed),
      events: this.bus,
      loggerOf: () => console,
    });
    this.engine = assembled.engine;
    this.elector = assembled.elector;
    this.leaseLookup = assembled.leaseLookup;
    this.storeClock = assembled.storeClock;
    this.dispatcher = assembled.dispatcher;
    this.executor = assembled.executor;
    this.jobSets = assembled.jobSets;
    this.asker = assembled.asker;
    this.errors = assembled.errors;
    this.engine.mount();
  }

  start(): void {
    this.engine.start();
  }

  /** Makes a job, as `ScheduleService` does. */
  create(spec: JobSpec): Job {
    const job = this.jobOf(spec);
    this.jobs.add(job, 'created');
    this.engine.add(job);
    return job;
  }

  /** Lets go of one. */
  remove(name = 'job'): void {
    const job = this.jobs.find(name);
    this.jobs.remove(name);
    if (job !== undefined) this.engine.remove(job);
  }

  /** Its process ends without a word. */
  die(): void {
    this.clock.stop();
    this.lease.fault = 'hangs';
    for (const store of [this.runs, this.control, this.cluster, this.candidates]) store.fault = 'hangs';
  }

  /** Its way to Redis as a whole: nothing arrives. */
  cutOff(): void {
    this.lease.fault = 'hangs';
    for (const store of [this.runs, this.control, this.cluster, this.candidates]) store.fault = 'hangs';
  }

  reconnect(): void {
    this.lease.fault = 'none';
    for (const store of [this.runs, this.control, this.cluster, this.candidates]) store.fault = 'none';
  }

  /** The events of one type, in order. */
  told<Type extends ScheduleEvent['type']>(type: Type) {
    return this.events.filter(
      (event): event is Extract<ScheduleEvent, { readonly type: Type }> => event.type === type,
    );
  }

  /** Ticks that did not start, in short: the second and why. */
  get skips(): string[] {
    return this.told('job.skipped').map(({ tick, reason }) => `${secondOf(tick.getTime())} ${reason}`);
  }

  private jobOf({ name = 'job', cron = '* * * * * *', ...spec }: JobSpec): Job {
    const { calls, clock } = this.world;
    return {
      name,
      schedule: parseSchedule(cron, { timeZone: 'UTC' }),
      policy: { ...BUILT_IN_POLICY, ...spec.policy },
      disabled: spec.disabled ?? false,
      initialDelayMs: spec.initialDelayMs ?? 0,
      unrefTimeout: false,
      thresholdMs: spec.thresholdMs ?? Infinity,
      handler: context => {
        const at = secondOf(clock.now().wallMs - clock.aheadMs);
        calls.push({ pod: this.name, job: name, second: secondOf(context.tick.getTime()), at, context });
        return spec.handler?.(context, this);
      },
    };
  }
}

/** The clock of one pod: it may be ahead of the others, and it stops with its process. */
export class PodClock implements Clock {
  /** How many calls of `immediate` are to come. */
  collecting = 0;
  /** For how long a timer was ever set that is to end. */
  longestMs = 0;
  private isStopped = false;

  constructor(
    private readonly inner: VirtualClock,
    /** How far its wall clock is ahead; may be set. */
    public aheadMs: number,
  ) {}

  now(): Instant {
    const { wallMs, monoMs } = this.inner.now();
    return { wallMs: wallMs + this.aheadMs, monoMs };
  }

  timer(delayMs: number, fire: () => void): Timer {
    if (delayMs !== Infinity) this.longestMs = Math.max(this.longestMs, delayMs);
    return this.inner.timer(delayMs, () => this.unlessStopped(fire));
  }

  immediate(fire: () => void): void {
    this.collecting += 1;
    this.inner.immediate(() => {
      this.collecting -= 1;
      this.unlessStopped(fire);
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Settles after so long, or when the signal aborts; rejects then. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.timer(ms, resolve);
      signal?.addEventListener('abort', () => {
        timer.cancel();
        reject(signal.reason as Error);
      });
    });
  }

  private unlessStopped(fire: () => void): void {
    if (!this.isStopped) fire();
  }
}

/** As the RAM store, with what only a store of several processes says: where jobs stand, and what has not ended. */
class ClusterLeaseStore extends RamLeaseStore {
  /** Who keeps everybody out, as by a key that an operator has set. */
  heldByHand: string | undefined;
  private askedToResign: number | undefined;
  private ordersSeen = { text: '', count: 0 };

  constructor(
    clock: Clock,
    private readonly jobs: RamJobs,
  ) {
    super(clock);
  }

  override async acquire(request: AcquireRequest): Promise<AcquireAnswer> {
    const answer = await this.answer(request);
    if (answer.kind !== 'held') return answer;
    const marks = request.watched.map(name => {
      const { hwm, schedule } = this.jobs.get(name);
      return hwm === undefined || schedule === undefined ? undefined : { mark: hwm, schedule };
    });
    return { ...answer, marks, orders: this.orders };
  }

  private answer(request: AcquireRequest): Promise<AcquireAnswer> {
    if (this.heldByHand === undefined) return super.acquire(request);
    const held = { kind: 'held', holder: this.heldByHand, token: 0, remainingMs: Infinity } as const;
    return Promise.resolve({ ...held, presence: false, missingMs: undefined, orders: 0, now: 0, marks: [] });
  }

  override async renew(request: RenewRequest): Promise<RenewAnswer> {
    const answer = await super.renew(request);
    if (answer.kind !== 'renewed') return answer;
    const unfinished = this.jobs.all().reduce((sum, { open }) => sum + open.size, 0);
    const shouldResign = request.token === this.askedToResign;
    const { orders } = this;
    const stored = { requests: this.jobs.requests.size, jobs: this.jobs.names.length };
    return { ...answer, ...stored, unfinished, orders, shouldResign };
  }

  override async requestResignation(token: number, job: string): Promise<void> {
    if (job === '') this.askedToResign = token;
    return super.requestResignation(token, job);
  }

  /** Changes whenever an order does. */
  private get orders(): number {
    const text = JSON.stringify(this.jobs.all().map(({ order }) => order));
    if (text !== this.ordersSeen.text) this.ordersSeen = { text, count: this.ordersSeen.count + 1 };
    return this.ordersSeen.count;
  }
}

export function secondOf(tick: number): number {
  return (tick - START) / 1000;
}
