import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';
import { TcpDirection, type Treatment } from './tcp-direction.js';

/**
 * A network that misbehaves on request, between a client and a server on this machine.
 *
 * It keeps what TCP keeps: a stream may stall, end or stay silent, but it never has a hole in its middle. So a
 * direction of a connection that lost bytes carries no more of them, also after `pass()`, as behind a firewall
 * that forgot the connection; `reset()` makes the client notice at once. A direction that was idle meanwhile, and
 * every new connection, works as before. The close of one end reaches the other when the network works again.
 *
 * Each mode holds for present and future connections, until the next one. It takes effect before the method
 * returns; the promise settles when the port listens (or, for `refuse` and `close`, no longer does).
 */
export class TcpProxy {
  readonly #server: Server;
  readonly #connections = new Set<Pick<Connection, 'enter' | 'heldBytes' | 'reset' | 'sever'>>();
  #mode: Mode = passing;
  #arrival: Arrival = 'pass';
  #lostBytes = 0;
  #arrivals = 0;

  /** Listens on a free port and passes everything on to `targetPort`, which need not listen yet. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort, await freePort());
    await proxy.pass();
    return proxy;
  }

  private constructor(
    private readonly targetPort: number,
    /** The port clients connect to; it stays the same through `refuse()`. */
    readonly port: number,
  ) {
    this.#server = createServer(client => this.#accept(client));
  }

  /** For ioredis, without credentials. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How many connections are open, on the side of the client or of the server. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many connections clients have opened since `start`. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** How many bytes wait for `pass()`, or for their delay to be over. */
  get heldBytes(): number {
    return [...this.#connections].reduce((sum, connection) => sum + connection.heldBytes, 0);
  }

  /** How many bytes have been lost since `start`: how a test sees that a message has met its fate. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** The healthy network: delivers what was held or delayed, and everything from now on, at once. */
  pass(): Promise<void> {
    return this.#enter(passing);
  }

  /** A black hole: connections stay open and new ones are accepted, yet every byte is lost for ever. */
  swallow(): Promise<void> {
    return this.#enter({ requests: 'lose', replies: 'lose', delayMs: 0 });
  }

  /** A stalled network: bytes of both directions wait for `pass()`. */
  hold(): Promise<void> {
    return this.#enter({ requests: 'hold', replies: 'hold', delayMs: 0 });
  }

  /** Commands arrive and take effect, their replies are lost for ever. */
  dropReplies(): Promise<void> {
    return this.#enter({ requests: 'carry', replies: 'lose', delayMs: 0 });
  }

  /** A slow network: each direction takes `ms` milliseconds longer. */
  delay(ms: number): Promise<void> {
    return this.#enter({ requests: 'carry', replies: 'carry', delayMs: ms });
  }

  /**
   * A port whose server is away, or too busy: resets the connections that exist, and treats new ones like this until
   * the next mode: `close` at once, `reset` at once, `silent` for ever, `close-after-reply`: with the server's first
   * bytes; or says a line and closes.
   */
  async turnAway(arrival: Exclude<Arrival, 'pass'>): Promise<void> {
    await this.#enter(passing);
    this.#arrival = arrival;
    this.reset();
  }

  /** The connections that exist lose every byte from now on, and are never closed; new ones work. */
  async halfOpen(): Promise<void> {
    await this.#enter(passing);
    for (const connection of this.#connections)
      connection.enter({ requests: 'lose', replies: 'lose', delayMs: 0 });
  }

  /**
   * Closes a connection at the server's end only: the client is not notified before `pass()`. Answers whether there is
   * such a connection.
   *
   * @param port of the client, as the server knows it
   */
  sever(port: number): boolean {
    return [...this.#connections].some(connection => connection.sever(port));
  }

  /** A server that is gone: resets every connection and refuses new ones. */
  async refuse(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    this.reset();
    await closed;
  }

  /** Resets the connections that exist, and nothing else. */
  reset(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** Resets every connection and frees the port. */
  async close(): Promise<void> {
    await this.refuse();
  }

  async #enter(mode: Mode): Promise<void> {
    this.#mode = mode;
    this.#arrival = 'pass';
    for (const connection of this.#connections) connection.enter(mode);
    if (this.#server.listening) return;
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #accept(client: Socket): void {
    this.#arrivals += 1;
    if (this.#arrival !== 'pass' && this.#arrival !== 'close-after-reply')
      return this.#refuse(client, this.#arrival);
    const upstream = createConnection({ port: this.targetPort, host: '127.0.0.1' });
    const connection = new Connection(client, upstream, {
      lost: bytes => (this.#lostBytes += bytes),
      closed: () => this.#connections.delete(connection),
    });
    connection.enter(this.#mode);
    this.#connections.add(connection);
    if (this.#arrival === 'close-after-reply')
      upstream.once('data', () => setImmediate(() => client.destroySoon()));
  }

  /** Connections that are turned away stay open as long as the port does, or as the client likes. */
  #refuse(client: Socket, arrival: Exclude<Arrival, 'pass' | 'close-after-reply'>): void {
    const turnedAway = { reset: () => reset(client), enter: () => {}, heldBytes: 0, sever: () => false };
    this.#connections.add(turnedAway);
    client.on('error', () => {}).on('close', () => this.#connections.delete(turnedAway));
    if (arrival === 'silent') client.resume();
    else if (arrival === 'reset') reset(client);
    else if (arrival === 'close') client.destroySoon();
    else client.end(arrival.line);
  }
}

/**
 * Closes a socket by a reset. One that is being ended is destroyed: libuv refuses to reset it, and Node 20 then waits for
 * its handle for ever when the process exits, at full speed.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** The treatment of a new connection. */
export type Arrival = 'pass' | 'close' | 'reset' | 'silent' | 'close-after-reply' | { readonly line: string };

interface Mode {
  readonly requests: Treatment;
  readonly replies: Treatment;
  readonly delayMs: number;
}

const passing: Mode = { requests: 'carry', replies: 'carry', delayMs: 0 };

/** Events of a connection. */
interface Reports {
  readonly lost: (bytes: number) => void;
  readonly closed: () => void;
}

class Connection {
  readonly #requests: TcpDirection;
  readonly #replies: TcpDirection;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    reports: Reports,
  ) {
    this.#requests = new TcpDirection(client, upstream, reports.lost);
    this.#replies = new TcpDirection(upstream, client, reports.lost);
    const closedWithBoth = () => client.destroyed && upstream.destroyed && reports.closed();
    for (const socket of [client, upstream]) socket.setNoDelay().on('close', closedWithBoth);
  }

  get heldBytes(): number {
    return this.#requests.heldBytes + this.#replies.heldBytes;
  }

  enter(mode: Mode): void {
    this.#requests.enter(mode.requests, mode.delayMs);
    this.#replies.enter(mode.replies, mode.delayMs);
  }

  reset(): void {
    reset(this.client);
    this.upstream.destroy();
  }

  sever(port: number): boolean {
    if (this.upstream.localPort !== port) return false;
    this.#replies.enter('hold', 0);
    this.upstream.destroy();
    return true;
  }
}
