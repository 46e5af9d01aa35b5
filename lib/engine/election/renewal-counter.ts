import type { RenewalCounts } from '../../core/election/renewal-counts.js';

/** Counts how renewals are answered. */
export class RenewalCounter {
  private readonly counted = { renewed: 0, lost: 0, unknown: 0 };

  count(answer: keyof RenewalCounts): void {
    this.counted[answer] += 1;
  }

  get counts(): RenewalCounts {
    return { ...this.counted };
  }
}
