import { wrongType } from './reply.js';
import { SortedSet } from './sorted-set.js';

export type Value = string | Map<string, string> | Set<string> | SortedSet;

interface Entry {
  readonly value: Value;
  /** Unix ms; `Infinity` for a key that does not expire. */
  readonly expiresAt: number;
}

/** The data of one Redis. Each change is passed to `onWrite`, as commands that a replica can repeat. */
export class Keyspace {
  private readonly entries = new Map<string, Entry>();
  /** The instant that the current command uses as now, Unix ms. */
  nowMs = 0;
  /** A replica leaves expiry to the deletions that its master sends. */
  expires = true;
  onWrite: (command: readonly string[]) => void = () => undefined;

  /** The keys that have not expired, in no particular order. */
  keys(): string[] {
    return [...this.entries.keys()].filter(key => this.entry(key) !== undefined);
  }

  /** A key's value, whatever its type. */
  value(key: string): Value | undefined {
    return this.entry(key)?.value;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw wrongType();
  }

  hash(key: string): Map<string, string> | undefined {
    const value = this.value(key);
    if (value === undefined || value instanceof Map) return value;
    throw wrongType();
  }

  set(key: string): Set<string> | undefined {
    const value = this.value(key);
    if (value === undefined || value instanceof Set) return value;
    throw wrongType();
  }

  sortedSet(key: string): SortedSet | undefined {
    const value = this.value(key);
    if (value === undefined || value instanceof SortedSet) return value;
    throw wrongType();
  }

  /** Writes a value; a key that is there keeps its expiry only when that is passed. */
  put<Kind extends Value>(key: string, value: Kind, expiresAt = Infinity): Kind {
    this.entries.set(key, { value, expiresAt });
    return value;
  }

  expiresAt(key: string): number | undefined {
    return this.entry(key)?.expiresAt;
  }

  delete(key: string): boolean {
    return this.entry(key) !== undefined && this.entries.delete(key);
  }

  /** A collection that lost its last member is gone. */
  deleteIfEmpty(key: string, collection: { readonly size: number }): void {
    if (collection.size === 0) this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  private entry(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.expiresAt >= this.nowMs || !this.expires) return entry;
    this.entries.delete(key);
    this.onWrite(['DEL', key]);
    return undefined;
  }
}
