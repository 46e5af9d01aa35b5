import 'reflect-metadata';

import { decoratedMethod } from './decorated-method.js';

/** A fixed, global key, so that two copies of this package understand each other. */
const METADATA_KEY = Symbol.for('nestjs-leader-schedule:leader-hook');

/** The event that a hook waits for. */
export type LeaderHook = 'leader.elected' | 'leader.lost';

/**
 * Has a method called, with the `Term`, whenever this pod is elected leader.
 *
 * For methods of providers and controllers of which there is one instance; of request-scoped and transient ones they
 * are refused with `UnsupportedJobError` at boot. What the method throws or rejects with is logged under its name and
 * goes no further; nothing waits for it.
 */
export function OnLeaderElected() {
  return hook('@OnLeaderElected', 'leader.elected');
}

/**
 * Has a method called, with a `LeadershipLoss`, whenever this pod leads no longer: it resigned, shuts down, or lost
 * the lease. A suspension, while the connection to Redis is away, is no loss yet. Otherwise as `OnLeaderElected`.
 */
export function OnLeaderLost() {
  return hook('@OnLeaderLost', 'leader.lost');
}

/** Reads what these decorators left on a method. */
export function leaderHooks(method: object): readonly LeaderHook[] {
  return (Reflect.getOwnMetadata(METADATA_KEY, method) as LeaderHook[] | undefined) ?? [];
}

function hook(decorator: string, event: LeaderHook) {
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    const { method } = decoratedMethod(decorator, target, key, descriptor);
    Reflect.defineMetadata(METADATA_KEY, [...leaderHooks(method), event], method);
  };
}
