import { keys, SOMEONE } from '../checks/watch.js';
import type { Fault } from '../faults.js';
import { loseKeys } from '../lose-keys.js';
import type { Simulation } from '../simulation.js';
import type { Replica } from '../world/sim-replication.js';
import { later } from './spans.js';

type RedisFault = Exclude<Fault, { pod: string }>;
type Kind = RedisFault['kind'];
type FaultOf<Of extends Kind> = Extract<RedisFault, { kind: Of }>;
/** The union over `Of`, in the form by which the compiler finds the handler of each kind. */
type OneOf<Of extends Kind> = { [K in Of]: FaultOf<K> & { kind: K } }[Of];
type Handler<Of extends Kind> = (simulation: Simulation, fault: FaultOf<Of>) => void;

/** On the servers and between them. */
const SERVERS = {
  'redis-pause': (simulation, { forMs }) => {
    const { master } = simulation.redis;
    master.pause();
    later(simulation, forMs, () => master.resume());
  },
  'redis-restart': (simulation, fault) => {
    const { redis, history, world } = simulation;
    const { log } = redis.master.replication;
    const count = Math.min(fault.lost ?? Infinity, log.length);
    simulation.onLost({ log, from: log.length - count, isFailOver: false });
    redis.restart(fault.downMs, fault.lost ?? Infinity);
    if (count > 0) history.losses.push({ atMs: world.nowMs, count, isFailOver: false });
  },
  'fail-over': (simulation, fault) => {
    const { redis, world } = simulation;
    const { master } = redis;
    const replica = master.replication.replicas[fault.replica];
    if (replica === undefined || !master.isUp) return;
    master.replication.link(replica, false);
    world.after(fault.cutMs, () => {
      if (redis.master !== master || world.nowMs >= simulation.scenario.quietAtMs) return;
      failOver(simulation, fault, replica);
    });
  },
  'replica-cut': (simulation, fault) => {
    const { replication } = simulation.redis.master;
    const replica = replication.replicas[fault.replica];
    if (replica === undefined) return;
    replication.link(replica, false);
    later(simulation, fault.forMs, () => replication.link(replica, true));
  },
  'redis-full': (simulation, { forMs }) => {
    const { double } = simulation.redis.master;
    double.isFull = true;
    later(simulation, forMs, () => void (double.isFull = false));
  },
  'script-flush': ({ redis }) => redis.master.double.scripts.forget(),
  'redis-clock-step': ({ redis, history, world }, { byMs }) => {
    redis.stepClock(byMs);
    history.clockSteps.push({ atMs: world.nowMs, byMs });
  },
} satisfies Partial<{ [Of in Kind]: Handler<Of> }>;

/** In its keys. */
const KEYS = {
  evict: (simulation, { key }) => loseKeys(simulation, [keys[key]]),
  'clock-back': (simulation, { byMs }) => {
    const { redis, history, world } = simulation;
    redis.master.clockErrorMs -= byMs;
    history.clockSetBack = true;
    loseKeys(simulation, [keys.lease, keys.term, keys.fence]);
    history.leaseDeletedAtMs = world.nowMs;
  },
  tamper: ({ redis }, fault) => {
    const { data } = redis.master.double;
    if ('type' in fault) {
      data.put(keys[fault.key](fault.job), 'word');
      return;
    }
    const hash = data.value(fault.key === 'job' ? keys.job(fault.job) : keys[fault.key]);
    if (hash instanceof Map) hash.set(fault.field, fault.value);
  },
  'hold-lease': ({ redis, history, world }, fault) => {
    const { master } = redis;
    const value = fault.isLikeOurs === true ? `${SOMEONE}|5` : 'maintenance';
    master.double.data.put(keys.lease, value, Math.floor(master.nowMs + fault.forMs));
    history.leaseDeletedAtMs = world.nowMs;
  },
  'delete-lease': simulation => {
    loseKeys(simulation, [keys.lease]);
    simulation.history.leaseDeletedAtMs = simulation.world.nowMs;
  },
} satisfies Partial<{ [Of in Kind]: Handler<Of> }>;

const HANDLERS: { readonly [Of in Kind]: Handler<Of> } = { ...SERVERS, ...KEYS };

export function onRedis<Of extends Kind>(simulation: Simulation, fault: OneOf<Of>): void {
  HANDLERS[fault.kind](simulation, fault);
}

function failOver(simulation: Simulation, fault: FaultOf<'fail-over'>, replica: Replica): void {
  const { redis, history, world, scenario } = simulation;
  const { log } = redis.master.replication;
  const count = log.length - replica.received;
  simulation.onLost({ log, from: replica.received, isFailOver: true });
  redis.failOver(replica, fault.clockErrorMs, fault.stranded);
  const noteLoss = () => history.losses.push({ atMs: world.nowMs, count, isFailOver: true });
  if (count > 0 || fault.stranded.length > 0) noteLoss();
  // Everything that the old master still grants to stranded pods is lost as well.
  const strandedMs = Math.min(fault.forMs, scenario.quietAtMs - world.nowMs);
  if (fault.stranded.length > 0) world.after(strandedMs, noteLoss);
  later(simulation, fault.forMs, () => redis.heal());
}
