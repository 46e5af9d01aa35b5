import { formatOverride } from '../../../lib/core/schedule/schedule-override.js';
import { abortRun } from '../aborts.js';
import type { Fault } from '../faults.js';
import { forgePage } from '../forge-page.js';
import type { Berth, Simulation } from '../simulation.js';
import type { NetworkPath } from '../world/network-path.js';
import { again, later } from './spans.js';

type PodFault = Extract<Fault, { pod: string }>;
type Kind = PodFault['kind'];
type FaultOf<Of extends Kind> = Extract<PodFault, { kind: Of }>;
/** The union over `Of`, in the form by which the compiler finds the handler of each kind. */
type OneOf<Of extends Kind> = { [K in Of]: FaultOf<K> & { kind: K } }[Of];
type Handler<Of extends Kind> = (simulation: Simulation, berth: Berth, fault: FaultOf<Of>) => void;

const never = (): AbortSignal => new AbortController().signal;

/** On the network of a pod. */
const NETWORK = {
  delay: (simulation, { network }, { extraMs, forMs }) => {
    for (const path of network.ways('both')) path.extraMs += extraMs;
    later(simulation, forMs, () => {
      for (const path of network.ways('both')) path.extraMs = Math.max(0, path.extraMs - extraMs);
    });
  },
  block: (simulation, { network }, { way, forMs }) => block(simulation, network.ways(way), forMs),
  'block-one': (simulation, { network }, { way, connection, forMs }) =>
    block(simulation, network.ways(way, connection), forMs),
  repeat: (simulation, { network }, { afterMs, forMs }) => {
    for (const path of network.ways('up')) path.repeatsAfterMs = afterMs;
    later(simulation, forMs, () => {
      for (const path of network.ways('up')) path.repeatsAfterMs = undefined;
    });
  },
  cut: (_simulation, { network }) => network.cut(),
  flap: (simulation, { network }, fault) => again(simulation, fault, () => network.cut()),
  'drop-presence': (simulation, { network }, fault) =>
    again(simulation, fault, () => {
      network.dropPresence(fault.end);
      simulation.world.after(fault.refusedMs, () => network.allowPresence());
    }),
  'half-open': (_simulation, { network }, { end }) => network.halfOpen(end),
} satisfies Partial<{ [Of in Kind]: Handler<Of> }>;

/** In its process and on its clock. */
const PROCESS = {
  busy: (simulation, { pod }, fault) =>
    again(simulation, fault, () => {
      pod?.process.pause();
      simulation.world.after(fault.everyMs * 0.9, () => simulation.resume(pod));
    }),
  pause: (simulation, { pod }, { forMs }) => {
    pod?.process.pause();
    later(simulation, forMs, () => simulation.resume(pod));
  },
  suspend: (simulation, { pod }, { forMs }) => {
    pod?.process.suspend();
    later(simulation, forMs, () => simulation.resume(pod));
  },
  crash: (simulation, berth, { machine, backAfterMs }) => {
    simulation.crash(berth, machine);
    if (backAfterMs !== undefined) simulation.world.after(backAfterMs, () => simulation.boot(berth));
  },
  stop: (simulation, berth, { backAfterMs }) => {
    const { pod } = berth;
    simulation.stop(berth);
    if (backAfterMs === undefined) return;
    simulation.world.after(backAfterMs, () => {
      // Kubernetes starts another pod; here it replaces the old one, which is killed if it lingers.
      if (berth.pod === pod && pod !== undefined) simulation.crash(berth, false);
      simulation.boot(berth);
    });
  },
  'wall-jump': (_simulation, { pod }, { byMs }) => pod?.process.jumpWall(byMs),
  drift: (simulation, { pod, plan }, { rate, forMs }) => {
    pod?.process.drift(rate);
    later(simulation, forMs, () => pod?.process.drift(plan.rate));
  },
} satisfies Partial<{ [Of in Kind]: Handler<Of> }>;

/** By people and applications. */
const CONTROL = {
  'pause-all': (_simulation, berth, { forMs }) => pauseJobs(berth, '*', forMs),
  'forge-page': (simulation, berth) => forgePage(simulation, berth),
  resign: (_simulation, { pod }) =>
    pod?.process.receive(() => void pod.parts.elector.resign().catch(() => undefined)),
  'job-stop': (simulation, { pod }, { job, forMs }) => {
    pod?.process.receive(() => simulation.halt(pod, job));
    later(simulation, forMs, () => pod?.process.receive(() => simulation.unhalt(pod, job)));
  },
  'job-remove': (simulation, { pod }, { job, forMs }) => {
    pod?.process.receive(() => simulation.removeJob(pod, job));
    later(simulation, forMs, () => pod?.process.receive(() => simulation.createJob(pod, job)));
  },
  'job-pause': (_simulation, berth, { job, forMs }) => pauseJobs(berth, job, forMs),
  abort: (simulation, _berth, fault) => abortRun(simulation, fault),
  reschedule: (_simulation, { pod }, { job, cron }) => {
    const override = cron === null ? undefined : formatOverride({ schedule: cron, timeZone: 'UTC' });
    pod?.process.receive(
      () => void pod.stores.control.reschedule(job, override, never()).catch(() => undefined),
    );
  },
  'run-now': (_simulation, { pod }, { job, atMs }) => {
    // Two of them at one moment are one request, made twice.
    const request = { id: `asked-${job}-${atMs}`, job };
    pod?.process.receive(() => void pod.stores.control.requestRun(request, never()).catch(() => undefined));
  },
} satisfies Partial<{ [Of in Kind]: Handler<Of> }>;

const HANDLERS: { readonly [Of in Kind]: Handler<Of> } = { ...NETWORK, ...PROCESS, ...CONTROL };

export function onPod<Of extends Kind>(simulation: Simulation, berth: Berth, fault: OneOf<Of>): void {
  HANDLERS[fault.kind](simulation, berth, fault);
}

function block(simulation: Simulation, paths: readonly NetworkPath[], forMs: number): void {
  for (const path of paths) path.isBlocked = true;
  later(simulation, forMs, () => paths.forEach(path => path.heal()));
}

function pauseJobs({ pod }: Berth, job: string, forMs: number): void {
  const pause = { job, forMs, reason: '' };
  pod?.process.receive(() => void pod.stores.control.pause(pause, never()).catch(() => undefined));
}
