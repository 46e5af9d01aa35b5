import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, fromEvent, map, merge, mergeMap, type Observable, throwError } from 'rxjs';

import { NotStartedError } from './core/errors/errors.js';
import type { LossReason, ScheduleEvent } from './core/events.js';
import type { Term } from './core/election/term.js';
import { PatientObservable } from './observe/event-stream.js';
import { addFormerLeaderMembers, addFormerNames, FORMER_NAMES } from './deprecated.js'; // until 1.0
import { CompositionRoot } from './nest/composition-root.js';

/** Whether this pod leads and, if not, why not. */
export type Leadership = { readonly isLeader: true; readonly term: Term } | NotLeading;

interface NotLeading {
  readonly isLeader: false;
  readonly reason: 'following' | 'suspended' | LossReason;
}

/** The pod that holds the lease. */
export interface LeaderInfo {
  readonly podId: string;
  /** Fencing token of its term. */
  readonly token: number;
  /** When the lease ends unless it is renewed, in milliseconds; `Infinity` in RAM mode. */
  readonly remainingMs: number;
  /** When its term began, by the clock of Redis; `undefined` when somebody set the key by hand. */
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
   * lost the state is `suspended`. Never completes, never fails. What a subscriber throws is logged, and affects
   * nothing else.
   */
  readonly changes: Observable<Leadership>;

  constructor(private readonly root: CompositionRoot) {
    this.podId = root.candidateId;
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
   * Resolves with the term as soon as this pod leads, at once if it does. Rejects with the signal's reason when
   * that aborts first, and with `ShutdownError` when the application closes.
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
   * Who leads, asked of Redis; `undefined` when nobody does. Rejects with `StoreUnavailableError` when Redis
   * does not answer within the command timeout (1 s, less with a short ttl).
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
   * Has the leader let go of the lease and sit out one ttl, so that another pod leads; running handlers are not
   * stopped. Of this pod leading ends before this returns; a leader elsewhere is asked, and obeys at once, or with its
   * next renewal where it does not hear. Resolves to whether anybody led; rejects with `StoreUnavailableError` when Redis
   * did not confirm (the lease then ends by its ttl).
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
