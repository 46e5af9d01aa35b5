/** Counts by name; a name whose count is back at zero is forgotten. */
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
