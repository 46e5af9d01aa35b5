const EVERY_MS = 50;

/** How long this process, or the Redis that it asks, stands still at a time. A busy machine is no fault. */
export class Stalls {
  private readonly timer: NodeJS.Timeout;
  private readonly seen: { readonly untilMono: number; readonly ms: number }[] = [];
  private askedMono: number | undefined;
  private lastMono = performance.now();

  /** @param ask a question that a server answers at once */
  constructor(private readonly ask: () => Promise<unknown>) {
    this.timer = setInterval(() => this.probe(), EVERY_MS);
  }

  /** The longest stall that ended after an instant, or goes on; ms. */
  longestSince(mono: number): number {
    const now = performance.now();
    const ended = this.seen.filter(({ untilMono }) => untilMono >= mono).map(({ ms }) => ms);
    return Math.max(0, now - (this.askedMono ?? now), ...ended);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private probe(): void {
    const now = performance.now();
    this.note(now, now - this.lastMono - EVERY_MS);
    this.lastMono = now;
    if (this.askedMono !== undefined) return;
    this.askedMono = now;
    const settle = (): void => {
      const answeredMono = performance.now();
      this.note(answeredMono, answeredMono - now);
      this.askedMono = undefined;
    };
    this.ask().then(settle, settle);
  }

  private note(untilMono: number, ms: number): void {
    if (ms >= EVERY_MS) this.seen.push({ untilMono, ms });
  }
}
