import 'reflect-metadata';

import type { LossReason } from '../core/events.js';
import type { Term } from '../core/election/term.js';
import { decoratedMethod } from './decorated-method.js';
import type { DecoratesMethod } from './decorates-method.js';

/** A fixed, global key, so that two copies of this package understand each other. */
const METADATA_KEY = Symbol.for('nestjs-leader-schedule:leader-hook');

/** The argument of a method with `@OnLeaderLost`. */
export interface LeadershipLoss {
  /** The term that is over. */
  readonly term: Term;
  readonly reason: LossReason;
}

/** The event that a hook waits for. */
export type LeaderHook = 'leader.elected' | 'leader.lost';

/**
 * Has a method called, with the `Term`, whenever this pod is elected leader.
 *
 * For methods of providers and controllers of which there is one instance; of request-scoped and transient ones they
 * are refused with `UnsupportedJobError` at boot. An error of the method is logged under its name and does not reach
 * the application; nothing waits for the method.
 */
export function OnLeaderElected(): DecoratesMethod<Term> {
  return hook('@OnLeaderElected', 'leader.elected');
}

/**
 * Has a method called, with a `LeadershipLoss`, whenever this pod leads no longer: it resigned, shuts down, or lost
 * the lease. A suspension, while the connection to Redis is away, is no loss yet. Otherwise as `OnLeaderElected`.
 */
export function OnLeaderLost(): DecoratesMethod<LeadershipLoss> {
  return hook('@OnLeaderLost', 'leader.lost');
}

/** Reads what these decorators left on a method. */
export function leaderHooks(method: object): readonly LeaderHook[] {
  return (Reflect.getOwnMetadata(METADATA_KEY, method) as LeaderHook[] | undefined) ?? [];
}

function hook<Argument>(decorator: string, event: LeaderHook): DecoratesMethod<Argument> {
  return (target, key, descriptor) => {
    const { method } = decoratedMethod(decorator, target, key, descriptor);
    Reflect.defineMetadata(METADATA_KEY, [...leaderHooks(method), event], method);
  };
}
