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
import { closed, RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { acquireLease, readLease, renewLease, resignLease } from './redis-scripts.js';

/**
 * The lease in Redis. One connection carries the commands; its opening and closing are reported, because a
 * holder's trust lives with it. A second one listens for resignations; without it candidates poll.
 */
export class RedisLeaseStore implements LeaseStore {
  private readonly connection: RedisConnection;
  private listener: LeaseListener = () => undefined;

  constructor(
    lease: Client,
    private readonly events: Client,
    private readonly keys: RedisKeys,
  ) {
    this.connection = new RedisConnection(lease);
    this.connection.watch({
      onOpen: () => this.listener({ kind: 'connected' }),
      onClose: cause => this.listener({ kind: 'disconnected', cause }),
    });
    this.events.on('ready', () => void this.events.subscribe(keys.events).catch(() => undefined));
    this.events.on('message', () => this.listener({ kind: 'resigned' }));
  }

  /** Opens the connections; they come back by themselves from then on. */
  open(): void {
    if (this.events.status === 'wait') this.events.connect().catch(() => undefined);
    this.connection.open();
  }

  watch(listener: LeaseListener): void {
    this.listener = listener;
  }

  async acquire({ candidateId, ttlMs }: AcquireRequest, signal: AbortSignal): Promise<AcquireAnswer> {
    const { lease, term, fence } = this.keys;
    return parseAcquire(
      await this.connection.ask(acquireLease, [lease, term, fence], [candidateId, ttlMs], signal),
    );
  }

  async renew({ candidateId, token, ttlMs }: RenewRequest, signal: AbortSignal): Promise<RenewAnswer> {
    const { lease, term } = this.keys;
    return parseRenew(
      await this.connection.ask(renewLease, [lease, term], [candidateId, token, ttlMs], signal),
    );
  }

  async resign({ candidateId, token }: ResignRequest, signal: AbortSignal): Promise<ResignAnswer> {
    const { lease, term, events } = this.keys;
    return parseResign(
      await this.connection.ask(resignLease, [lease, term], [candidateId, token, events], signal),
    );
  }

  async read(signal: AbortSignal): Promise<LeaseView> {
    const { lease, term } = this.keys;
    return parseRead(await this.connection.ask(readLease, [lease, term], [], signal));
  }

  async close(): Promise<void> {
    this.listener = () => undefined;
    await Promise.all([this.connection.close(), closed(this.events)]);
  }
}
