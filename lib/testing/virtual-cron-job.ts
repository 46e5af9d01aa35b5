import { LeaderCronJob } from '../adapters/registry/leader-cron-job.js';
import type { Job } from '../core/job.js';
import type { Timer } from '../ports/clock.js';
import type { Wake } from '../ports/ticker.js';
import type { VirtualClock } from './virtual-clock.js';

/** The CronJob of a leader job, on a timer of the virtual clock: cron's own timers are never set. */
export class VirtualCronJob extends LeaderCronJob {
  private timer: Timer | undefined;

  constructor(
    job: Job,
    private readonly clock: VirtualClock,
    onWake: (wake: Wake) => void,
  ) {
    super(job, () => clock.now().wallMs, onWake);
  }

  override stop(): Promise<void> | undefined {
    this.timer?.cancel();
    return super.stop();
  }

  protected override arm(): void {
    if (this.isActive) return;
    this.noteActive(true);
    const delayMs = this.cronTime.getTimeout();
    // Of a date that has passed; cron skips it as well.
    if (delayMs < 0) return;
    this.timer = this.clock.timer(delayMs, () => this.tick());
  }

  /** What cron does when its own timer fires. */
  private tick(): void {
    this.lastExecution = new Date(this.clock.now().wallMs);
    this.noteActive(false);
    if (!this.runOnce) this.start();
    void this.fireOnTick();
  }

  private noteActive(isActive: boolean): void {
    Reflect.set(this, '_isActive', isActive);
  }
}
