import { onMessage } from './checks/blame.js';
import { probeSteps } from './checks/clock-steps.js';
import { createWatch } from './checks/create-watch.js';
import { assertNotRemoved, onCreated } from './checks/created.js';
import { onExit, onStop } from './checks/endless.js';
import { checkBeliefs, probeBeliefs } from './checks/leaders.js';
import type { LostLog } from './checks/lost-records.js';
import { onServerStart } from './checks/watermarks.js';
import { onEvent } from './checks/on-event.js';
import { TermOrder } from './checks/order.js';
import { probeOverrides } from './checks/overrides.js';
import { checkLackedJobs } from './checks/preference.js';
import { onScript } from './checks/on-script.js';
import { leaveRemoved } from './checks/removed.js';
import { probeReports } from './checks/reported.js';
import { probeSilence } from './checks/silence.js';
import { onCall } from './checks/starts.js';
import { checkTheEnd } from './checks/the-end.js';
import type { Watch } from './checks/watch.js';
import { describeCommand, describeReply } from './describe.js';
import { History, type Call } from './history.js';
import { inject } from './inject/inject.js';
import { PodNetwork } from './pod-network.js';
import type { Reply } from './redis-double/reply.js';
import type { JobPlan, PodPlan, Scenario } from './scenario.js';
import { handlerOf } from './sim-handler.js';
import { SimPod } from './sim-pod.js';
import { timesAt } from './timing-world.js';
import { Random } from './world/random.js';
import type { ConnectionHandler } from './world/sim-connection.js';
import { SimProcess } from './world/sim-process.js';
import { SimRedis } from './world/sim-redis.js';
import type { SimServer } from './world/sim-server.js';
import { World } from './world/world.js';

/** A slot for a pod: it stays when its process ends and another one starts. */
export interface Berth {
  readonly plan: PodPlan;
  readonly network: PodNetwork;
  boots: number;
  /** The process that lives there now. */
  pod: SimPod | undefined;
}

/** A process that goes on has handled by then what was waiting for it, and has no new answer yet. */
const AWAKE_MS = 0.05;

/** How often the jobs of the leader are compared with those of the others. */
const PROBE_JOBS_MS = 250;

/** One run of a scenario. */
export class Simulation {
  readonly world = new World();
  readonly history = new History(() => this.world.nowMs);
  readonly redis: SimRedis;
  readonly berths: ReadonlyMap<string, Berth>;
  /** Every process that was started, by its id. */
  readonly booted = new Map<string, SimPod>();
  private readonly random: Random;
  private readonly watch: Watch;
  /** Commands that arrived, each the very object that its client made. */
  private readonly seen = new WeakSet<readonly string[]>();

  constructor(readonly scenario: Scenario) {
    this.random = new Random(scenario.seed ^ 0x5eed);
    this.watch = createWatch(this);
    this.redis = new SimRedis(
      this.world,
      (server, pod, args, reply) => this.onCommand(server, pod, args, reply),
      scenario.replicaLagsMs,
      server => this.furnish(server),
      server => onServerStart(this.watch, server),
    );
    this.berths = new Map(scenario.pods.map(plan => [plan.name, this.berthOf(plan)]));
  }

  /** Lives through it. Rejects with what a bug of the simulator, or an uncaught error of the library, throws. */
  async run(): Promise<History> {
    const { world, scenario } = this;
    for (const berth of this.berths.values()) world.after(berth.plan.startsAtMs, () => this.boot(berth));
    for (const fault of scenario.faults) world.after(fault.atMs, () => inject(this, fault));
    world.after(scenario.quietAtMs, () => this.makeWhole());
    probeBeliefs(this.watch);
    probeSilence(this.watch);
    probeReports(this.watch);
    probeSteps(this.watch);
    leaveRemoved(this.watch);
    probeOverrides(this.watch);
    this.probeJobs();
    const isUpdate = scenario.pods.some(({ schedules }) => schedules !== undefined);
    if (isUpdate) this.history.counters.worlds['other-schedules'] = 1;
    if (scenario.jobs.some(({ runAtStart }) => runAtStart === true))
      this.history.counters.worlds['starts'] = 1;
    await world.run(scenario.endsAtMs);
    checkTheEnd(this.watch);
    return this.history;
  }

  /** Whether a pod believes in a connection whose other end is gone. */
  isHalfOpen(pod: SimPod): boolean {
    return [...this.berths.values()].some(berth => berth.pod === pod && berth.network.isHalfOpen);
  }

  /** A server is followed by one that lacks something of it. */
  onLost(lost: LostLog): void {
    this.watch.lost.add(lost);
  }

  /** The pods that have not ended. */
  get pods(): SimPod[] {
    return [...this.berths.values()].flatMap(({ pod }) => (pod?.process.isAlive === true ? [pod] : []));
  }

  boot(berth: Berth): void {
    if (berth.pod?.process.isAlive === true) return;
    berth.boots += 1;
    const { world, history, scenario } = this;
    const id = `${berth.plan.name}-${berth.boots}`;
    const process = new SimProcess(world, this.random.fork(), berth.plan);
    const handlerDeps = {
      seed: scenario.seed,
      process: id,
      clock: process,
      history,
      now: () => world.nowMs,
      serverNow: () => this.redis.master.nowMs,
      onCall: (call: Call, plan: JobPlan) => {
        assertNotRemoved(this.watch, call);
        onCall(this.watch, call, plan);
      },
    };
    const order = new TermOrder(id, history);
    const pod = new SimPod({
      id,
      seed: this.random.integer(1, 2 ** 31),
      scenario,
      plan: berth.plan,
      times: timesAt(berth.plan, world.nowMs, scenario),
      process,
      startedAtMs: world.nowMs,
      connect: (handler, role) => berth.network.connect(process, role, this.overheard(id, handler)),
      handlerOf: plan => handlerOf(plan, handlerDeps),
      onEvent: event => {
        if (event.type === 'engine.error') history.violated('an internal error', String(event.error));
        order.onEvent(event);
        onEvent(this.watch, id, event);
      },
      onTerm: since => order.onEngine(since),
      onListenerError: error => history.violated('a listener threw', String(error)),
    });
    berth.pod = pod;
    this.booted.set(id, pod);
    this.watch.preference.bootedAt.set(id, world.nowMs);
    history.note(() => `${id} boots`);
    process.receive(() => pod.start());
  }

  /** Lets a process go on, and checks its belief once it has received the messages that it missed. */
  resume(pod: SimPod | undefined): void {
    pod?.process.resume();
    this.world.after(AWAKE_MS, () => checkBeliefs(this.watch));
  }

  /** Ends a process without a word of its own. */
  crash(berth: Berth, isMachineGone: boolean): void {
    berth.pod?.process.kill();
    this.watch.preference.goneAtMs = this.world.nowMs;
    berth.network.abandon(isMachineGone);
    berth.pod = undefined;
  }

  /** Ends a process as SIGTERM does. */
  stop(berth: Berth): void {
    const { pod } = berth;
    if (pod === undefined || pod.isStopping) return;
    pod.isStopping = true;
    this.watch.preference.stoppingFrom.set(pod.id, this.world.nowMs);
    onStop(this.watch, pod);
    pod.process.receive(() => {
      void pod.stop().then(() => {
        onExit(this.watch, pod);
        this.history.note(() => `${pod.id} exits`);
        if (berth.pod === pod) this.crash(berth, false);
      });
    });
  }

  /** A user stops a job on a pod. */
  halt(pod: SimPod, job: string): void {
    pod.ticker.halt(job);
    this.watch.preference.changedAt.set(pod.id, this.world.nowMs);
  }

  /** A user starts it again. */
  unhalt(pod: SimPod, job: string): void {
    const startedAt = pod.ticker.resume(job);
    if (startedAt === undefined) return;
    this.watch.preference.changedAt.set(pod.id, this.world.nowMs);
    // The pod uses its own idea of that time, which is wrong until the next answer if its clock was set just now.
    this.history.userStarts.push({ process: pod.id, job, at: Math.max(this.redis.master.nowMs, startedAt) });
  }

  /** An application removes a job on a pod. */
  removeJob(pod: SimPod, job: string): void {
    if (pod.isStopping || !pod.remove(job)) return;
    this.watch.preference.changedAt.set(pod.id, this.world.nowMs);
    this.history.note(() => `${pod.id} removes ${job}`);
  }

  /** It creates it again. */
  createJob(pod: SimPod, job: string): void {
    if (pod.isStopping || !pod.create(job, this.world.nowMs)) return;
    this.watch.preference.changedAt.set(pod.id, this.world.nowMs);
    this.history.note(() => `${pod.id} creates ${job}`);
    onCreated(this.watch, pod, job);
  }

  /** Takes all faults back, and makes sure that a pod is there. */
  private makeWhole(): void {
    this.history.note(() => 'QUIET: all faults end');
    for (const server of this.redis.servers) {
      server.resume();
      server.double.isFull = false;
      for (const replica of server.replication.replicas) server.replication.link(replica, true);
    }
    if (this.redis.master.isUp) this.redis.addReplicas(this.redis.master);
    this.redis.heal();
    for (const { network, pod } of this.berths.values()) {
      network.heal();
      this.resume(pod);
      for (const { name } of this.scenario.jobs)
        pod?.process.receive(() => {
          this.createJob(pod, name);
          this.unhalt(pod, name);
        });
    }
    const [first] = this.berths.values();
    const isAnybodyThere = this.pods.some(pod => !pod.isStopping);
    if (!isAnybodyThere && first !== undefined) {
      if (first.pod !== undefined) this.crash(first, false);
      this.boot(first);
    }
  }

  /** The checks know what each process receives, and when. */
  private overheard(id: string, handler: ConnectionHandler): ConnectionHandler {
    return {
      ...handler,
      onMessage: (channel, message) =>
        onMessage(this.watch, id, message, () => handler.onMessage(channel, message)),
    };
  }

  private berthOf(plan: PodPlan): Berth {
    const network = new PodNetwork(this.world, this.random.fork(), this.redis, plan.name, plan.delayMs);
    return { plan, network, boots: 0, pod: undefined };
  }

  private furnish({ double }: SimServer): void {
    const { redis } = this.scenario;
    if (redis === 'resp2') double.maxProtocol = 2;
    if (redis === 'no-pubsub')
      for (const name of ['PUBSUB', 'SUBSCRIBE', 'PUBLISH']) double.forbidden.add(name);
  }

  private onCommand(server: SimServer, pod: string, args: readonly string[], reply: Reply): void {
    this.history.counters.commands += 1;
    if (this.seen.has(args)) this.history.violated('a command is sent once', describeCommand(args));
    this.seen.add(args);
    this.history.note(
      () => `    ${server.name} < ${pod}: ${describeCommand(args)} > ${describeReply(reply)}`,
    );
    if (args[0] !== 'EVALSHA' && args[0] !== 'EVAL') return;
    onScript(this.watch, server, { pod, args, reply });
  }

  private probeJobs(): void {
    this.world.after(PROBE_JOBS_MS, () => {
      checkLackedJobs(this.watch);
      this.probeJobs();
    });
  }
}
