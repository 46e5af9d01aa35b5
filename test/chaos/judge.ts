/** One line of a pod's journal; see `test/pods/pod.ts`. Times in ms of one monotonic clock. */
export type Entry =
  | {
      readonly pod: string;
      readonly kind: 'sample';
      readonly from: number;
      readonly to: number;
      readonly value: boolean;
    }
  | {
      readonly pod: string;
      readonly kind: 'run';
      readonly at: number;
      readonly tick: number;
      readonly token: number;
      /** As passed to the handler, Unix ms. */
      readonly startedAt?: number;
    }
  | { readonly pod: string; readonly kind: 'end'; readonly at: number; readonly tick: number };

export interface Verdict {
  /** Pairs of pods that both believed to lead at one instant. */
  readonly overlaps: readonly string[];
  /** Ticks that ran more than once. */
  readonly doubled: readonly number[];
  /** Tokens that are not higher than those of all earlier runs of other pods. */
  readonly staleTokens: readonly string[];
}

interface Reign {
  readonly pod: string;
  readonly from: number;
  to: number;
}

/** Reads the journals of all pods and says what must not have happened. */
export function judge(entries: readonly Entry[]): Verdict {
  const reigns = reignsOf(entries);
  const overlaps = reigns.flatMap((one, index) =>
    reigns
      .slice(index + 1)
      .filter(other => other.pod !== one.pod && one.from < other.to && other.from < one.to)
      .map(other => `${one.pod} ${one.from}-${one.to} and ${other.pod} ${other.from}-${other.to}`),
  );
  return { overlaps, doubled: doubledTicks(entries), staleTokens: staleTokens(entries) };
}

/**
 * Intervals in which a pod is known to have believed: from the end of its first `true` sample to the beginning of
 * its last one. A sample says nothing of where between its ends the belief was read, so neither end is stretched;
 * and a pod that was paused between two `true` samples is not known to have believed meanwhile, but a second
 * leader then would be one too many all the same.
 */
function reignsOf(entries: readonly Entry[]): Reign[] {
  const reigns: Reign[] = [];
  const current = new Map<string, Reign>();
  for (const entry of entries) {
    if (entry.kind !== 'sample') continue;
    const reign = current.get(entry.pod);
    if (!entry.value) current.delete(entry.pod);
    else if (reign !== undefined) reign.to = Math.max(reign.to, entry.from);
    else {
      const begun = { pod: entry.pod, from: entry.to, to: entry.to };
      current.set(entry.pod, begun);
      reigns.push(begun);
    }
  }
  return reigns;
}

function doubledTicks(entries: readonly Entry[]): number[] {
  const ticks = entries.flatMap(entry => (entry.kind === 'run' ? [entry.tick] : []));
  return [...new Set(ticks.filter((tick, index) => ticks.indexOf(tick) !== index))];
}

function staleTokens(entries: readonly Entry[]): string[] {
  const runs = entries.flatMap(entry => (entry.kind === 'run' ? [entry] : [])).sort((a, b) => a.at - b.at);
  return runs.flatMap((run, index) => {
    const newer = runs.slice(0, index).find(earlier => earlier.pod !== run.pod && earlier.token >= run.token);
    return newer === undefined
      ? []
      : [`${run.pod} ran with ${run.token} after ${newer.pod} with ${newer.token}`];
  });
}
