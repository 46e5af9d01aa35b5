import { abortRun } from './aborts.js';
import { formatOverride } from '../../lib/core/schedule/schedule-override.js';
import { keys, SOMEONE } from './checks/watch.js';
import type { Fault } from './faults.js';
import { forgePage } from './forge-page.js';
import { loseKeys } from './lose-keys.js';
import type { Berth, Simulation } from './simulation.js';

/** Makes a fault happen now. One that finds nothing to hurt does nothing. */
export function inject(simulation: Simulation, fault: Fault): void {
  const { history } = simulation;
  const { faults, worlds } = history.tally;
  faults[fault.kind] = (faults[fault.kind] ?? 0) + 1;
  worlds[fault.kind] = 1;
  history.note(() => `FAULT ${JSON.stringify(fault)}`);
  if ('pod' in fault) {
    const berth = simulation.berths.get(fault.pod);
    if (berth !== undefined) onPod(simulation, berth, fault);
  } else onRedis(simulation, fault);
}

type PodFault = Extract<Fault, { pod: string }>;
type RedisFault = Exclude<Fault, PodFault>;

function onPod(simulation: Simulation, berth: Berth, fault: PodFault): void {
  const { world } = simulation;
  const { network, pod } = berth;
  switch (fault.kind) {
    case 'delay':
      for (const path of network.ways('both')) path.extraMs += fault.extraMs;
      return later(simulation, fault.forMs, () => {
        for (const path of network.ways('both')) path.extraMs = Math.max(0, path.extraMs - fault.extraMs);
      });
    case 'block':
    case 'block-one': {
      const paths = network.ways(fault.way, fault.kind === 'block-one' ? fault.connection : undefined);
      for (const path of paths) path.isBlocked = true;
      return later(simulation, fault.forMs, () => paths.forEach(path => path.heal()));
    }
    case 'repeat':
      for (const path of network.ways('up')) path.repeatsAfterMs = fault.afterMs;
      return later(simulation, fault.forMs, () => {
        for (const path of network.ways('up')) path.repeatsAfterMs = undefined;
      });
    case 'cut':
      return network.cut();
    case 'flap':
      return again(simulation, fault, () => network.cut());
    case 'busy':
      return again(simulation, fault, () => {
        pod?.process.pause();
        world.after(fault.everyMs * 0.9, () => simulation.resume(pod));
      });
    case 'pause-all':
      return pause(berth, '*', fault.forMs);
    case 'forge-page':
      return forgePage(simulation, berth);
    case 'half-open':
      return network.halfOpen(fault.end);
    case 'pause':
      pod?.process.pause();
      return later(simulation, fault.forMs, () => simulation.resume(pod));
    case 'suspend':
      pod?.process.suspend();
      return later(simulation, fault.forMs, () => simulation.resume(pod));
    case 'crash':
      simulation.crash(berth, fault.machine);
      if (fault.backAfterMs !== undefined) world.after(fault.backAfterMs, () => simulation.boot(berth));
      return;
    case 'stop':
      simulation.stop(berth);
      if (fault.backAfterMs !== undefined) {
        world.after(fault.backAfterMs, () => {
          // Kubernetes starts another pod; here it takes the place of the old one, which is killed if it lingers.
          if (berth.pod === pod && pod !== undefined) simulation.crash(berth, false);
          simulation.boot(berth);
        });
      }
      return;
    case 'resign':
      return pod?.process.receive(() => void pod.parts.elector.resign().catch(() => undefined));
    case 'job-stop':
      pod?.process.receive(() => simulation.halt(pod, fault.job));
      return later(simulation, fault.forMs, () =>
        pod?.process.receive(() => simulation.unhalt(pod, fault.job)),
      );
    case 'job-remove':
      pod?.process.receive(() => simulation.removeJob(pod, fault.job));
      return later(simulation, fault.forMs, () =>
        pod?.process.receive(() => simulation.createJob(pod, fault.job)),
      );
    case 'wall-jump':
      return pod?.process.jumpWall(fault.byMs);
    case 'drift':
      pod?.process.drift(fault.rate);
      return later(simulation, fault.forMs, () => pod?.process.drift(berth.plan.rate));
    case 'job-pause':
      return pause(berth, fault.job, fault.forMs);
    case 'abort':
      return abortRun(simulation, fault);
    case 'reschedule': {
      const { job, cron } = fault;
      const order = cron === null ? undefined : formatOverride({ schedule: cron, timeZone: 'UTC' });
      return pod?.process.receive(
        () =>
          void pod.stores.control.reschedule(job, order, new AbortController().signal).catch(() => undefined),
      );
    }
    case 'run-now':
      // Two of them at one moment are one request, asked for twice.
      return pod?.process.receive(
        () =>
          void pod.stores.control
            .requestRun(
              { id: `asked-${fault.job}-${fault.atMs}`, job: fault.job },
              new AbortController().signal,
            )
            .catch(() => undefined),
      );
  }
}

function onRedis(simulation: Simulation, fault: RedisFault): void {
  const { redis, history, world } = simulation;
  const { master } = redis;
  switch (fault.kind) {
    case 'redis-pause':
      master.pause();
      return later(simulation, fault.forMs, () => master.resume());
    case 'redis-restart': {
      const count = Math.min(fault.lost ?? Infinity, master.replication.log.length);
      const { log } = master.replication;
      simulation.onLost({ log, from: log.length - count, isFailOver: false });
      redis.restart(fault.downMs, fault.lost ?? Infinity);
      if (count > 0) history.losses.push({ atMs: world.nowMs, count, isFailOver: false });
      return;
    }
    case 'fail-over': {
      const replica = master.replication.replicas[fault.replica];
      if (replica === undefined || !master.isUp) return;
      master.replication.link(replica, false);
      world.after(fault.cutMs, () => {
        if (redis.master !== master || world.nowMs >= simulation.scenario.quietAtMs) return;
        const count = master.replication.log.length - replica.received;
        const { log } = master.replication;
        simulation.onLost({ log, from: replica.received, isFailOver: true });
        redis.failOver(replica, fault.clockErrorMs, fault.stranded);
        const noteLoss = () => history.losses.push({ atMs: world.nowMs, count, isFailOver: true });
        if (count > 0 || fault.stranded.length > 0) noteLoss();
        // Whatever the old master still grants to those that are stranded is lost as well.
        const strandedMs = Math.min(fault.forMs, simulation.scenario.quietAtMs - world.nowMs);
        if (fault.stranded.length > 0) world.after(strandedMs, noteLoss);
        later(simulation, fault.forMs, () => redis.heal());
      });
      return;
    }
    case 'replica-cut': {
      const replica = master.replication.replicas[fault.replica];
      if (replica === undefined) return;
      master.replication.link(replica, false);
      return later(simulation, fault.forMs, () => master.replication.link(replica, true));
    }
    case 'redis-full':
      master.double.isFull = true;
      return later(simulation, fault.forMs, () => void (master.double.isFull = false));
    case 'script-flush':
      return master.double.scripts.forget();
    case 'evict':
      return loseKeys(simulation, [keys[fault.key]]);
    case 'redis-clock-step':
      redis.stepClock(fault.byMs);
      history.clockSteps.push({ atMs: world.nowMs, byMs: fault.byMs });
      return;
    case 'clock-back':
      master.clockErrorMs -= fault.byMs;
      history.clockSetBack = true;
      loseKeys(simulation, [keys.lease, keys.term, keys.fence]);
      history.leaseDeletedAtMs = world.nowMs;
      return;
    case 'tamper': {
      if ('type' in fault) return void master.double.data.put(keys[fault.key](fault.job), 'word');
      const key = fault.key === 'job' ? keys.job(fault.job) : keys[fault.key];
      const hash = master.double.data.value(key);
      if (hash instanceof Map) hash.set(fault.field, fault.value);
      return;
    }
    case 'hold-lease': {
      const value = fault.isLikeOurs === true ? `${SOMEONE}|5` : 'maintenance';
      master.double.data.put(keys.lease, value, Math.floor(master.nowMs + fault.forMs));
      history.leaseDeletedAtMs = world.nowMs;
      return;
    }
    case 'delete-lease':
      loseKeys(simulation, [keys.lease]);
      history.leaseDeletedAtMs = world.nowMs;
      return;
  }
}

function pause({ pod }: Berth, job: string, forMs: number): void {
  pod?.process.receive(
    () =>
      void pod.stores.control
        .pause({ job, forMs, reason: '' }, new AbortController().signal)
        .catch(() => undefined),
  );
}

/** Does it again and again, until the fault, or all of them, are over. */
function again(
  simulation: Simulation,
  { atMs, everyMs, forMs }: { atMs: number; everyMs: number; forMs: number },
  act: () => void,
): void {
  const { world, scenario } = simulation;
  const untilMs = Math.min(atMs + forMs, scenario.quietAtMs);
  const step = (): void => {
    if (world.nowMs >= untilMs) return;
    act();
    world.after(everyMs, step);
  };
  step();
}

/** Takes a fault back, unless that is done for all of them before. */
function later(simulation: Simulation, forMs: number, undo: () => void): void {
  const { world, scenario } = simulation;
  if (world.nowMs + forMs < scenario.quietAtMs) world.after(forMs, undo);
}
