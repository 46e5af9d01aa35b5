import type { Random } from './world/random.js';
import { NetworkPath } from './world/network-path.js';
import { SimConnection, type ConnectionHandler } from './world/sim-connection.js';
import type { SimProcess } from './world/sim-process.js';
import type { SimRedis } from './world/sim-redis.js';
import type { World } from './world/world.js';

/** The way between one pod and Redis, with the connections that take it. */
export class PodNetwork {
  readonly up: NetworkPath;
  readonly down: NetworkPath;
  private readonly connections = new Set<SimConnection>();

  constructor(
    world: World,
    random: Random,
    private readonly redis: SimRedis,
    private readonly pod: string,
    delayMs: number,
  ) {
    this.up = new NetworkPath(world, random, delayMs);
    this.down = new NetworkPath(world, random, delayMs);
  }

  connect(process: SimProcess, handler: ConnectionHandler): SimConnection {
    const server = this.redis.serverFor(this.pod);
    const connection: SimConnection = new SimConnection(process, server, this.pod, this, {
      ...handler,
      onClose: error => {
        this.connections.delete(connection);
        handler.onClose(error);
      },
    });
    this.connections.add(connection);
    return connection;
  }

  /** Resets every connection, at both ends. */
  cut(): void {
    for (const connection of this.connections) connection.closeByServer();
  }

  halfOpen(end: 'client' | 'server'): void {
    for (const connection of Array.from(this.connections))
      if (end === 'client') connection.loseClientEnd();
      else connection.loseServerEnd();
  }

  /** The process has ended. */
  abandon(isMachineGone: boolean): void {
    for (const connection of this.connections) connection.abandon(isMachineGone);
    this.connections.clear();
  }

  /** Whether some connection is open here and gone there. */
  get isHalfOpen(): boolean {
    return [...this.connections].some(
      connection =>
        connection.isHalfOpen || (connection.isWritable && connection.server !== this.redis.master),
    );
  }

  heal(): void {
    for (const path of [this.up, this.down]) {
      path.extraMs = 0;
      path.repeatsAfterMs = undefined;
      path.heal();
    }
  }
}
