import { StoreUnavailableError } from '../../core/errors.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  LeaseListener,
  LeaseStore,
  LeaseView,
  RenewAnswer,
  RenewRequest,
  ResignAnswer,
  ResignRequest,
} from '../../ports/lease-store.js';
import { parseAcquire, parseRead, parseRenew, parseResign } from './lease-codec.js';
import type { Client } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import { acquireLease, readLease, renewLease, resignLease, run, type Script } from './redis-scripts.js';

/** So many commands in a row without an answer, and the connection counts as dead. */
const UNANSWERED_LIMIT = 2;

/**
 * The lease in Redis. One connection carries the commands; its opening and closing are reported, because a
 * holder's trust lives with it. A second one listens for resignations; without it candidates poll.
 */
export class RedisLeaseStore implements LeaseStore {
  private listener: LeaseListener = () => undefined;
  private lastError: unknown;
  private unanswered = 0;

  constructor(
    private readonly lease: Client,
    private readonly events: Client,
    private readonly keys: RedisKeys,
  ) {
    this.lease.on('error', (error: unknown) => (this.lastError = error));
    this.lease.on('ready', () => this.onOpen());
    this.lease.on('close', () => this.onClose());
    // A cluster closes as a whole only; the node that carries the lease may be this one.
    this.lease.on('-node', () => this.onNodeGone());
    this.events.on('ready', () => void this.events.subscribe(keys.events).catch(() => undefined));
    this.events.on('message', () => this.listener({ kind: 'resigned' }));
  }

  /** Opens the connections; they come back by themselves from then on. */
  open(): void {
    for (const client of [this.lease, this.events]) {
      // A failed attempt is followed by the next one, and reported by the events above.
      if (client.status === 'wait') client.connect().catch(() => undefined);
    }
    if (this.lease.status === 'ready') this.onOpen();
  }

  watch(listener: LeaseListener): void {
    this.listener = listener;
  }

  async acquire({ candidateId, ttlMs }: AcquireRequest, signal: AbortSignal): Promise<AcquireAnswer> {
    const { lease, term, fence } = this.keys;
    return parseAcquire(await this.ask(acquireLease, [lease, term, fence], [candidateId, ttlMs], signal));
  }

  async renew({ candidateId, token, ttlMs }: RenewRequest, signal: AbortSignal): Promise<RenewAnswer> {
    const { lease, term } = this.keys;
    return parseRenew(await this.ask(renewLease, [lease, term], [candidateId, token, ttlMs], signal));
  }

  async resign({ candidateId, token }: ResignRequest, signal: AbortSignal): Promise<ResignAnswer> {
    const { lease, term, events } = this.keys;
    return parseResign(await this.ask(resignLease, [lease, term], [candidateId, token, events], signal));
  }

  async read(signal: AbortSignal): Promise<LeaseView> {
    const { lease, term } = this.keys;
    return parseRead(await this.ask(readLease, [lease, term], [], signal));
  }

  close(): Promise<void> {
    this.listener = () => undefined;
    return Promise.all([this.lease, this.events].map(closed)).then(() => undefined);
  }

  private async ask(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const onAbort = (): void => this.noteUnanswered();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reply = await run(this.lease, script, keys, args);
      this.unanswered = 0;
      return reply;
    } catch (cause) {
      throw unavailable(isOffline(cause) ? (this.lastError ?? cause) : cause);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** A connection that swallows commands is dropped: the next one may work, this one may hang for minutes. */
  private noteUnanswered(): void {
    this.unanswered += 1;
    if (this.unanswered < UNANSWERED_LIMIT) return;
    this.unanswered = 0;
    this.lease.disconnect(true);
  }

  private onOpen(): void {
    this.unanswered = 0;
    this.listener({ kind: 'connected' });
  }

  private onClose(): void {
    this.listener({ kind: 'disconnected', cause: unavailable(this.lastError) });
  }

  private onNodeGone(): void {
    if (this.lease.status !== 'ready') return;
    this.onClose();
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

function closed(client: Client): Promise<void> {
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
