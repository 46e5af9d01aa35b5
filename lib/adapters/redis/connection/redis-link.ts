/*
 * One connection to Redis, kept up by a client that can be replaced.
 *
 * A client library reports a state; only an answer proves it. (ioredis 5.8 to 5.11 stays `ready` on a stream that is
 * dead, and neither disconnect() nor connect() revives it.) So a connection is open when commands of our own were
 * answered on it, and it is given another client when
 *  - the library does not come back with an attempt in time,
 *  - the library says `ready` and the first commands are not answered or are refused,
 *  - a command is pending and nothing has been answered for too long.
 */
import type { StoreUnavailableError } from '../../../core/errors/errors.js';
import type { Clock, Timer } from '../../../ports/clock.js';
import { OpenWaiters } from './open-waiters.js';
import type { Client } from './redis-client.js';
import { isOffline, isReplyError, unavailable } from './redis-errors.js';
import { closed, guardSockets, retire } from './retire-client.js';

/** Between two clients: as long as the library waits between two attempts. */
const REPLACE_MS = 100;
/** After a refusal (a wrong password, no such database), or a factory that threw: a person has to act first. */
const REFUSED_MS = 1000;

/** Receives the reports of a link. */
export interface LinkListener {
  /** It is open (again), and answers. */
  onOpen?(): void;
  /** It has closed, could not be opened, or was given up. */
  onClose?(cause: StoreUnavailableError): void;
  /** A message on a channel that was subscribed to. */
  onMessage?(message: string): void;
}

export interface RedisLinkDeps {
  /** Makes a client that is not open yet: one at once, and another one whenever the connection is replaced. */
  readonly make: () => Client;
  /** The first commands on every new connection. It counts as open when they are answered; a rejection refuses it. */
  readonly verify: (client: Client) => Promise<unknown>;
  readonly clock: Clock;
  /** How long one attempt to open it may take, the first commands included, ms. */
  readonly openLimitMs: number;
  /** Receives errors of this package's own code. */
  readonly onBug: (error: unknown) => void;
}

/** `failed`: the last attempt has failed and others follow. */
type Stage = 'idle' | 'opening' | 'open' | 'failed' | 'closed';

export class RedisLink {
  private stage: Stage = 'idle';
  private current: Client;
  /** Whether what the client reports counts: it has not been given up. */
  private isLive = true;
  private lastError: unknown;
  private openings = 0;
  /** Changes whenever what was sent before says nothing any more about the connection. */
  private attempt = 0;
  private timer: Timer | undefined;
  private readonly listeners = new Set<LinkListener>();
  private readonly waiters = new OpenWaiters();

  constructor(private readonly deps: RedisLinkDeps) {
    this.current = this.attach(deps.make());
  }

  /** The client of now. It may be another one after every wait. */
  get client(): Client {
    return this.current;
  }

  get isOpen(): boolean {
    return this.stage === 'open';
  }

  /** Why it is not open, or why it was not; `undefined` when it is, and when nothing has said why. */
  get reason(): unknown {
    return this.lastError;
  }

  /** How often it has been opened. */
  get epoch(): number {
    return this.openings;
  }

  watch(listener: LinkListener): void {
    this.listeners.add(listener);
  }

  /** Opens it, once; it comes back by itself from then on. */
  open(): void {
    if (this.stage === 'idle') this.begin('opening');
  }

  /**
   * The client of an open connection. While the first attempt goes on, waits for it; rejects with
   * `StoreUnavailableError` when it fails, when the signal aborts, and at once after a failure.
   */
  usable(signal: AbortSignal): Client | Promise<Client> {
    this.open();
    if (this.stage === 'open') return this.current;
    if (this.stage !== 'opening') throw unavailable(this.lastError);
    return this.waiters.add(signal, () => this.lastError ?? notYet());
  }

  /** Goes on with another client; what this one has not answered is lost. */
  replace(cause: unknown, delayMs = REPLACE_MS): void {
    if (this.stage === 'closed') return;
    this.giveUp();
    this.fail(cause);
    this.after(delayMs, () => this.renew('failed'));
  }

  /** Opens it anew, though nothing is known to be wrong with it: commands wait for the next client. */
  reopen(): void {
    if (this.stage !== 'open') return;
    this.giveUp();
    this.renew('opening');
  }

  /** The library has refused to send a command on a connection that counts as open. It may be about to say why. */
  doubt(client: Client, cause: unknown): void {
    const { attempt } = this;
    if (client !== this.current || this.stage !== 'open') return;
    this.deps.clock.timer(REPLACE_MS, () => {
      if (this.attempt === attempt && this.stage === 'open') this.replace(cause);
    });
  }

  close(): Promise<void> {
    if (this.stage === 'closed') return Promise.resolve();
    this.stage = 'closed';
    this.attempt += 1;
    this.timer?.cancel();
    this.listeners.clear();
    this.waiters.reject(new Error('Connection is closed.'));
    return closed(this.current);
  }

  /** Events of a client that was replaced mean nothing any more. */
  private attach(client: Client): Client {
    const isCurrent = (): boolean =>
      client === this.current && this.isLive && this.stage !== 'idle' && this.stage !== 'closed';
    guardSockets(client);
    client.on('error', (error: unknown) => isCurrent() && this.onError(error));
    client.on('ready', () => isCurrent() && this.startVerifying(client));
    client.on('close', () => isCurrent() && this.onClosed());
    // A cluster closes as a whole only; the node that carries our keys may be this one.
    client.on('-node', () => isCurrent() && this.onNodeGone(client));
    client.on('message', (_channel: string, message: string) => {
      if (isCurrent()) this.notify(listener => listener.onMessage?.(message));
    });
    return client;
  }

  private begin(stage: 'opening' | 'failed'): void {
    this.stage = stage;
    this.limitOpening();
    const { current } = this;
    // A failed attempt is followed by the next one, and reported by events.
    if (current.status === 'wait') current.connect().catch(() => undefined);
    if (current.status === 'ready') this.startVerifying(current);
  }

  private renew(stage: 'opening' | 'failed'): void {
    this.attempt += 1;
    try {
      this.current = this.attach(this.deps.make());
      this.isLive = true;
    } catch (cause) {
      this.fail(cause);
      this.after(REFUSED_MS, () => this.renew('failed'));
      return;
    }
    this.begin(stage);
  }

  private giveUp(): void {
    this.isLive = false;
    retire(this.current);
  }

  /** `verify` handles a refusal: it rejects only with an error of this package's own code. */
  private startVerifying(client: Client): void {
    this.verify(client).catch(this.deps.onBug);
  }

  private async verify(client: Client): Promise<void> {
    const attempt = (this.attempt += 1);
    try {
      await this.deps.verify(client);
    } catch (cause) {
      if (this.attempt === attempt) this.onRefused(cause);
      return;
    }
    if (this.attempt === attempt) this.onVerified();
  }

  private onVerified(): void {
    this.timer?.cancel();
    this.stage = 'open';
    this.lastError = undefined;
    this.openings += 1;
    this.waiters.resolve(this.current);
    this.notify(listener => listener.onOpen?.());
  }

  private onRefused(cause: unknown): void {
    const reason = isOffline(cause) ? (this.lastError ?? cause) : cause;
    this.replace(reason, isReplyError(cause) ? REFUSED_MS : REPLACE_MS);
  }

  private onError(error: unknown): void {
    this.lastError = error;
    if (this.stage !== 'opening') return;
    this.stage = 'failed';
    this.waiters.reject(error);
  }

  /** The library tries again by itself: as long as it reports, it is at work. */
  private onClosed(): void {
    this.fail(this.lastError);
    this.limitOpening();
  }

  private onNodeGone(client: Client): void {
    if (this.stage !== 'open') return;
    this.fail(this.lastError);
    this.limitOpening();
    if (client.status === 'ready') this.startVerifying(client);
  }

  private fail(cause: unknown): void {
    this.attempt += 1;
    this.stage = 'failed';
    this.lastError = cause;
    this.waiters.reject(cause);
    this.notify(listener => listener.onClose?.(unavailable(cause)));
  }

  /** An error of a listener costs neither the connection nor the other listeners. */
  private notify(call: (listener: LinkListener) => void): void {
    for (const listener of this.listeners) {
      try {
        call(listener);
      } catch (error) {
        this.deps.onBug(error);
      }
    }
  }

  private limitOpening(): void {
    const { clock, openLimitMs } = this.deps;
    this.after(openLimitMs, () => {
      // After a busy moment the answer may lie in the socket.
      clock.immediate(() => {
        if (this.stage === 'opening' || this.stage === 'failed') this.replace(this.lastError ?? notYet(), 0);
      });
    });
  }

  private after(delayMs: number, act: () => void): void {
    this.timer?.cancel();
    this.timer = this.deps.clock.timer(delayMs, act);
  }
}

function notYet(): Error {
  return new Error('there was no connection in time');
}
