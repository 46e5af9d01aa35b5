import type { ConnectionRole } from './faults.js';
import type { Random } from './world/random.js';
import { NetworkPath } from './world/network-path.js';
import { SimConnection, type ConnectionHandler, type ConnectionPaths } from './world/sim-connection.js';
import type { SimProcess } from './world/sim-process.js';
import type { SimRedis } from './world/sim-redis.js';
import type { World } from './world/world.js';

/** The way between one pod and Redis, with the connections that take it. */
export class PodNetwork {
  private readonly paths: Readonly<Record<ConnectionRole, ConnectionPaths>>;
  private readonly connections = new Map<SimConnection, ConnectionRole>();
  /** Connections for presence are closed as they are opened. */
  private isPresenceRefused = false;

  constructor(
    world: World,
    random: Random,
    private readonly redis: SimRedis,
    private readonly pod: string,
    delayMs: number,
  ) {
    const path = () => new NetworkPath(world, random, delayMs);
    const pair = (): ConnectionPaths => ({ up: path(), down: path() });
    this.paths = { lease: pair(), runs: pair(), events: pair(), presence: pair() };
  }

  /** The directions of one connection, or of all. */
  ways(way: 'up' | 'down' | 'both', role?: ConnectionRole): readonly NetworkPath[] {
    const pairs = role === undefined ? Object.values(this.paths) : [this.paths[role]];
    return pairs.flatMap(({ up, down }) => (way === 'both' ? [up, down] : [way === 'up' ? up : down]));
  }

  connect(process: SimProcess, role: ConnectionRole, handler: ConnectionHandler): SimConnection {
    const server = this.redis.serverFor(this.pod);
    const connection: SimConnection = new SimConnection(process, server, this.pod, this.paths[role], {
      ...handler,
      onClose: error => {
        this.connections.delete(connection);
        handler.onClose(error);
      },
    });
    this.connections.set(connection, role);
    if (role === 'presence' && this.isPresenceRefused) connection.closeByServer();
    return connection;
  }

  /** Closes the connection for presence, and refuses others from now on. */
  dropPresence(end: 'both' | 'server'): void {
    this.isPresenceRefused = true;
    for (const [connection, role] of Array.from(this.connections)) {
      if (role !== 'presence') continue;
      if (end === 'server') connection.loseServerEnd();
      else connection.closeByServer();
    }
  }

  allowPresence(): void {
    this.isPresenceRefused = false;
  }

  /** Resets every connection, at both ends. */
  cut(): void {
    for (const connection of this.connections.keys()) connection.closeByServer();
  }

  halfOpen(end: 'client' | 'server'): void {
    for (const connection of Array.from(this.connections.keys()))
      if (end === 'client') connection.loseClientEnd();
      else connection.loseServerEnd();
  }

  /** The process has ended. */
  abandon(isMachineGone: boolean): void {
    for (const connection of this.connections.keys()) connection.abandon(isMachineGone);
    this.connections.clear();
  }

  /** Whether some connection is open here and gone there. */
  get isHalfOpen(): boolean {
    return [...this.connections.keys()].some(
      connection =>
        connection.isHalfOpen || (connection.isWritable && connection.server !== this.redis.master),
    );
  }

  heal(): void {
    this.allowPresence();
    for (const path of this.ways('both')) {
      path.extraMs = 0;
      path.repeatsAfterMs = undefined;
      path.heal();
    }
  }
}
