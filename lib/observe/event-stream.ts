// oxlint-disable-next-line typescript/no-deprecated
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';

import { callOutside } from '../core/errors/call-outside.js';
import { addFormerFacts, type ScheduleEvent } from '../deprecated.js'; // until 1.0: import type { ScheduleEvent } from '../core/events.js';
import type { EventBus } from '../engine/event-bus.js';

type OnError = (error: unknown) => void;

/**
 * The events of a bus as an Observable: hot, without an end.
 *
 * @param onError receives what a subscriber threw or rejected with
 */
export function eventStream(bus: EventBus, onError: OnError): Observable<ScheduleEvent> {
  return new PatientObservable<ScheduleEvent>(
    subscriber =>
      bus.subscribe(event => {
        addFormerFacts(event); // until 1.0
        subscriber.next(event);
      }),
    onError,
  );
}

/** RxJS throws what a subscriber throws out of a timer, which ends the process. Here `onError` receives it. */
export class PatientObservable<Value> extends Observable<Value> {
  constructor(
    source: (subscriber: Subscriber<Value>) => (() => void) | Subscription,
    private readonly onError: OnError,
  ) {
    super(source);
  }

  // RxJS 7 calls it for every operator of a pipe, and has no other way to let one inherit.
  /* oxlint-disable typescript/no-deprecated */
  /** An Observable piped from it is as patient. */
  override lift<Result>(operator?: Operator<Value, Result>): Observable<Result> {
    const lifted = super.lift(operator);
    return new PatientObservable(subscriber => lifted.subscribe(subscriber), this.onError);
  }
  /* oxlint-enable typescript/no-deprecated */

  override subscribe(
    observerOrNext?: Partial<Observer<Value>> | ((value: Value) => void) | null,
    onError?: OnError | null,
    onComplete?: (() => void) | null,
  ): Subscription {
    // One of RxJS's own: the end of a pipe, or an operator in it, which hands errors on.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const observer: Partial<Observer<Value>> =
      typeof observerOrNext === 'function' ? { next: observerOrNext } : (observerOrNext ?? {});
    return super.subscribe({
      next: value => this.attempt(() => observer.next?.(value)),
      error: (error: unknown) =>
        this.attempt(() =>
          observer.error === undefined ? (onError ?? this.onError)(error) : observer.error(error),
        ),
      complete: () =>
        this.attempt(() => (observer.complete === undefined ? onComplete?.() : observer.complete())),
    });
  }

  private attempt(call: () => unknown): void {
    callOutside(call, this.onError);
  }
}
