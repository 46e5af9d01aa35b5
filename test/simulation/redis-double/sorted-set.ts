export interface Member {
  readonly name: string;
  readonly score: number;
}

/** A sorted set: by score, equal scores by name. */
export class SortedSet {
  private readonly scores = new Map<string, number>();
  /** In order, lowest first. */
  readonly members: Member[] = [];

  get size(): number {
    return this.scores.size;
  }

  score(name: string): number | undefined {
    return this.scores.get(name);
  }

  set(name: string, score: number): void {
    this.delete(name);
    this.scores.set(name, score);
    const member = { name, score };
    this.members.splice(this.place(member), 0, member);
  }

  delete(name: string): boolean {
    const score = this.scores.get(name);
    if (score === undefined) return false;
    this.scores.delete(name);
    this.members.splice(this.place({ name, score }), 1);
    return true;
  }

  /** Where a member stands, or would stand. */
  private place(member: Member): number {
    let low = 0;
    let high = this.members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.members[middle];
      if (other !== undefined && isBefore(other, member)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(a: Member, b: Member): boolean {
  return a.score < b.score || (a.score === b.score && a.name < b.name);
}
