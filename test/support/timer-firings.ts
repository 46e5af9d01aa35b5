import type { Clock } from '../../lib/ports/clock.js';

/** The modules that set timers for others: the one that called them counts. */
const FOR_OTHERS = /^lib\/(ports\/time|engine\/(store-call|retry))\.ts$/;

/** How often timers fired, by the module that set them. */
export class TimerFirings {
  private readonly counted = new Map<string, number>();

  /** Counts the timers of this clock from now on. */
  countOf(clock: Clock): void {
    const set = clock.timer.bind(clock);
    clock.timer = (delayMs, fire) => {
      const kind = settingModule();
      return set(delayMs, () => {
        this.counted.set(kind, (this.counted.get(kind) ?? 0) + 1);
        fire();
      });
    };
  }

  /** Forgets what was counted. */
  reset(): void {
    this.counted.clear();
  }

  get byModule(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counted);
  }
}

function settingModule(): string {
  const { stack = '' } = new Error();
  const modules = [...stack.matchAll(/\/(lib\/[\w/-]+\.ts)/g)].map(([, module = '']) => module);
  return modules.find(module => !FOR_OTHERS.test(module)) ?? 'elsewhere';
}
