import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as realTime } from 'node:timers/promises';

import { completed } from '../core/job/handler-result.js';
import type { JobContext, JobHandler } from '../core/job/job.js';

/** One call of a handler that has not settled. */
interface Call {
  /** How many things it waits for that virtual time brings about. */
  waits: number;
  /** It has not settled within the patience: it is not waited for any more. */
  isGivenUp: boolean;
}

/**
 * Knows which handlers are at work, so that virtual time does not overtake one that waits for something real: a
 * database, a file, a server.
 */
export class HandlerWatch {
  private readonly calls = new Set<Call>();
  private readonly current = new AsyncLocalStorage<Call>();
  private readonly listeners = new Set<() => void>();

  /** @param patienceMs how long a handler is waited for, in real time */
  constructor(private readonly patienceMs: number) {}

  /** A handler that does what this one does, and is seen to be at work meanwhile. */
  watched(handler: JobHandler): JobHandler {
    return context => {
      const call = { waits: 0, isGivenUp: false };
      return this.current.run(call, () => this.call(call, handler, context));
    };
  }

  /** Waits for something that virtual time brings about: it may pass the handler that calls this. */
  async aside<Result>(wait: () => Promise<Result>): Promise<Result> {
    const call = this.current.getStore() ?? { waits: 0, isGivenUp: false };
    call.waits += 1;
    this.notify();
    try {
      return await wait();
    } finally {
      call.waits -= 1;
      call.isGivenUp = false;
    }
  }

  /**
   * Waits, in real time, until no handler is at work or the patience is at an end. Resolves to whether there was one.
   * A handler that moves time does not wait for itself.
   */
  waitBeside = async (): Promise<boolean> => {
    const own = this.current.getStore();
    if (!this.isAtWork(own)) return false;
    const idle = new AbortController();
    const check = (): void => void (this.isAtWork(own) || idle.abort());
    this.listeners.add(check);
    await realTime(this.patienceMs, undefined, { signal: idle.signal }).then(
      () => this.giveUp(own),
      () => undefined,
    );
    this.listeners.delete(check);
    return true;
  };

  private async call(call: Call, handler: JobHandler, context: JobContext): Promise<void> {
    this.calls.add(call);
    // A handler whose signal aborts has work to do again.
    context.signal.addEventListener('abort', () => (call.isGivenUp = false), { once: true });
    try {
      await completed(await handler(context), context.signal);
    } finally {
      this.calls.delete(call);
      this.notify();
    }
  }

  private isAtWork(own: Call | undefined): boolean {
    return this.atWork(own).length > 0;
  }

  private giveUp(own: Call | undefined): void {
    for (const call of this.atWork(own)) call.isGivenUp = true;
  }

  private atWork(own: Call | undefined): readonly Call[] {
    return [...this.calls].filter(call => call !== own && call.waits === 0 && !call.isGivenUp);
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
