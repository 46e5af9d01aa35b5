import type { Dice } from './dice.js';
import type { Loss } from './evidence.js';
import type { RandomPod } from './random-pod.js';

/** Something that can be done to a cluster. */
export interface FaultKind {
  readonly kind: string;
  /** How often it is chosen, in comparison with others. */
  readonly weight: number;
  /** The target, which no other fault may touch meanwhile. */
  readonly on: 'pod' | 'pods' | 'store';
  /** Inflicts the fault, and settles when it is over and repaired. */
  readonly inflict: (scene: Scene) => Promise<void>;
}

/** The surroundings of a fault. */
export interface Scene {
  /** Its own. */
  readonly dice: Dice;
  readonly ttlMs: number;
  /** The pod it is about, if it is about one. */
  readonly pod: RandomPod;
  readonly pods: readonly RandomPod[];
  /** Says what is done, in a few words, as soon as that is known. */
  say(what: string): void;
  /** Reads the history, which is about to be lost. */
  remember(): Promise<void>;
  /** Waits; less when the run ends first. */
  hold(ms: number): Promise<void>;
}

/** Notes what Redis may have forgotten. */
export class LossBook {
  readonly losses: Loss[] = [];

  note(kind: Loss['kind'], from: number, to: number): void {
    this.losses.push({ kind, from, to });
  }
}

/** A length of time from a wink to well beyond the ttl: each of three magnitudes is as likely. */
export function someTime({ dice, ttlMs }: Scene): number {
  const [from, to] = dice.pick([
    [50, ttlMs / 4],
    [ttlMs / 4, ttlMs],
    [ttlMs, 2.5 * ttlMs],
  ] as const);
  return Math.round(dice.between(from, to));
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
