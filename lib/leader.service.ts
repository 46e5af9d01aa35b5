import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, fromEvent, map, merge, mergeMap, type Observable, throwError } from 'rxjs';

import { NotStartedError } from './core/errors/errors.js';
import type { LossReason, ScheduleEvent } from './core/events.js';
import type { Term } from './core/election/term.js';
import { PatientObservable } from './observe/event-stream.js';
import { addFormerLeaderMembers, addFormerNames, FORMER_NAMES } from './deprecated.js'; // until 1.0
import { CompositionRoot } from './nest/composition-root.js';

/** Whether this pod leads and, if not, why not. */
export type Leadership =
  | { readonly isLeader: true; readonly term: Term }
  | { readonly isLeader: false; readonly reason: 'following' | 'suspended' | LossReason };

/** The pod that holds the lease. */
export interface LeaderInfo {
  readonly podId: string;
  /** Fencing token of its term. */
  readonly token: number;
  /** When the lease ends unless it is renewed, in milliseconds; `Infinity` in RAM mode. */
  readonly remainingMs: number;
  /** When its term began, by the clock of Redis; `undefined` when the key was set manually. */
  readonly since: Date | undefined;
  /** Whether it is this pod. */
  readonly isThisPod: boolean;
}

/** The election as seen from this pod. In RAM mode this process always leads. */
@Injectable()
export class LeaderService {
  /** Identity of this pod among the candidates: pod or host name, process id and a part new at every boot. */
  readonly podId: string;

  /**
   * Whether this pod leads: the present state at once, then every change. While the connection to Redis is
   * lost the state is `suspended`. Never completes, never fails. An error that a subscriber throws is logged, and
   * affects nothing else.
   */
  readonly changes: Observable<Leadership>;

  constructor(private readonly root: CompositionRoot) {
    this.podId = root.podId;
    const { events } = root;
    this.changes = new PatientObservable<Leadership>(
      subscriber => {
        const unsubscribe = events.subscribe(event => {
          const change = toLeadership(event);
          if (change !== undefined) subscriber.next(change);
        });
        // A change that the subscriber causes comes after the state that it was informed of.
        events.hold(() => subscriber.next(this.present()));
        return unsubscribe;
      },
      error => root.listenerFailed(error),
    );
  }

  /**
   * Whether this pod leads at this very moment. Evaluates the deadline of its trust in the lease at the call;
   * no I/O. False before the application has started and while Redis does not confirm the lease.
   *
   * The deadline follows Gray and Cheriton, "Leases" (1989): a holder trusts a lease from before its last renewal was
   * sent, less a margin for clock drift. The lease may end right after the call: use the fencing token of the `term`
   * where a write must not come from an old leader.
   *
   * @example
   * ```ts
   * if (this.leader.isLeader()) await this.importer.start();
   * ```
   */
  isLeader(): boolean {
    return this.root.parts?.elector.isLeader() ?? false;
  }

  /** The term in which this pod leads at this very moment; `undefined` when it does not. */
  get term(): Term | undefined {
    const term = this.root.parts?.elector.currentTerm();
    return term && { token: term.token, since: term.since };
  }

  /**
   * Resolves with the term as soon as this pod leads, at once if it does.
   *
   * @param signal ends the wait
   * @throws the reason of the signal when that aborts first
   * @throws ShutdownError when the application closes
   *
   * @example
   * ```ts
   * const { token } = await this.leader.waitForLeadership(AbortSignal.timeout(30_000));
   * ```
   */
  waitForLeadership(signal?: AbortSignal): Promise<Term> {
    const elected = this.changes.pipe(
      filter(change => change.isLeader),
      map(change => change.term),
      // A listener that was informed before this one may have resigned.
      filter(({ token }) => token === this.term?.token),
    );
    const { closed } = this.root;
    const over = aborted(signal === undefined ? closed : AbortSignal.any([signal, closed]));
    return firstValueFrom(merge(over, elected));
  }

  /**
   * Reads from Redis which pod leads; `undefined` when none does.
   *
   * @throws StoreUnavailableError when Redis does not answer within the command timeout (1 s, less with a short ttl)
   * @throws NotStartedError before the application has initialized
   */
  async current(): Promise<LeaderInfo | undefined> {
    const view = await this.parts.leaseLookup.lookUp();
    if (view.kind === 'free') return undefined;
    const { holder, token, remainingMs, acquiredAt } = view;
    const since = acquiredAt === undefined ? undefined : new Date(acquiredAt);
    const leader = { podId: holder, token, remainingMs, since, isThisPod: holder === this.podId };
    addFormerNames(leader, FORMER_NAMES.leader); // until 1.0
    return leader;
  }

  /**
   * Has the leader release the lease and stay away for one ttl, so that another pod leads. Running handlers are not
   * stopped. If this pod leads, its term ends before this returns. A leader elsewhere is notified, and resigns at once,
   * or with its next renewal if the notice is lost. Resolves to whether a pod led.
   *
   * @throws StoreUnavailableError when Redis did not confirm; the lease then ends by its ttl
   * @throws NotStartedError before the application has initialized
   */
  async resign(): Promise<boolean> {
    const { elector, leaseLookup } = this.parts;
    return (await this.root.inContext(() => elector.resign())) || leaseLookup.askLeaderToResign();
  }

  private get parts() {
    const { parts } = this.root;
    if (parts !== undefined) return parts;
    throw new NotStartedError({
      problem: 'The scheduler has not been started',
      remedy: 'Call this after the application has initialized, such as in onApplicationBootstrap',
    });
  }

  private present(): Leadership {
    const { term } = this;
    if (term !== undefined) return { isLeader: true, term };
    return { isLeader: false, reason: this.root.parts?.elector.absence ?? 'following' };
  }
}

addFormerLeaderMembers(LeaderService.prototype); // until 1.0

function toLeadership(event: ScheduleEvent): Leadership | undefined {
  switch (event.type) {
    case 'leader.elected':
    case 'leader.resumed':
      return { isLeader: true, term: event.term };
    case 'leader.suspended':
      return { isLeader: false, reason: 'suspended' };
    case 'leader.lost':
      return { isLeader: false, reason: event.reason };
    default:
      return undefined;
  }
}

function aborted(signal: AbortSignal): Observable<never> {
  const failure = throwError(() => signal.reason as unknown);
  return signal.aborted ? failure : fromEvent(signal, 'abort').pipe(mergeMap(() => failure));
}
