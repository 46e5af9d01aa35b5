import type { Clock, Timer } from '../../../ports/clock.js';
import { absenceTimer } from '../../../ports/time.js';

/** Notices when commands are sent and nothing is answered. An answer to any of them counts: slow is not dead. */
export class AnswerWatch {
  private pending = 0;
  private timer: Timer | undefined;

  /**
   * @param limitMs how long a command may be pending while nothing is answered
   * @param onSilence called once, then not before the next command
   */
  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly onSilence: () => void,
  ) {}

  sent(): void {
    this.pending += 1;
    if (this.timer === undefined) this.arm();
  }

  /** A command that was sent has ended. One without an answer proves nothing. */
  ended(isAnswered: boolean): void {
    this.pending -= 1;
    if (!isAnswered) return;
    this.timer?.cancel();
    this.timer = undefined;
    if (this.pending > 0) this.arm();
  }

  /** The connection is another one, or none: what is pending will never be answered. */
  reset(): void {
    this.pending = 0;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private arm(): void {
    this.timer = absenceTimer(this.clock, this.limitMs, () => {
      this.reset();
      this.onSilence();
    });
  }
}
