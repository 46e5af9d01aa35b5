import type { ChaosJob } from '../../pods/chaos-jobs.js';
import type { End, Evidence, HistoryEntry, Interval, Life, Loss, Start } from './evidence.js';

/** A call of a handler, and when it was over: by its own word or because its process ended. */
export interface Run {
  readonly start: Start;
  readonly endAt: number;
  /** `undefined`: it never said. */
  readonly end: End | undefined;
}

/** A process that stood still may still act for this long once it goes on, before it notices. */
const WAKING_MS = 300;

/** The evidence, sorted so that laws can be asked of it. */
export class CaseFile {
  readonly runs: readonly Run[];
  private readonly runsByTick: ReadonlyMap<string, readonly Run[]>;
  private readonly recordsByTick: ReadonlyMap<string, readonly HistoryEntry[]>;
  /** Records of several ticks at once. */
  private readonly spans: ReadonlyMap<string, readonly HistoryEntry[]>;
  private readonly stalls: ReadonlyMap<string, readonly Interval[]>;
  private readonly lives: ReadonlyMap<string, Life>;

  constructor(readonly evidence: Evidence) {
    const { entries, history, lives } = evidence;
    this.lives = new Map(lives.map(life => [life.life, life]));
    this.runs = this.runsOf();
    this.runsByTick = groupBy(this.runs, ({ start }) => keyOf(start));
    this.recordsByTick = groupBy(
      history.filter(({ since }) => since === undefined),
      keyOf,
    );
    this.spans = groupBy(
      history.filter(({ since }) => since !== undefined),
      ({ job }) => job,
    );
    this.stalls = groupBy(
      entries.filter(entry => entry.kind === 'stall'),
      ({ life }) => life,
    );
  }

  /** The calls of a job's handler for one tick, in order. */
  runsAt(job: string, tick: number): readonly Run[] {
    return this.runsByTick.get(keyOf({ job, tick })) ?? [];
  }

  /** The entries of the history for a tick. */
  recordsAt(job: string, tick: number): readonly HistoryEntry[] {
    const spans = (this.spans.get(job) ?? []).filter(
      ({ since = tick, tick: last }) => since < tick && tick <= last,
    );
    return [...(this.recordsByTick.get(keyOf({ job, tick })) ?? []), ...spans];
  }

  /** The calls of a job's handler, in order. */
  runsOfJob({ name }: ChaosJob): Run[] {
    return this.runs.filter(({ start }) => start.job === name);
  }

  /** When a tick was due, by the monotonic clock. */
  dueAt(tick: number): number {
    return tick - this.evidence.epochMs;
  }

  lateMs({ at, tick }: Start): number {
    return at - this.dueAt(tick);
  }

  /** How the process of this name ended. */
  life(name: string): Life | undefined {
    return this.lives.get(name);
  }

  /** Whether Redis may have forgotten between these instants what it had acknowledged, kinds as asked. */
  lossBetween(from: number, to: number, kinds: readonly Loss['kind'][] = ['empty', 'fail-over']): boolean {
    return this.evidence.losses.some(loss => kinds.includes(loss.kind) && loss.from <= to && from <= loss.to);
  }

  /** Whether anything was done to anybody between these instants. */
  faultBetween(from: number, to: number): boolean {
    return this.evidence.faults.some(fault => fault.from <= to && from <= fault.to);
  }

  /** Whether the process stood still at some time between these instants. */
  stoodStill(life: string, from: number, to: number): boolean {
    return this.stillnessOf(life).some(still => still.from <= to && from <= still.to);
  }

  /** When a process really was at work on a run: without the times in which it stood still, and its waking. */
  activity({ start, endAt }: Run): Interval[] {
    return this.stillnessOf(start.life).reduce(subtract, [{ from: start.at, to: endAt }]);
  }

  private stillnessOf(life: string): Interval[] {
    return (this.stalls.get(life) ?? []).map(({ from, to }) => ({ from, to: to + WAKING_MS }));
  }

  private runsOf(): Run[] {
    const ends = new Map<string, End>();
    for (const entry of this.evidence.entries) if (entry.kind === 'end') ends.set(callOf(entry), entry);
    return this.evidence.entries
      .filter(entry => entry.kind === 'start')
      .sort((a, b) => a.at - b.at)
      .map(start => {
        const end = ends.get(callOf(start));
        return { start, end, endAt: end?.at ?? this.lives.get(start.life)?.to ?? this.evidence.observed.to };
      });
  }
}

function groupBy<Item>(items: readonly Item[], keyOfItem: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOfItem(item));
    if (group === undefined) groups.set(keyOfItem(item), [item]);
    else group.push(item);
  }
  return groups;
}

function callOf({ life, runId, attempt }: Start | End): string {
  return `${life} ${runId} ${attempt}`;
}

function keyOf({ job, tick }: { readonly job: string; readonly tick: number }): string {
  return `${job} ${tick}`;
}

function subtract(parts: Interval[], hole: Interval): Interval[] {
  return parts.flatMap(part =>
    [
      { from: part.from, to: Math.min(part.to, hole.from) },
      { from: Math.max(part.from, hole.to), to: part.to },
    ].filter(({ from, to }) => from < to),
  );
}
