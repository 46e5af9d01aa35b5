import { RedisDouble } from '../redis-double/redis-double.js';
import type { Reply } from '../redis-double/reply.js';
import type { SimConnection } from './sim-connection.js';
import { SimReplication } from './sim-replication.js';
import { EPOCH, type World } from './world.js';

/** Called with everything that a server executed. */
export type ServerObserver = (server: SimServer, pod: string, args: readonly string[], reply: Reply) => void;

/** A Redis server process: a double with connections, which can be paused or end. */
export class SimServer {
  readonly double: RedisDouble;
  readonly replication: SimReplication;
  readonly connections = new Set<SimConnection>();
  isUp = true;
  private readonly goneAt = new Map<string, number>();
  private readonly startedAtMs: number;
  private isPaused = false;
  private pending: (() => void)[] = [];

  /** @param clockErrorMs how far its clock is off */
  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly observe: ServerObserver,
    public clockErrorMs: number,
    /** By how much the clocks of all servers were set. */
    private readonly stepMs: () => number = () => 0,
  ) {
    this.double = new RedisDouble(() => this.nowMs);
    this.startedAtMs = world.nowMs;
    this.replication = new SimReplication(world, this.double.data);
  }

  /** By its own clock, Unix ms. */
  get nowMs(): number {
    return EPOCH + this.world.nowMs + this.clockErrorMs + this.stepMs();
  }

  /** Something arrived: it is handled at once, or when the process goes on. */
  receive(handle: () => void): void {
    if (this.isPaused) this.pending.push(handle);
    else handle();
  }

  execute(connection: SimConnection, args: readonly string[]): Reply {
    const reply = this.double.execute(connection.session, args);
    this.replication.commit(connection);
    this.observe(this, connection.pod, args, reply);
    return reply;
  }

  /** When the last subscriber of a channel left it, in true time. */
  goneSince(channel: string): number {
    const isThere = [...this.double.sessions].some(({ channels }) => channels.has(channel));
    return isThere ? Infinity : (this.goneAt.get(channel) ?? this.startedAtMs);
  }

  /** A connection has ended. */
  forget(connection: SimConnection): void {
    this.connections.delete(connection);
    this.double.sessions.delete(connection.session);
    for (const channel of connection.session.channels) this.goneAt.set(channel, this.world.nowMs);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    const pending = this.pending;
    this.pending = [];
    for (const handle of pending) this.receive(handle);
  }

  /** Ends the process: every connection is reset, and what had not been handled never is. */
  crash(): void {
    this.isUp = false;
    this.isPaused = false;
    this.pending = [];
    this.dropConnections();
  }

  /** Closes every connection and goes on. */
  dropConnections(): void {
    for (const connection of Array.from(this.connections)) connection.closeByServer();
  }
}
