/** A job of `chaos-pod.ts`: what the pod does at a tick, and what the judge knows of it. */
export interface ChaosJob {
  readonly name: string;
  /** Due in every minute at the seconds that this divides, as of a cron field `*` + `/n`. */
  readonly everySeconds: number;
  /** How long the handler works at each tick, in turn. */
  readonly workMs: readonly [number, ...number[]];
  readonly overlap: 'skip' | 'allow' | 'queue';
  readonly catchUp: 'latest' | 'all' | 'skip';
  readonly recover: boolean;
}

const usual = { workMs: [0], overlap: 'skip', catchUp: 'latest', recover: false } as const;

/** One job for each way to treat ticks. */
export const CHAOS_JOBS = {
  instant: { ...usual, name: 'instant', everySeconds: 1 },
  working: { ...usual, name: 'working', everySeconds: 1, workMs: [300] },
  long: { ...usual, name: 'long', everySeconds: 2, workMs: [3000] },
  all: { ...usual, name: 'all', everySeconds: 5, catchUp: 'all' },
  queued: { ...usual, name: 'queued', everySeconds: 3, workMs: [500, 4000, 500, 2000], overlap: 'queue' },
  parallel: { ...usual, name: 'parallel', everySeconds: 7, workMs: [8000], overlap: 'allow' },
  recovering: { ...usual, name: 'recovering', everySeconds: 10, workMs: [2500], recover: true },
} as const satisfies Readonly<Record<string, ChaosJob>>;

export function cronOf({ everySeconds }: ChaosJob): string {
  return everySeconds === 1 ? '* * * * * *' : `*/${everySeconds} * * * * *`;
}

export function workMsOf({ workMs, everySeconds }: ChaosJob, tick: number): number {
  return workMs[Math.floor(tick / 1000 / everySeconds) % workMs.length] ?? 0;
}

/** The ticks in `(afterMs, untilMs]`, by plain arithmetic: the judge must not trust what it judges. */
export function ticksOf({ everySeconds }: ChaosJob, afterMs: number, untilMs: number): number[] {
  const ticks: number[] = [];
  for (let second = Math.floor(afterMs / 1000) + 1; second * 1000 <= untilMs; second += 1) {
    if ((second % 60) % everySeconds === 0) ticks.push(second * 1000);
  }
  return ticks;
}
