/** Counts by name, and forgets a name when its count is back at zero. */
export class Counter {
  private readonly counts = new Map<string, number>();

  add(name: string, by: 1 | -1): void {
    const count = (this.counts.get(name) ?? 0) + by;
    if (count > 0) this.counts.set(name, count);
    else this.counts.delete(name);
  }

  has(name: string): boolean {
    return this.counts.has(name);
  }
}
