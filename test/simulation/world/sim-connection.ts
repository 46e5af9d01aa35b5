import type { Reply } from '../redis-double/reply.js';
import type { Session } from '../redis-double/server-commands.js';
import type { OrderedLink, NetworkPath } from './network-path.js';
import type { SimProcess } from './sim-process.js';
import type { SimServer } from './sim-server.js';

/** Commands about the connection on which they come. */
const ABOUT_CONNECTION: ReadonlySet<string> = new Set([
  'HELLO',
  'CLIENT',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'WAIT',
]);

/** Notifications of a connection to its client. */
export interface ConnectionHandler {
  onOpen(): void;
  onReply(reply: Reply): void;
  onMessage(channel: string, message: string): void;
  /** @param error `undefined` for an orderly end */
  onClose(error: Error | undefined): void;
}

export interface ConnectionPaths {
  readonly up: NetworkPath;
  readonly down: NetworkPath;
}

/**
 * One TCP connection. Both ends know of its end only when they are notified: one may be gone while the other goes on
 * believing (half-open).
 */
export class SimConnection {
  readonly session: Session;
  private readonly up: OrderedLink;
  private readonly upPath: NetworkPath;
  private readonly down: OrderedLink;
  private client: 'opening' | 'open' | 'ending' | 'closed' = 'opening';
  private isServed = false;
  /** Commands that wait behind one that blocks (WAIT). */
  private blocked: (readonly string[])[] | undefined;

  constructor(
    private readonly process: SimProcess,
    readonly server: SimServer,
    /** The pod whose connection it is. */
    readonly pod: string,
    paths: ConnectionPaths,
    private readonly handler: ConnectionHandler,
  ) {
    this.upPath = paths.up;
    this.up = paths.up.openLink();
    this.down = paths.down.openLink();
    this.session = {
      channels: new Set(),
      protocol: 2,
      onMessage: (channel, message) => this.toClient(() => this.handler.onMessage(channel, message)),
    };
    this.up.send(() => this.accept());
  }

  get isWritable(): boolean {
    return this.client === 'open';
  }

  get isHalfOpen(): boolean {
    return (this.client === 'open' || this.client === 'ending') && !this.isServed;
  }

  write(args: readonly string[]): void {
    this.up.send(() => this.server.receive(() => this.serve(args)));
    // Commands about a connection make no sense on another one, and are not repeated.
    if (ABOUT_CONNECTION.has(args[0] ?? '')) return;
    const again = [...args];
    this.upPath.repeat(() => this.server.receive(() => this.serveAgain(again)));
  }

  /** Closes it politely: what was written before is still executed. */
  end(): void {
    if (this.client !== 'open' && this.client !== 'opening') return;
    this.client = 'ending';
    this.up.send(() => this.server.receive(() => this.leave()));
  }

  /** Closes it at once. */
  destroy(error?: Error): void {
    if (this.client === 'closed') return;
    const isKnown = this.client !== 'ending';
    this.closeHere(error);
    if (isKnown) this.up.send(() => this.server.receive(() => this.leave()));
  }

  /** The process ended: its kernel says so, unless the machine went with it. */
  abandon(isMachineGone: boolean): void {
    if (this.client === 'closed') return;
    this.client = 'closed';
    if (!isMachineGone) this.up.send(() => this.server.receive(() => this.leave()));
  }

  /** The client's end is lost (a timeout of a firewall), and the server is not notified. */
  loseClientEnd(): void {
    if (this.client !== 'open') return;
    this.process.receive(() => this.closeHere(reset()));
  }

  /** The server's end is lost, and the client finds out when it writes. */
  loseServerEnd(): void {
    this.detach();
  }

  closeByServer(): void {
    this.detach();
    this.toClient(() => this.closeHere(reset()));
  }

  private accept(): void {
    if (this.client === 'closed') return;
    if (!this.server.isUp) return this.toClient(() => this.closeHere(refused()));
    this.isServed = true;
    this.server.connections.add(this);
    this.server.double.sessions.add(this.session);
    this.toClient(() => {
      if (this.client !== 'opening') return;
      this.client = 'open';
      this.handler.onOpen();
    });
  }

  private serve(args: readonly string[]): void {
    // A writer to an end that is gone is notified.
    if (!this.isServed) return this.toClient(() => this.closeHere(reset()));
    if (this.blocked !== undefined) return void this.blocked.push(args);
    if (args[0] !== 'WAIT') return this.reply(this.server.execute(this, args));
    this.blocked = [];
    this.server.replication.wait(this, Number(args[1]), Number(args[2]), acks => this.unblock(acks));
  }

  /** The answer to a repeated command reaches no client. */
  private serveAgain(args: readonly string[]): void {
    if (this.server.isUp) this.server.execute(this, args);
  }

  private unblock(acks: number): void {
    const waiting = this.blocked ?? [];
    this.blocked = undefined;
    if (!this.isServed) return;
    this.reply(acks);
    for (const args of waiting) this.serve(args);
  }

  private reply(reply: Reply): void {
    this.toClient(() => this.handler.onReply(reply));
  }

  /** The client has closed. */
  private leave(): void {
    this.detach();
    this.toClient(() => this.closeHere(undefined));
  }

  private detach(): void {
    this.isServed = false;
    this.server.forget(this);
    this.session.channels.clear();
  }

  private toClient(handle: () => void): void {
    this.down.send(() => {
      if (this.client !== 'closed') this.process.receive(handle);
    });
  }

  private closeHere(error: Error | undefined): void {
    if (this.client === 'closed') return;
    this.client = 'closed';
    this.handler.onClose(error);
  }
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}

function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });
}
