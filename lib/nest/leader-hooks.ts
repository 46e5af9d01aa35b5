import { Injectable } from '@nestjs/common';

import { callOutside } from '../core/errors/call-outside.js';
import { errorFacts } from '../core/errors/error-facts.js';
import { UnsupportedJobError } from '../core/errors/errors.js';
import type { Term } from '../core/election/term.js';
import { leaderHooks, type LeaderHook, type LeadershipLoss } from '../decorators/leader-hooks.decorator.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { isShared, MethodScanner, type FoundMethod } from './method-scanner.js';
import { CompositionRoot } from './composition-root.js';

/** Finds the methods that `@OnLeaderElected` and `@OnLeaderLost` stand on, and calls them. */
@Injectable()
export class LeaderHooks {
  private readonly logger = new ScheduleLog(OWN_CONTEXT);

  constructor(
    private readonly methods: MethodScanner,
    private readonly root: CompositionRoot,
  ) {}

  /** Throws `UnsupportedJobError` for a hook of a provider that has many instances, or none yet. */
  explore(): void {
    for (const found of this.methods.all())
      for (const event of leaderHooks(found.method)) this.listen(assertShared(found), event);
  }

  private listen(found: FoundMethod, hook: LeaderHook): void {
    this.root.events.subscribe(event => {
      if (event.type !== hook) return;
      const { term } = event;
      this.call(found, event.type === 'leader.lost' ? { term, reason: event.reason } : term);
    });
  }

  /** Reads the method at each call, so that one replaced later, as by a spy, is the one that is called. */
  private call({ wrapper, key, name }: FoundMethod, argument: Term | LeadershipLoss): void {
    const instance = wrapper.instance as Record<string, (argument: Term | LeadershipLoss) => unknown>;
    callOutside(
      () => instance[key]?.(argument),
      error => {
        const { errorMessage, errorStack } = errorFacts(error);
        this.logger.error(`${name} failed: ${errorMessage}`, errorStack || undefined);
      },
    );
  }
}

function assertShared(found: FoundMethod): FoundMethod {
  if (isShared(found.wrapper)) return found;
  throw new UnsupportedJobError({
    problem:
      '@OnLeaderElected or @OnLeaderLost stands in a request-scoped or transient class, of which no instance waits for events',
    received: found.name,
    remedy: 'Move the method to a provider of the default scope',
  });
}
