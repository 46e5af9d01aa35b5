import type { Job, JobLogger } from '../core/job/job.js';
import type { PodFacts } from '../core/run/run-facts.js';
import type { ElectionTiming } from '../core/election/timing.js';
import type { Clock } from '../ports/clock.js';
import type { CandidateStore } from '../ports/candidate-store.js';
import type { InContext } from '../ports/context.js';
import type { ClusterStore, ControlStore, KeptFor } from '../ports/control-store.js';
import type { Entropy } from '../ports/entropy.js';
import type { LeaseStore } from '../ports/lease-store.js';
import type { RunStore } from '../ports/run-store.js';
import type { Ticker } from '../ports/ticker.js';
import { StoreCall } from './store-call.js';
import { CatchUpGate } from './ticks/catch-up-gate.js';
import { ClaimQueue } from './ticks/claim-queue.js';
import { JobSchedulers } from './ticks/job-schedulers.js';
import { CLOCK_CHECK_MS } from './election/clock-watch.js';
import { RunRequests } from './control/run-requests.js';
import { EngineErrors } from './engine-errors.js';
import type { EventBus } from './event-bus.js';
import { JobCatalog } from './control/job-catalog.js';
import { ScheduleOverrides } from './control/schedule-overrides.js';
import type { JobRegistry } from './control/job-registry.js';
import { JobSets } from './election/job-sets.js';
import { JobSweeper, KEPT_FOR, SWEEP_EVERY_MS } from './control/job-sweeper.js';
import { LeaderElector } from './election/elector.js';
import { LeaseLookup } from './election/lease-lookup.js';
import { OrphanRecovery } from './runs/orphan-recovery.js';
import { RunExecutor, type AroundCall } from './runs/run-executor.js';
import type { RunEvent } from './runs/run-end.js';
import { LockHeartbeat } from './runs/lock-heartbeat.js';
import { Scheduler } from './scheduler.js';
import { ClockCorrections } from './clock-corrections.js';
import { OverrideSync } from './control/override-sync.js';
import { JobTimers } from './job-timers.js';
import { TermDuties } from './term-duties.js';
import { WakeUps } from './ticks/wake-ups.js';
import { StoreClock } from './election/store-clock.js';
import { Takeover } from './ticks/takeover.js';
import { CallWhileLeading } from './call-while-leading.js';
import { ZombieGuard } from './election/zombie-guard.js';

/** What an engine needs of the world. */
export interface EngineWorld {
  readonly candidateId: string;
  readonly pod: PodFacts;
  readonly timing: ElectionTiming;
  /** How long a candidate that resigned stays away; and how late a tick is found without being a missed one. */
  readonly restMs: number;
  readonly fastTakeover: boolean;
  readonly leaseStore: LeaseStore;
  readonly runStore: RunStore;
  readonly controlStore: ControlStore;
  readonly clusterStore: ClusterStore;
  /** Where pods publish which jobs they have; `undefined` where there is one pod. */
  readonly candidateStore?: CandidateStore | undefined;
  readonly ticker: Ticker;
  readonly jobs: JobRegistry;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  /** Where signals of the stores are handled. @default where they come from */
  readonly inContext?: InContext;
  readonly loggerOf: (job: string) => JobLogger;
  /** The time of the store, as far as it is known; the ticker uses the same. @default one that knows nothing yet */
  readonly storeClock?: StoreClock;
  /** How long after its start a pod starts what was missed, has crashed or is asked for. @default one interval */
  readonly openAfterMs?: number;
  /** How often the wall clock is compared with the monotonic one; `Infinity`: never. @default 10 seconds */
  readonly clockCheckMs?: number;
  /** How often the leader looks for what belongs to removed jobs, at most. @default one hour */
  readonly sweepEveryMs?: number;
  /** For how long that is kept. @default as long as the history of the job, at least 7 days */
  readonly keptFor?: KeptFor;
  /** What surrounds each call of a handler. @default nothing */
  readonly around?: AroundCall;
  /** Called directly with what becomes of a run; must not throw. @default nothing */
  readonly onRun?: (event: RunEvent) => void;
}

export interface AssembledEngine {
  readonly engine: Scheduler;
  readonly elector: LeaderElector;
  readonly leaseLookup: LeaseLookup;
  readonly storeClock: StoreClock;
  readonly schedulers: JobSchedulers;
  readonly executor: RunExecutor;
  /** `undefined` where there is one pod. */
  readonly jobSets: JobSets | undefined;
  /** Asks the run store, on the engine's terms. */
  readonly storeCall: StoreCall;
  readonly errors: EngineErrors;
}

/** Puts the parts of one scheduler together. */
export function assembleEngine(world: EngineWorld): AssembledEngine {
  const { candidateId, timing, restMs, fastTakeover, leaseStore, runStore: runs } = world;
  const { clock, entropy, events, pod, jobs, ticker, loggerOf } = world;
  const around: AroundCall = world.around ?? ((_, call) => call());
  const onRun = world.onRun ?? (() => undefined);
  const storeClock = world.storeClock ?? new StoreClock(clock);
  const errors = new EngineErrors({ clock, events });
  const jobTimers = new JobTimers(ticker);
  const timers = jobTimers.all;
  const basics = { timing, clock, storeClock, entropy, events, errors };
  const leaseCall = new StoreCall({ clock, events, timing, source: 'lease' });
  const leaseLookup = new LeaseLookup(leaseStore, leaseCall);
  const elector = new LeaderElector({
    ...basics,
    candidateId,
    version: pod.version,
    restMs,
    fastTakeover,
    store: leaseStore,
    observer: () => termDuties,
    call: leaseCall,
    inContext: world.inContext,
  });
  const storeCall = new StoreCall({ clock, events, timing, source: 'runs' });
  const heartbeat = new LockHeartbeat({ ...basics, runs, storeCall });
  const executor = new RunExecutor({ ...basics, runs, heartbeat, storeCall, loggerOf, around, onRun });
  const claims = new ClaimQueue({ ...basics, candidateId, elector, runs, storeCall });
  // Where nothing is renewed nothing outlives the process.
  const isRenewed = Number.isFinite(timing.intervalMs);
  const openAfterMs = world.openAfterMs ?? (isRenewed ? timing.intervalMs : 0);
  const gate = new CatchUpGate(clock, openAfterMs);
  const settleOrphans = (token: number): Promise<void> => orphans.settle(token);
  const schedulers = new JobSchedulers({
    ...basics,
    pod,
    elector,
    claims,
    executor,
    settleOrphans,
    missedAfterMs: restMs,
    gate,
  });
  const whileLeading = new CallWhileLeading({ storeCall, elector, clock, entropy });
  const shared = { candidateId, elector, runs, whileLeading, schedulers, gate };
  const isDelayed = (job: Job): boolean => jobTimers.isDelayed(job);
  const ofOrphans = { ...basics, ...shared, pod, jobs, executor, claims, isDelayed };
  const orphans: OrphanRecovery = new OrphanRecovery(ofOrphans);
  const { clusterStore: cluster, controlStore } = world;
  const overrides = new ScheduleOverrides({ cluster, storeCall, events, timers });
  const jobSets =
    world.candidateStore &&
    new JobSets({
      ...basics,
      ...shared,
      pod,
      ticker,
      store: world.candidateStore,
      timers,
      overrides,
      storeCall,
    });
  const sweeper = new JobSweeper({
    ...shared,
    storeCall,
    clock,
    cluster,
    jobs,
    jobSets,
    sweepEveryMs: world.sweepEveryMs ?? (isRenewed ? SWEEP_EVERY_MS : 0),
    kept: world.keptFor ?? KEPT_FOR,
  });
  const onAnnounced = (token: number) => (isRenewed ? Promise.resolve() : sweeper.sweep(token));
  const catalog = new JobCatalog({
    candidateId,
    errors,
    cluster,
    jobs,
    timers,
    whileLeading,
    clock,
    onAnnounced,
  });
  const requests = new RunRequests({
    control: controlStore,
    jobs,
    elector,
    whileLeading,
    schedulers,
    gate,
    events,
  });
  const activeScheduleOf = (job: Job) => jobTimers.activeScheduleOf(job);
  const takeover = new Takeover({ ...shared, clock, orphans, overrides, activeScheduleOf });
  const isMissingOn = (holder: string, job: string) => jobSets?.isMissingOn(holder, job) ?? false;
  const scheduleOn = (holder: string, job: string) => jobSets?.scheduleOn(holder, job);
  const activeJobs = () => jobTimers.active;
  const ofGuard = {
    timing,
    clock,
    storeClock,
    events,
    errors,
    leaseLookup,
    activeJobs,
    isMissingOn,
    scheduleOn,
  };
  const guard = new ZombieGuard(ofGuard);
  const wakeUps = new WakeUps({ elector, schedulers, takeover, orphans, timers: jobTimers, errors });
  const ofSync = { overrides, elector, catalog, wakeUps, timers: jobTimers, clock, errors };
  const overrideSync = new OverrideSync(ofSync);
  const work = { elector, errors, timers: jobTimers, wakeUps, orphans, schedulers, executor, guard };
  const control = { requests, overrides, overrideSync, catalog, jobSets };
  const termDuties: TermDuties = new TermDuties({
    ...work,
    ...control,
    storeClock,
    ticker,
    takeover,
    sweeper,
  });
  const clockCheckMs = world.clockCheckMs ?? CLOCK_CHECK_MS;
  const ofCorrections = { clock, storeClock, clockCheckMs, events, ticker, timers: jobTimers, wakeUps };
  const clockCorrections = new ClockCorrections(ofCorrections);
  const engine = new Scheduler({ ...work, ...control, clock, jobs, gate, termDuties, clockCorrections });
  return { engine, elector, leaseLookup, storeClock, schedulers, executor, jobSets, storeCall, errors };
}
