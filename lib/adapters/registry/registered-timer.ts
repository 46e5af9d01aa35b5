import { printAs } from '../../core/errors/print-as.js';
import type { LeaderCronJob } from './leader-cron-job.js';

/**
 * Stands in the SchedulerRegistry for a leader job among intervals or timeouts. `clearInterval()` and `clearTimeout()`
 * take it, also in `deleteInterval()` and `deleteTimeout()`: to Node any object with `_onTimeout` is a timer, which they
 * end by setting that to null.
 */
export class RegisteredTimer {
  /** Node then touches nothing else of the timer. */
  readonly _destroyed = true;
  private onClear: (() => void) | undefined;

  constructor(
    private readonly cronJob: LeaderCronJob,
    onClear: () => void,
  ) {
    this.onClear = onClear;
    printAs(this, () => `RegisteredTimer of ${String(cronJob.name)}`);
  }

  get _onTimeout(): (() => void) | undefined {
    return this.onClear;
  }

  set _onTimeout(_: unknown) {
    const clear = this.onClear;
    this.onClear = undefined;
    clear?.();
  }

  /** Whether it keeps the process alive. */
  hasRef(): boolean {
    return !this.cronJob.unrefTimeout;
  }

  /** Keeps the process alive while it is set. */
  ref(): this {
    return this.setRef(true);
  }

  /** Lets the process end although it is set. */
  unref(): this {
    return this.setRef(false);
  }

  private setRef(isRef: boolean): this {
    this.cronJob.unrefTimeout = !isRef;
    this.cronJob.realign();
    return this;
  }
}
