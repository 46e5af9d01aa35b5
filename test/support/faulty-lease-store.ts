import type { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  LeaseListener,
  LeaseStore,
  LeaseView,
  ProbeAnswer,
  ProbeRequest,
  RenewAnswer,
  RenewRequest,
  ResignAnswer,
  ResignRequest,
} from '../../lib/ports/lease-store.js';

/** The fault of the next commands of a candidate. */
export type Fault = 'none' | 'fails' | 'hangs' | 'loses-replies';

/** One candidate's way to a shared store, which can be made to misbehave. */
export class FaultyLeaseStore implements LeaseStore {
  fault: Fault = 'none';
  /** Receives no signal of changes or requests. */
  isDeaf = false;
  /** How many commands were sent. */
  asked = 0;
  private listener: LeaseListener = () => undefined;

  constructor(private readonly inner: RamLeaseStore) {}

  acquire(request: AcquireRequest): Promise<AcquireAnswer> {
    return this.through(() => this.inner.acquire(request));
  }

  probe(request: ProbeRequest): Promise<ProbeAnswer> {
    return this.through(() => this.inner.probe(request));
  }

  renew(request: RenewRequest): Promise<RenewAnswer> {
    return this.through(() => this.inner.renew(request));
  }

  resign(request: ResignRequest): Promise<ResignAnswer> {
    return this.through(() => this.inner.resign(request));
  }

  requestResignation(token: number, job: string): Promise<void> {
    return this.through(() => this.inner.requestResignation(token, job));
  }

  read(): Promise<LeaseView> {
    return this.through(() => this.inner.read());
  }

  watch(listener: LeaseListener): void {
    this.listener = listener;
    this.inner.watch(signal => {
      if (!this.isDeaf || signal.kind === 'connected') listener(signal);
    });
  }

  async close(): Promise<void> {
    this.listener = () => undefined;
  }

  disconnect(): void {
    this.fault = 'fails';
    this.listener({ kind: 'disconnected', cause: new Error('the connection closed') });
  }

  reconnect(): void {
    this.fault = 'none';
    this.listener({ kind: 'connected' });
  }

  private async through<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    this.asked += 1;
    if (this.fault === 'fails') throw new Error('no connection');
    if (this.fault === 'hangs') return new Promise(() => undefined);
    const answer = await send();
    return this.fault === 'loses-replies' ? new Promise(() => undefined) : answer;
  }
}
