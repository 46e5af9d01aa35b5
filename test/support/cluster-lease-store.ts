import { RamJobs } from '../../lib/adapters/ram/ram-jobs.js';
import { RamLeaseStore } from '../../lib/adapters/ram/ram-lease-store.js';
import type { Clock } from '../../lib/ports/clock.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  RenewAnswer,
  RenewRequest,
} from '../../lib/ports/lease-store.js';

/** As the RAM store, with what only a store of several processes reports: watermarks, and runs that have not ended. */
export class ClusterLeaseStore extends RamLeaseStore {
  /** A holder that no pod can replace, as by a key that an operator has set. */
  heldByHand: string | undefined;
  private askedToResign: number | undefined;
  private overridesSeen = { text: '', count: 0 };

  constructor(
    clock: Clock,
    private readonly jobs: RamJobs,
  ) {
    super(clock);
  }

  override async acquire(request: AcquireRequest): Promise<AcquireAnswer> {
    const answer = await this.answer(request);
    if (answer.kind !== 'held') return answer;
    const watermarks = request.watched.map(name => {
      const { hwm, schedule } = this.jobs.get(name);
      return hwm === undefined || schedule === undefined ? undefined : { watermark: hwm, schedule };
    });
    return { ...answer, watermarks, overrides: this.overrides };
  }

  private answer(request: AcquireRequest): Promise<AcquireAnswer> {
    if (this.heldByHand === undefined) return super.acquire(request);
    const held = { kind: 'held', holder: this.heldByHand, token: 0, remainingMs: Infinity } as const;
    return Promise.resolve({
      ...held,
      presence: false,
      missingMs: undefined,
      isProber: false,
      overrides: 0,
      now: 0,
      watermarks: [],
    });
  }

  override async renew(request: RenewRequest): Promise<RenewAnswer> {
    const answer = await super.renew(request);
    if (answer.kind !== 'renewed') return answer;
    const unfinished = this.jobs.all().reduce((sum, { open }) => sum + open.size, 0);
    const shouldResign = request.token === this.askedToResign;
    const { overrides } = this;
    const stored = { requests: this.jobs.requests.size, jobs: this.jobs.names.length };
    return { ...answer, ...stored, unfinished, overrides, shouldResign };
  }

  override async requestResignation(token: number, job: string): Promise<void> {
    if (job === '') this.askedToResign = token;
    return super.requestResignation(token, job);
  }

  /** Changes whenever an override does. */
  private get overrides(): number {
    const text = JSON.stringify(this.jobs.all().map(({ override }) => override));
    if (text !== this.overridesSeen.text) this.overridesSeen = { text, count: this.overridesSeen.count + 1 };
    return this.overridesSeen.count;
  }
}
