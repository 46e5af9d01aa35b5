import type { ClaimAnswer, ClaimRequest, RunStore } from '../../ports/run-store.js';

interface Mark {
  /** High-water mark: the newest tick claimed. */
  tick: number;
  runId: string;
  token: number;
}

/**
 * Claims in the memory of one process. They keep a tick from starting twice *in this process*: a wall clock
 * set back, or a timer that fires twice, finds the tick taken.
 */
export class RamRunStore implements RunStore {
  private readonly marks = new Map<string, Mark>();

  async claim({ job, tick, runId, token }: ClaimRequest): Promise<ClaimAnswer> {
    const mark = this.marks.get(job);
    if (mark !== undefined) {
      if (tick === mark.tick) return { kind: runId === mark.runId ? 'mine' : 'taken' };
      if (token < mark.token) return { kind: 'fenced' };
      if (tick < mark.tick) return { kind: 'past' };
    }
    this.marks.set(job, { tick, runId, token });
    return { kind: 'go' };
  }
}
