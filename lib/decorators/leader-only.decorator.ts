import 'reflect-metadata';

import { types } from 'node:util';

import { Inject } from '@nestjs/common';

import { InvalidOptionsError, NotLeaderError, NotStartedError } from '../core/errors/errors.js';
import { LeaderService } from '../leader.service.js';
import { decoratedMethod, type DecoratedMethod } from './decorated-method.js';

/** Options of `@LeaderOnly`. */
export interface LeaderOnlyOptions {
  /**
   * The result of a call on a pod that does not lead: `'skip'` returns `undefined`, `'throw'` throws `NotLeaderError`.
   *
   * @default 'skip'
   */
  readonly otherwise?: 'skip' | 'throw';
}

/** Nest names this property when the application has no LeaderService. */
const LEADER = Symbol('@LeaderOnly, which needs ScheduleModule.forRoot() in the root module');

const OTHERWISE: readonly string[] = ['skip', 'throw'];

interface Guarded {
  readonly [LEADER]?: Pick<LeaderService, 'isLeader'>;
}

/**
 * Lets a method run only while this pod leads, for any caller. On other pods the call returns `undefined`, of an
 * `async` method a promise of it, or fails with `NotLeaderError`. A call that is under way when leading ends goes on.
 *
 * Stands above or below other decorators, on methods of providers and controllers of any scope. The check is
 * `LeaderService.isLeader()` at the call, without I/O: a process that stood still may have lost the lease since.
 *
 * @throws InvalidOptionsError for invalid options, where the class is declared
 *
 * @example
 * ```ts
 * @LeaderOnly({ otherwise: 'throw' })
 * async rebuildIndex(): Promise<void> {
 *   await this.search.rebuild();
 * }
 * ```
 */
export function LeaderOnly(options: LeaderOnlyOptions = {}) {
  const otherwise = otherwiseOf(options);
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor): void => {
    const decorated = decoratedMethod('@LeaderOnly', target, key, descriptor);
    Inject(LeaderService)(target, LEADER);
    // Nest reads decorators from the function that the class has in the end.
    // oxlint-disable-next-line eslint/no-param-reassign
    descriptor.value = copyNature(decorated.method, guarded(decorated, otherwise));
  };
}

function guarded({ name, method }: DecoratedMethod, otherwise: 'skip' | 'throw') {
  function guard(this: Guarded | undefined, ...args: unknown[]): unknown {
    if (leaderOf(this, name).isLeader()) return Reflect.apply(method, this, args);
    if (otherwise === 'throw') throw notLeader(name);
    return undefined;
  }
  if (!types.isAsyncFunction(method)) return guard;
  return async function (this: Guarded | undefined, ...args: unknown[]): Promise<unknown> {
    return guard.apply(this, args);
  };
}

/** Name, length and metadata: what Nest, and people who read stacks, know a method by. */
function copyNature(from: object, to: object): object {
  Object.defineProperties(to, {
    name: Object.getOwnPropertyDescriptor(from, 'name') ?? {},
    length: Object.getOwnPropertyDescriptor(from, 'length') ?? {},
  });
  for (const key of Reflect.getOwnMetadataKeys(from) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
  return to;
}

function leaderOf(instance: Guarded | undefined, name: string): Pick<LeaderService, 'isLeader'> {
  const leader = instance?.[LEADER];
  if (leader !== undefined) return leader;
  throw new NotStartedError({
    problem: `@LeaderOnly does not know whether this pod leads: ${name} was called on an instance that Nest has not made`,
    remedy:
      'Let Nest make the instance, in a test as well, where a LeaderService of your own may be provided',
  });
}

function notLeader(name: string): NotLeaderError {
  return new NotLeaderError({
    problem: `${name} runs on the leader only, and this pod does not lead`,
    remedy: 'Call it on the leader, which LeaderService.current() names, or try again later',
  });
}

function otherwiseOf({ otherwise = 'skip', ...rest }: LeaderOnlyOptions): 'skip' | 'throw' {
  const unknown = Object.keys(rest);
  if (OTHERWISE.includes(otherwise) && unknown.length === 0) return otherwise;
  throw new InvalidOptionsError({
    problem:
      unknown.length > 0 ? '@LeaderOnly has an option that there is not' : '@LeaderOnly has a wrong option',
    received: unknown.length > 0 ? unknown[0] : { otherwise },
    remedy: "The one option is `otherwise`: 'skip' or 'throw'",
  });
}
