import { StoreCall } from './store-call.js';
import { CallWhileLeading } from './call-while-leading.js';
import { ClockCorrections } from './clock-corrections.js';
import { JobCatalog } from './control/job-catalog.js';
import { JobSweeper, KEPT_FOR, SWEEP_EVERY_MS } from './control/job-sweeper.js';
import { OverrideSync } from './control/override-sync.js';
import { RunRequests } from './control/run-requests.js';
import { StartRuns } from './control/start-runs.js';
import { ScheduleOverrides } from './control/schedule-overrides.js';
import { CLOCK_CHECK_MS } from './election/clock-watch.js';
import type { ElectionObserver } from './election/election-observer.js';
import { LeaderElector } from './election/elector.js';
import { JobSets } from './election/job-sets.js';
import { LeaseLookup } from './election/lease-lookup.js';
import { StoreClock } from './election/store-clock.js';
import { ZombieGuard } from './election/zombie-guard.js';
import { EngineErrors } from './engine-errors.js';
import type { EngineWorld } from './engine-world.js';
import { JobTimers } from './job-timers.js';
import { LockHeartbeat } from './runs/lock-heartbeat.js';
import { OrphanRecovery } from './runs/orphan-recovery.js';
import { RunExecutor } from './runs/run-executor.js';
import { Scheduler } from './scheduler.js';
import { TermDuties } from './term-duties.js';
import { CatchUpGate } from './ticks/catch-up-gate.js';
import { ClaimQueue } from './ticks/claim-queue.js';
import { JobSchedulers, type JobSchedulersDeps } from './ticks/job-schedulers.js';
import { Takeover } from './ticks/takeover.js';
import { WakeUps } from './ticks/wake-ups.js';

export interface AssembledEngine {
  readonly engine: Scheduler;
  readonly elector: LeaderElector;
  readonly leaseLookup: LeaseLookup;
  readonly storeClock: StoreClock;
  readonly schedulers: JobSchedulers;
  readonly executor: RunExecutor;
  /** `undefined` where there is one pod. */
  readonly jobSets: JobSets | undefined;
  /** Calls the run store, with the time limit of the engine. */
  readonly storeCall: StoreCall;
  readonly errors: EngineErrors;
}

/** Puts the parts of one scheduler together. Each step adds its parts to those before it. */
export function assembleEngine(world: EngineWorld): AssembledEngine {
  const basics = { ...world, ...basicParts(world) };
  // The election calls the engine, which is made last.
  const election = { ...basics, ...electionParts(basics, () => termDuties) };
  const running = { ...election, ...runParts(election) };
  const onUnplaced: OnUnplaced = (activeJob, token) => wakeUps.openUnplaced(activeJob, token);
  const ticking = { ...running, ...tickParts(running, onUnplaced) };
  const controlled = { ...ticking, ...controlParts(ticking) };
  const led = { ...controlled, ...leaderParts(controlled) };
  const wakeUps: WakeUps = led.wakeUps;
  const termDuties: TermDuties = new TermDuties(led);
  const clockCorrections = new ClockCorrections(led);
  return { ...led, engine: new Scheduler({ ...led, termDuties, clockCorrections }) };
}

type OnUnplaced = JobSchedulersDeps['onUnplaced'];
type Basics = EngineWorld & ReturnType<typeof basicParts>;
type Election = Basics & ReturnType<typeof electionParts>;
type Running = Election & ReturnType<typeof runParts>;
type Ticking = Running & ReturnType<typeof tickParts>;
type Controlled = Ticking & ReturnType<typeof controlParts>;

/** All groups share these. */
function basicParts(world: EngineWorld) {
  const { clock, events, timing } = world;
  return {
    storeClock: world.storeClock ?? new StoreClock(clock),
    errors: world.errors ?? new EngineErrors({ clock, events }),
    timers: new JobTimers(world.ticker),
    storeCall: new StoreCall({ clock, events, timing, source: 'runs' }),
    runs: world.runStore,
    control: world.controlStore,
    cluster: world.clusterStore,
    clockCheckMs: world.clockCheckMs ?? CLOCK_CHECK_MS,
    // Where nothing is renewed nothing outlives the process.
    isRenewed: Number.isFinite(timing.intervalMs),
  };
}

function electionParts(basics: Basics, observer: () => ElectionObserver) {
  const { clock, events, timing, leaseStore: store, pod } = basics;
  const call = new StoreCall({ clock, events, timing, source: 'lease' });
  const elector = new LeaderElector({ ...basics, version: pod.version, store, call, observer });
  return {
    leaseLookup: new LeaseLookup(store, call),
    elector,
    whileLeading: new CallWhileLeading({ ...basics, elector }),
  };
}

function runParts(election: Election) {
  const { around = (_, call) => call(), onRun = () => undefined } = election;
  const heartbeat = new LockHeartbeat(election);
  return { executor: new RunExecutor({ ...election, heartbeat, around, onRun }) };
}

function tickParts(running: Running, onUnplaced: OnUnplaced) {
  const { clock, timing, restMs: missedAfterMs, isRenewed } = running;
  const gate = new CatchUpGate(clock, running.openAfterMs ?? (isRenewed ? timing.intervalMs : 0));
  const claims = new ClaimQueue(running);
  const settleOrphans = (token: number): Promise<void> => orphans.settle(token);
  const ofTicks = { ...running, gate, claims };
  const schedulers = new JobSchedulers({ ...ofTicks, settleOrphans, missedAfterMs, onUnplaced });
  const orphans = new OrphanRecovery({ ...ofTicks, schedulers });
  return { gate, claims, schedulers, orphans };
}

function controlParts(ticking: Ticking) {
  const { candidateStore: store, isRenewed, sweepEveryMs, keptFor: kept = KEPT_FOR } = ticking;
  const overrides = new ScheduleOverrides(ticking);
  const jobSets = store && new JobSets({ ...ticking, store, overrides });
  const everyMs = sweepEveryMs ?? (isRenewed ? SWEEP_EVERY_MS : 0);
  const sweeper = new JobSweeper({ ...ticking, jobSets, sweepEveryMs: everyMs, kept });
  const onAnnounced = (token: number) => (isRenewed ? Promise.resolve() : sweeper.sweep(token));
  const requests = new RunRequests(ticking);
  return {
    overrides,
    jobSets,
    sweeper,
    catalog: new JobCatalog({ ...ticking, onAnnounced }),
    requests,
    startRuns: new StartRuns({ ...ticking, requests }),
  };
}

/** They bring jobs, terms and overrides together. */
function leaderParts(controlled: Controlled) {
  const takeover = new Takeover(controlled);
  const wakeUps = new WakeUps({ ...controlled, takeover });
  return {
    takeover,
    guard: new ZombieGuard(controlled),
    wakeUps,
    overrideSync: new OverrideSync({ ...controlled, wakeUps }),
  };
}
