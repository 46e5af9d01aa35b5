import type { Keyspace } from '../redis-double/keyspace.js';
import type { SimConnection } from './sim-connection.js';
import type { World } from './world.js';

/** The writes of one command, or of one script: a replica has all of them or none. */
export type Transaction = readonly (readonly string[])[];

interface Waiter {
  readonly needed: number;
  readonly offset: number;
  readonly settle: (acks: number) => void;
}

/** A replica, as far as its master knows it. */
export interface Replica {
  /** One way. */
  readonly lagMs: number;
  /** How many transactions it has. */
  received: number;
  /** How many its master knows that it has. */
  acked: number;
  isLinked: boolean;
  isBusy: boolean;
}

/** The writes of a server, in order, and the replicas that have them. */
export class SimReplication {
  readonly log: Transaction[] = [];
  readonly replicas: Replica[] = [];
  private readonly waiters = new Set<Waiter>();
  private current: (readonly string[])[] = [];
  private readonly lastWriteOf = new WeakMap<SimConnection, number>();

  constructor(
    private readonly world: World,
    data: Keyspace,
  ) {
    data.onWrite = command => this.current.push(command);
  }

  addReplica(lagMs: number): void {
    const { length } = this.log;
    this.replicas.push({ lagMs, received: length, acked: length, isLinked: true, isBusy: false });
  }

  /** Ends the transaction of a command that was executed. */
  commit(connection: SimConnection): void {
    if (this.current.length === 0) return;
    this.log.push(this.current);
    this.current = [];
    this.lastWriteOf.set(connection, this.log.length);
    for (const replica of this.replicas) this.feed(replica);
  }

  /** WAIT: settles with the number of replicas that have all that the connection has written. */
  wait(connection: SimConnection, needed: number, timeoutMs: number, settle: (acks: number) => void): void {
    const offset = this.lastWriteOf.get(connection) ?? 0;
    const waiter: Waiter = {
      needed,
      offset,
      settle: acks => {
        if (this.waiters.delete(waiter)) settle(acks);
      },
    };
    this.waiters.add(waiter);
    if (timeoutMs > 0) this.world.after(timeoutMs, () => waiter.settle(this.acksOf(offset)));
    this.checkWaits();
  }

  /** One of the replicas is master now: none of them follows this one any more. */
  forsake(): void {
    for (const replica of this.replicas) replica.isLinked = false;
    this.replicas.length = 0;
  }

  /** Cuts a replica off, or lets it catch up again. */
  link(replica: Replica, isLinked: boolean): void {
    if (!this.replicas.includes(replica)) return;
    replica.isLinked = isLinked;
    this.feed(replica);
  }

  private feed(replica: Replica): void {
    if (replica.isBusy || !replica.isLinked || replica.received === this.log.length) return;
    replica.isBusy = true;
    const sent = this.log.length;
    this.world.after(replica.lagMs, () => {
      replica.isBusy = false;
      if (!replica.isLinked) return;
      replica.received = sent;
      this.world.after(replica.lagMs, () => {
        if (!replica.isLinked) return;
        replica.acked = Math.max(replica.acked, sent);
        this.checkWaits();
      });
      this.feed(replica);
    });
  }

  private checkWaits(): void {
    for (const waiter of this.waiters) {
      const acks = this.acksOf(waiter.offset);
      if (acks >= waiter.needed) waiter.settle(acks);
    }
  }

  private acksOf(offset: number): number {
    return this.replicas.filter(({ isLinked, acked }) => isLinked && acked >= offset).length;
  }
}
