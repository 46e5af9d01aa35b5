import { setMaxListeners } from 'node:events';

import { StoreUnavailableError } from '../../core/errors.js';
import { InvalidValues } from './invalid-values.js';
import type { Client } from './redis-client.js';
import { run, type Script } from './redis-scripts.js';

/** So many commands in a row without an answer, and the connection counts as dead. */
const UNANSWERED_LIMIT = 2;

/** What a connection tells its owner. */
export interface ConnectionListener {
  /** It is open (again), also when that happened before anybody listened. */
  onOpen(): void;
  /** It has closed, or could not be opened. */
  onClose(cause: StoreUnavailableError): void;
}

/** One connection for scripts: it fails fast, comes back by itself, and is dropped when it swallows commands. */
export class RedisConnection {
  private listener: ConnectionListener = { onOpen: () => undefined, onClose: () => undefined };
  private lastError: unknown;
  private unanswered = 0;
  private openings = 0;
  private noteFirst = (): void => undefined;
  private answers = 0;
  /** Signals that were noted: what was sent together went unanswered together. */
  private readonly abandoned = new WeakSet<AbortSignal>();

  /** Resolves when it has been opened for the first time. */
  readonly opened = new Promise<void>(resolve => (this.noteFirst = resolve));

  /** @param invalid told of what scripts find that none of them wrote */
  constructor(
    readonly client: Client,
    private readonly invalid = new InvalidValues(),
  ) {
    client.on('error', (error: unknown) => (this.lastError = error));
    client.on('ready', () => this.onOpen());
    client.on('close', () => this.listener.onClose(unavailable(this.lastError)));
    // A cluster closes as a whole only; the node that carries our keys may be this one.
    client.on('-node', () => this.onNodeGone());
  }

  watch(listener: ConnectionListener): void {
    this.listener = listener;
  }

  /** Opens the connection; it comes back by itself from then on. */
  open(): void {
    // A failed attempt is followed by the next one, and reported by the events above.
    if (this.client.status === 'wait') this.client.connect().catch(() => undefined);
    if (this.client.status === 'ready') this.onOpen();
  }

  /** Changes whenever the connection is opened anew. */
  get epoch(): number {
    return this.openings;
  }

  /**
   * Runs a script. Rejects with `StoreUnavailableError`, whatever went wrong; the signal says that nobody waits.
   *
   * @param server instead of whichever node of a Cluster has the keys
   */
  async ask(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
    server: Client = this.client,
  ): Promise<unknown> {
    return this.invalid.takeFrom(await this.send(() => run(server, script, keys, args), signal));
  }

  /** Sends any command, on the same terms. */
  async send<Reply>(command: () => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    const { answers } = this;
    const onAbort = (): void => {
      // Where another command was answered meanwhile, the server is slow, and a new connection would not help.
      if (this.answers === answers) this.noteUnanswered(signal);
    };
    // Commands that are sent together share one signal.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reply = await command();
      this.noteAnswered();
      return reply;
    } catch (cause) {
      if (cause instanceof Error && cause.name === 'ReplyError') this.noteAnswered();
      throw unavailable(isOffline(cause) ? (this.lastError ?? cause) : cause);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Reads a hash. One of another type, which somebody has put in its place, is empty. */
  readHash(key: string, signal: AbortSignal): Promise<Record<string, string>> {
    const read = async () => {
      try {
        return await this.client.hgetall(key);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('WRONGTYPE')) return {};
        throw error;
      }
    };
    return this.send(read, signal);
  }

  /**
   * Opens it anew whenever another client has been, unless it has been itself meanwhile. Where a name stands for another
   * server now, connections to the old one may stay open; all of a process are to lead to the same.
   */
  follow(other: Client): void {
    let openings: number | undefined;
    other.on('close', () => (openings = this.openings));
    other.on('ready', () => {
      if (openings === this.openings && this.client.status === 'ready') this.client.disconnect(true);
      openings = undefined;
    });
  }

  close(): Promise<void> {
    this.watch({ onOpen: () => undefined, onClose: () => undefined });
    return closed(this.client);
  }

  /** A connection that swallows commands is dropped: the next one may work, this one may hang for minutes. */
  private noteUnanswered(signal: AbortSignal): void {
    if (this.abandoned.has(signal)) return;
    this.abandoned.add(signal);
    this.unanswered += 1;
    if (this.unanswered < UNANSWERED_LIMIT) return;
    this.unanswered = 0;
    this.client.disconnect(true);
  }

  private noteAnswered(): void {
    this.unanswered = 0;
    this.answers += 1;
  }

  private onOpen(): void {
    this.unanswered = 0;
    this.openings += 1;
    this.noteFirst();
    this.listener.onOpen();
  }

  private onNodeGone(): void {
    if (this.client.status !== 'ready') return;
    this.listener.onClose(unavailable(this.lastError));
    this.onOpen();
  }
}

/** Whether ioredis refused a command because there is no connection; what ended that says more. */
function isOffline(cause: unknown): boolean {
  return (
    cause instanceof Error && /Stream isn't writeable|Connection is closed|isn't ready/.test(cause.message)
  );
}

function unavailable(cause: unknown): StoreUnavailableError {
  const reason = cause instanceof Error ? cause.message : 'the connection closed';
  return new StoreUnavailableError({
    problem: `Redis is not available: ${reason}`,
    remedy: 'Jobs stand by and go on by themselves when it answers again',
    cause,
  });
}

/** Between two connections there is nothing to close, and ioredis would never say that it has ended. */
const NOT_CONNECTED = ['wait', 'reconnecting', 'close', 'end'];
const CLOSE_LIMIT_MS = 1000;

/** Closes a client; settles when it has closed. */
export function closed(client: Client): Promise<void> {
  if (NOT_CONNECTED.includes(client.status)) {
    if (client.status !== 'end') client.disconnect();
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
    client.once('end', () => {
      clearTimeout(limit);
      resolve();
    });
    client.disconnect();
  });
}
