import { replicate } from '../redis-double/redis-double.js';
import type { Replica, Transaction } from './sim-replication.js';
import { SimServer, type ServerObserver } from './sim-server.js';
import type { World } from './world.js';

/** Which servers there are, and which of them a pod reaches under the one address that all are given. */
export class SimRedis {
  /** Pods that still reach the old master, while there are two. */
  private readonly stranded = new Set<string>();
  private old: SimServer | undefined;
  private started = 0;
  private healedAtMs = -Infinity;
  private steppedByMs = 0;

  /** The server that counts. */
  master: SimServer;

  constructor(
    private readonly world: World,
    private readonly observe: ServerObserver,
    /** One-way delays to the replicas that every master has when it is whole. */
    private readonly replicaLags: readonly number[],
    private readonly furnish: (server: SimServer) => void,
    private readonly onStart: (server: SimServer) => void,
  ) {
    this.master = this.start(0, []);
    this.addReplicas(this.master);
  }

  /** The server that a new connection of a pod reaches. */
  serverFor(pod: string): SimServer {
    return this.old !== undefined && this.stranded.has(pod) ? this.old : this.master;
  }

  /** Whether there were two masters within the last `withinMs`. */
  wasSplit(withinMs: number): boolean {
    return this.old !== undefined || this.world.nowMs - this.healedAtMs < withinMs;
  }

  /** Every server that lives. */
  get servers(): readonly SimServer[] {
    return this.old === undefined ? [this.master] : [this.master, this.old];
  }

  /** The clocks of all servers are set, as by NTP: forward, or back if negative. */
  stepClock(byMs: number): void {
    this.steppedByMs += byMs;
  }

  /** The server ends; it is back after a while, with what it had written but for the last `lost` transactions. */
  restart(downMs: number, lost: number): void {
    const before = this.master;
    before.crash();
    const kept = before.replication.log.slice(0, Math.max(0, before.replication.log.length - lost));
    const after = this.start(before.clockErrorMs, kept);
    after.isUp = false;
    this.master = after;
    this.world.after(downMs, () => {
      // It may have been replaced before it was up.
      if (this.master !== after) return;
      after.isUp = true;
      this.addReplicas(after);
    });
  }

  /**
   * Promotes a replica, with what it has received. Pods in `stranded` go on talking to the old master until
   * `heal()`; without any, the old master is gone.
   */
  failOver(replica: Replica, clockErrorMs: number, stranded: readonly string[]): void {
    const before = this.master;
    const { log, replicas } = before.replication;
    const after = this.start(clockErrorMs, log.slice(0, replica.received));
    for (const other of replicas) if (other !== replica) after.replication.addReplica(other.lagMs);
    before.replication.forsake();
    // The former master comes back as a replica.
    this.world.after(3000, () => {
      if (this.master === after && after.isUp) this.addReplicas(after);
    });
    this.notifyReplicas(before, 0);
    this.notifyReplicas(after);
    this.master = after;
    this.old?.crash();
    this.old = undefined;
    this.stranded.clear();
    if (stranded.length === 0) return before.crash();
    this.old = before;
    for (const pod of stranded) this.stranded.add(pod);
    for (const connection of Array.from(before.connections))
      if (!this.stranded.has(connection.pod)) connection.closeByServer();
  }

  /** The old master learns that it is none: it refuses writes, then resynchronizes, and all reach the new one. */
  heal(): void {
    const { old } = this;
    if (old === undefined) return;
    old.double.isReadOnly = true;
    this.stranded.clear();
    this.world.after(500, () => {
      old.crash();
      if (this.old === old) this.old = undefined;
      this.healedAtMs = this.world.nowMs;
    });
  }

  private start(clockErrorMs: number, log: readonly Transaction[]): SimServer {
    this.started += 1;
    const server = new SimServer(
      `redis-${this.started}`,
      this.world,
      this.observe,
      clockErrorMs,
      () => this.steppedByMs,
    );
    this.furnish(server);
    const { data } = server.double;
    const { onWrite } = data;
    // The writes of a master are repeated as they are, expiries included.
    data.onWrite = () => undefined;
    data.expires = false;
    for (const transaction of log) for (const command of transaction) replicate(data, command);
    data.expires = true;
    data.onWrite = onWrite;
    server.replication.log.push(...log);
    this.onStart(server);
    return server;
  }

  /** Gives a master the replicas that it lacks. */
  addReplicas(server: SimServer): void {
    const { replicas } = server.replication;
    for (const lagMs of this.replicaLags.slice(replicas.length)) server.replication.addReplica(lagMs);
    this.notifyReplicas(server);
  }

  private notifyReplicas(server: SimServer, count = server.replication.replicas.length): void {
    server.double.info = { ...server.double.info, connected_slaves: count };
  }
}
