/** Counts by name, and forgets a name when its count is back at zero. */
export class Counter extends Map<string, number> {
  add(name: string, by: 1 | -1): void {
    const count = (this.get(name) ?? 0) + by;
    if (count > 0) this.set(name, count);
    else this.delete(name);
  }
}
