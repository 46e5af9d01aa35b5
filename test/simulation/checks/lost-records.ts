import type { Transaction } from '../world/sim-replication.js';
import { keys } from './watch.js';

/** Transactions of a server that its successor does not have: those from an index on, and all that follow. */
export interface LostLog {
  readonly log: readonly Transaction[];
  readonly from: number;
  /** A replica was promoted; otherwise a server lost its memory. */
  readonly isFailOver: boolean;
}

/**
 * Which records of ticks Redis has lost. Only a tick whose own record was lost may start again, and be left out of
 * what is judged.
 */
export class LostRecords {
  private readonly logs: (LostLog & { read: number })[] = [];
  private readonly byRestart = new Set<string>();
  private readonly byFailOver = new Set<string>();

  add(lost: LostLog): void {
    this.logs.push({ ...lost, read: lost.from });
  }

  /** Whether the record of a tick was lost; `false` in strict mode for what a fail-over alone would have lost. */
  has(job: string, slot: string, isStrict: boolean): boolean {
    this.read();
    const id = `${keys.runs(job)} ${slot}`;
    return this.byRestart.has(id) || (!isStrict && this.byFailOver.has(id));
  }

  /** An old master goes on for a while: what it grants meanwhile is lost as well. */
  private read(): void {
    for (const lost of this.logs) {
      for (const transaction of lost.log.slice(lost.read)) this.note(transaction, lost);
      lost.read = lost.log.length;
    }
  }

  private note(transaction: Transaction, { isFailOver }: LostLog): void {
    const ids = isFailOver ? this.byFailOver : this.byRestart;
    for (const [name, key, slot] of transaction) if (name === 'HSET') ids.add(`${key} ${slot}`);
  }
}
