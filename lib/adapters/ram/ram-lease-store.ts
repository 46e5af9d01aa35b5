import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Candidacy } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  LeaseListener,
  LeaseSignal,
  LeaseStore,
  LeaseView,
  ProbeAnswer,
  ProbeRequest,
  RenewAnswer,
  RenewRequest,
  ResignAnswer,
  ResignRequest,
} from '../../ports/lease-store.js';
import { RamCandidateStore } from './ram-candidate-store.js';

interface Lease {
  readonly holder: string;
  readonly token: number;
  readonly acquiredAt: number;
  ttlMs: number;
  renewedAt: Instant;
}

/** The lease in the memory of one process: the same answers as in Redis, for the candidates of that process. */
export class RamLeaseStore implements LeaseStore {
  private lease: Lease | undefined;
  private lastToken = 0;
  private resignedToken: number | undefined;
  private readonly listeners = new Set<LeaseListener>();

  constructor(
    private readonly clock: Clock,
    readonly candidates = new RamCandidateStore(clock),
  ) {}

  /** Candidates of one process die together: none is ever found missing. */
  async acquire({ podId, ttlMs, endedToken, ...request }: AcquireRequest): Promise<AcquireAnswer> {
    const news = this.newsFor(podId, request.candidacy);
    const lease = this.live();
    if (lease !== undefined && lease.holder !== podId) {
      const { holder, token } = lease;
      const { wallMs } = this.clock.now();
      const unseen = {
        presence: false,
        missingMs: undefined,
        isProber: false,
        overrides: 0,
        now: wallMs,
        watermarks: request.watched.map(() => undefined),
        ...news,
      };
      return { kind: 'held', holder, token, remainingMs: this.remaining(lease), ...unseen };
    }
    const now = this.clock.now();
    const mine = lease !== undefined && lease.token > endedToken ? lease : this.newTerm(podId, now);
    mine.ttlMs = ttlMs;
    mine.renewedAt = now;
    this.lease = mine;
    return { kind: 'acquired', token: mine.token, acquiredAt: mine.acquiredAt, now: now.wallMs };
  }

  async probe({ podId, token }: ProbeRequest): Promise<ProbeAnswer> {
    return { kind: this.isHeldBy(podId, token) ? 'there' : 'changed' };
  }

  async renew({ podId, token, ttlMs, candidacy }: RenewRequest): Promise<RenewAnswer> {
    const lease = this.live();
    if (lease?.holder !== podId || lease.token !== token) return { kind: 'lost' };
    lease.ttlMs = ttlMs;
    lease.renewedAt = this.clock.now();
    const nothing = { unfinished: 0, requests: 0, overrides: 0, jobs: 0, shouldResign: false };
    const news = this.newsFor(podId, candidacy);
    return { kind: 'renewed', ...nothing, ...news, now: this.clock.now().wallMs };
  }

  async resign({ podId, token, state, isHandOver }: ResignRequest): Promise<ResignAnswer> {
    const lease = this.live();
    if (lease === undefined && token === this.resignedToken) return { kind: 'resigned' };
    if (lease?.holder !== podId || lease.token !== token) return { kind: 'lost' };
    this.lease = undefined;
    this.resignedToken = token;
    this.candidates.noteResignation(podId, state ?? 'resting', isHandOver ?? false);
    this.notify({ kind: 'resigned' });
    return { kind: 'resigned' };
  }

  async requestResignation(token: number, job: string): Promise<void> {
    this.notify({ kind: 'resign-requested', token, job });
  }

  /** Notifies every candidate of the process. */
  notify(signal: LeaseSignal): void {
    for (const listener of this.listeners) listener(signal);
  }

  async read(): Promise<LeaseView> {
    const lease = this.live();
    if (lease === undefined) return { kind: 'free' };
    const { holder, token, acquiredAt } = lease;
    return { kind: 'held', holder, token, acquiredAt, remainingMs: this.remaining(lease) };
  }

  /** Whether this term goes on, by the store's own clock. */
  isHeldBy(podId: string, token: number): boolean {
    const lease = this.live();
    return lease?.holder === podId && lease.token === token;
  }

  /** Unlike a store with a connection it serves several candidates, each with its listener. */
  watch(listener: LeaseListener): void {
    this.listeners.add(listener);
    listener({ kind: 'connected' });
  }

  async close(): Promise<void> {
    this.listeners.clear();
  }

  private newsFor(podId: string, candidacy: Candidacy | undefined) {
    return candidacy === undefined ? {} : { candidates: this.candidates.note(podId, candidacy) };
  }

  private newTerm(holder: string, now: Instant): Lease {
    this.lastToken = Math.max(this.lastToken + 1, now.wallMs);
    return { holder, token: this.lastToken, acquiredAt: now.wallMs, ttlMs: 0, renewedAt: now };
  }

  private live(): Lease | undefined {
    return this.lease !== undefined && this.remaining(this.lease) > 0 ? this.lease : undefined;
  }

  private remaining(lease: Lease): number {
    return lease.ttlMs - elapsedMs(lease.renewedAt, this.clock.now());
  }
}
