import type { ScheduleEvent } from '../../lib/core/events.js';
import { BUILT_IN_POLICY } from '../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../lib/core/job/job-policy.js';
import type { AroundAttempt, Job, JobContext } from '../../lib/core/job/job.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import { type ElectionTiming } from '../../lib/core/election/timing.js';
import { assembleEngine, type AssembledEngine } from '../../lib/engine/assemble-engine.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { checkedAround } from '../../lib/engine/runs/checked-around.js';
import { JobRegistry } from '../../lib/engine/control/job-registry.js';
import { StoreClock } from '../../lib/engine/election/store-clock.js';
import { FaultyCandidateStore, FaultyClusterStore, FaultyControlStore } from './faulty-control-store.js';
import { FaultyLeaseStore } from './faulty-lease-store.js';
import { FaultyRunStore } from './faulty-run-store.js';
import type { PodClock } from './pod-clock.js';
import { VirtualEntropy } from './virtual-entropy.js';
import { VirtualTicker } from './virtual-ticker.js';

/** When every cluster starts. */
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

/** The parts that a pod shares with its cluster, and its own way to it. */
export interface PodWorld {
  readonly clock: PodClock;
  readonly lease: FaultyLeaseStore;
  readonly runs: FaultyRunStore;
  readonly control: FaultyControlStore;
  readonly cluster: FaultyClusterStore;
  readonly candidates: FaultyCandidateStore;
  readonly publishes: boolean;
  readonly version: string;
  readonly timing: ElectionTiming;
  readonly seed: number;
  readonly isStoreOwn: boolean;
  readonly openAfterMs: number;
  readonly around: AroundAttempt | undefined;
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
  /** All events that it has emitted. */
  readonly events: ScheduleEvent[] = [];
  /** Errors that listeners threw. */
  readonly listenerErrors: unknown[] = [];
  readonly jobs = new JobRegistry();
  readonly bus = new EventBus(error => this.listenerErrors.push(error));
  readonly engine: AssembledEngine['engine'];
  readonly elector: AssembledEngine['elector'];
  readonly leaseLookup: AssembledEngine['leaseLookup'];
  readonly storeClock: AssembledEngine['storeClock'];
  readonly schedulers: AssembledEngine['schedulers'];
  readonly executor: AssembledEngine['executor'];
  readonly jobSets: AssembledEngine['jobSets'];
  readonly storeCall: AssembledEngine['storeCall'];
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
      podId: name,
      pod: { app: 'app', version: world.version, pod: name },
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
      ...(world.around && { around: checkedAround(world.around) }),
    });
    this.engine = assembled.engine;
    this.elector = assembled.elector;
    this.leaseLookup = assembled.leaseLookup;
    this.storeClock = assembled.storeClock;
    this.schedulers = assembled.schedulers;
    this.executor = assembled.executor;
    this.jobSets = assembled.jobSets;
    this.storeCall = assembled.storeCall;
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

  /** Removes one. */
  remove(name = 'job'): void {
    const job = this.jobs.find(name);
    this.jobs.remove(name);
    if (job !== undefined) this.engine.remove(job);
  }

  /** Its process ends without any message. */
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
  eventsOf<Type extends ScheduleEvent['type']>(type: Type) {
    return this.events.filter(
      (event): event is Extract<ScheduleEvent, { readonly type: Type }> => event.type === type,
    );
  }

  /** Ticks that did not start, in short: the second and why. */
  get skips(): string[] {
    return this.eventsOf('job.skipped').map(({ tick, reason }) => `${secondOf(tick.getTime())} ${reason}`);
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

export function secondOf(tick: number): number {
  return (tick - START) / 1000;
}
