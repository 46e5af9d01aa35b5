import { createRedisStores, type RedisStores } from '../../lib/adapters/redis/create-redis-stores.js';
import type { ScheduleEvent } from '../../lib/core/events.js';
import { BUILT_IN_POLICY } from '../../lib/core/job/job-policy-options.js';
import type { Job, JobHandler } from '../../lib/core/job/job.js';
import { parseSchedule } from '../../lib/core/schedule/parse-schedule.js';
import type { Schedule } from '../../lib/core/schedule/schedule.js';
import { electionTiming, type ElectionTiming } from '../../lib/core/election/timing.js';
import { assembleEngine, type AssembledEngine } from '../../lib/engine/assemble-engine.js';
import type { EngineWorld } from '../../lib/engine/engine-world.js';
import { EventBus } from '../../lib/engine/event-bus.js';
import { JobRegistry } from '../../lib/engine/control/job-registry.js';
import { StoreClock } from '../../lib/engine/election/store-clock.js';
import { VirtualEntropy } from '../support/virtual-entropy.js';
import type { ConnectionRole } from './faults.js';
import type { JobPlan, PodPlan, Scenario } from './scenario.js';
import { SimTicker } from './sim-ticker.js';
import type { Times } from './timing-world.js';
import type { SimClientOptions } from './world/sim-client-options.js';
import { SimClient } from './world/sim-client.js';
import type { ConnectionHandler, SimConnection } from './world/sim-connection.js';
import type { SimProcess } from './world/sim-process.js';

export const LEASE_KEY = 'scheduler:sim:leader';

export interface SimPodDeps {
  /** Of this boot: a restarted pod is another candidate. */
  readonly id: string;
  readonly seed: number;
  readonly scenario: Scenario;
  readonly plan: PodPlan;
  readonly times: Times;
  readonly process: SimProcess;
  readonly startedAtMs: number;
  readonly connect: (handler: ConnectionHandler, role: ConnectionRole) => SimConnection;
  readonly handlerOf: (plan: JobPlan) => JobHandler;
  readonly onEvent: (event: ScheduleEvent) => void;
  /** The engine was called: a term began, or ended. */
  readonly onTerm: (since: number | undefined) => void;
  readonly onListenerError: (error: unknown) => void;
}

/** A pod from boot to end: the real engine and the real adapters, put together as the module does it. */
export class SimPod {
  readonly id: string;
  readonly process: SimProcess;
  readonly stores: RedisStores;
  readonly parts: AssembledEngine;
  readonly ticker: SimTicker;
  readonly timing: ElectionTiming;
  isStopping = false;
  /** In true time, ms since the beginning. */
  readonly startedAtMs: number;
  /** When jobs were created that had been removed, in true time. */
  readonly createdAtMs = new Map<string, number>();
  private readonly registry: JobRegistry;
  private hasResigned = false;

  constructor(private readonly deps: SimPodDeps) {
    const { id, scenario, process } = deps;
    this.id = id;
    this.process = process;
    this.startedAtMs = deps.startedAtMs;
    this.registry = this.jobs();
    const timing = electionTiming(deps.times.intervalMs, deps.times.ttlMs);
    this.timing = timing;
    const events = new EventBus(deps.onListenerError);
    this.stores = createRedisStores({
      redis: ({ options }) => this.clientOf(options),
      leaseKey: LEASE_KEY,
      commandTimeoutMs: timing.commandTimeoutMs,
      clock: process,
      presenceOf: scenario.fastTakeover ? id : undefined,
      replicas: scenario.isStrict ? 1 : undefined,
      onInvalid: found => events.emit({ type: 'store.invalid', ...found }),
    });
    const storeClock = new StoreClock(process);
    this.ticker = new SimTicker(process, () => storeClock.nowMs, deps.onTerm);
    if (scenario.hasResigningListener === true) events.subscribe(event => this.resignOnce(event));
    events.subscribe(deps.onEvent);
    this.parts = assembleEngine({
      podId: id,
      pod: { app: 'sim', version: this.version, pod: id },
      timing,
      restMs: timing.ttlMs,
      fastTakeover: scenario.fastTakeover,
      leaseStore: this.stores.lease,
      runStore: this.stores.runs,
      controlStore: this.stores.control,
      clusterStore: this.stores.cluster,
      ...(this.publishes && keptFor(scenario)),
      candidateStore: this.publishes ? this.stores.candidates : undefined,
      ticker: this.ticker,
      jobs: this.registry,
      clock: process,
      storeClock,
      entropy: new VirtualEntropy(deps.seed),
      events,
      loggerOf: () => SILENT,
    });
  }

  /** Whether it publishes its jobs. */
  get publishes(): boolean {
    return this.deps.plan.publishes !== false;
  }

  /** Whether the application has the job, be it stopped or not. */
  has(job: string): boolean {
    return this.registry.find(job) !== undefined;
  }

  /** As the service removes a job. Answers whether there was one. */
  remove(name: string): boolean {
    const job = this.registry.find(name);
    if (job === undefined) return false;
    this.registry.remove(name);
    this.parts.engine.remove(job);
    return true;
  }

  /** As the service creates a job. Answers whether it was one of the pod and had been removed. */
  create(name: string, nowMs: number): boolean {
    const plan = this.deps.scenario.jobs.find(one => one.name === name);
    const isOwn = this.deps.plan.jobs?.includes(name) !== false;
    if (plan === undefined || !isOwn || this.has(name)) return false;
    const job = this.jobOf(plan);
    this.createdAtMs.set(name, nowMs);
    this.registry.add(job, name);
    this.parts.engine.add(job);
    return true;
  }

  /** By what a job of it ticks. */
  cronOf(job: string): string | undefined {
    const { plan, scenario } = this.deps;
    const other = this.isUpdated ? plan.schedules?.crons[job] : undefined;
    return other ?? scenario.jobs.find(({ name }) => name === job)?.cron;
  }

  /** Whether it is of the version that has other schedules. */
  get isUpdated(): boolean {
    return this.startedAtMs >= (this.deps.plan.schedules?.fromMs ?? Infinity);
  }

  /** Version of its application. */
  get version(): string {
    const isSecond = this.startedAtMs >= (this.deps.plan.secondVersionFromMs ?? Infinity);
    return isSecond || this.isUpdated ? '2' : '1';
  }

  /** The pod of the plan of which it is a process. */
  get berth(): string {
    return this.deps.plan.name;
  }

  /** The jobs that tick on it. */
  get ticking(): ReadonlySet<string> {
    return this.ticker.ticking;
  }

  start(): void {
    const { engine } = this.parts;
    engine.mount();
    this.stores.open();
    engine.start();
  }

  /** As on SIGTERM. Settles when the process could exit. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.parts.engine.shutdown(this.deps.scenario.drainTimeoutMs);
    await this.stores.close();
  }

  /** As `@OnLeaderElected` of an application may do. */
  private resignOnce({ type }: ScheduleEvent): void {
    if (type !== 'leader.elected' || this.hasResigned) return;
    this.hasResigned = true;
    void this.parts.elector.resign().catch(() => undefined);
  }

  private clientOf(options: SimClientOptions): SimClient {
    const role = roleOf(options);
    return new SimClient(this.process, handler => this.deps.connect(handler, role), options);
  }

  private jobs(): JobRegistry {
    const registry = new JobRegistry();
    const { plan: pod, scenario } = this.deps;
    const own = scenario.jobs.filter(({ name }) => pod.jobs?.includes(name) !== false);
    for (const plan of own) registry.add(this.jobOf(plan), plan.name);
    return registry;
  }

  private jobOf(plan: JobPlan): Job {
    const cron = this.cronOf(plan.name) ?? plan.cron;
    return jobOf({ ...plan, cron }, this.deps.handlerOf(plan));
  }
}

function keptFor({ keptMs }: Scenario): Pick<EngineWorld, 'sweepEveryMs' | 'keptFor'> {
  if (keptMs === undefined) return {};
  return { sweepEveryMs: 1000, keptFor: { leastMs: keptMs, mostMs: keptMs, unknownMs: keptMs } };
}

/** The adapters say in the name what a connection carries. */
function roleOf({ connectionName = '' }: SimClientOptions): ConnectionRole {
  const role = (['lease', 'runs', 'events', 'presence'] as const).find(one =>
    connectionName.endsWith(`:${one}`),
  );
  if (role === undefined) throw new Error(`What does the connection ${connectionName} carry?`);
  return role;
}

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };

function jobOf(plan: JobPlan, handler: JobHandler): Job {
  return {
    name: plan.name,
    schedule: scheduleOf(plan.cron),
    handler,
    policy: {
      ...BUILT_IN_POLICY,
      overlap: plan.overlap,
      catchUp: plan.catchUp,
      catchUpWindowMs: plan.catchUpWindowMs,
      jitterMs: plan.jitterMs ?? 0,
      timeoutMs: plan.timeoutMs ?? Infinity,
      retry: { attempts: plan.attempts, backoffMs: 500, maxBackoffMs: 2000, jitter: 0.2 },
      recover: plan.recover,
      runAtStart: plan.runAtStart ?? false,
      retention: { keep: plan.keep, maxAgeMs: 24 * 3_600_000 },
    },
    disabled: false,
    initialDelayMs: plan.initialDelayMs ?? 0,
    unrefTimeout: false,
    thresholdMs: Infinity,
  };
}

const schedules = new Map<string, Schedule>();

/** Reading an expression costs a millisecond; a schedule has no state. */
export function scheduleOf(cron: string): Schedule {
  // The term of each pod is its own.
  if (cron.startsWith('@timeout')) return parseSchedule(cron);
  const known = schedules.get(cron);
  if (known !== undefined) return known;
  const isDate = /^\d{4}-/.test(cron);
  const schedule = parseSchedule(isDate ? new Date(cron) : cron, { timeZone: 'UTC' });
  schedules.set(cron, schedule);
  return schedule;
}
