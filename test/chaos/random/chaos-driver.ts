import { setTimeout as pause } from 'node:timers/promises';

import type { Dice } from './dice.js';
import type { Fault } from './evidence.js';
import { type FaultKind, type Scene } from './fault-kind.js';
import { mono } from './mono.js';
import type { RandomPod } from './random-pod.js';

export interface DriverSettings {
  readonly dice: Dice;
  readonly kinds: readonly FaultKind[];
  readonly pods: readonly RandomPod[];
  readonly ttlMs: number;
  readonly say: (line: string) => void;
  /** Reads the history, which is about to be lost. */
  readonly remember: () => Promise<void>;
}

/** The number of faults that go on at once, on different targets. */
const AT_ONCE = 2;
/** The time between the beginnings of two faults, when the first is over by then. */
const GAP_MS = { from: 300, to: 4000 };

/** Chooses faults at random and lets them happen, for a while. */
export class ChaosDriver {
  private readonly faults: Fault[] = [];
  private readonly underWay = new Set<Promise<void>>();
  private readonly busy = new Set<string>();
  private failure: Error | undefined;
  private startedAt = 0;
  private endsAt = 0;

  constructor(private readonly settings: DriverSettings) {}

  /** Resolves with all faults when the last one is repaired; rejects when one could not be. */
  async until(endsAt: number): Promise<Fault[]> {
    this.startedAt = mono();
    this.endsAt = endsAt;
    const { dice } = this.settings;
    while (mono() < endsAt && this.failure === undefined) {
      this.begin(this.choose(), dice.another());
      await pause(Math.min(dice.between(GAP_MS.from, GAP_MS.to), Math.max(0, endsAt - mono())));
      if (this.underWay.size >= AT_ONCE) await Promise.race(this.underWay);
    }
    await Promise.all(this.underWay);
    if (this.failure !== undefined) throw this.failure;
    return this.faults;
  }

  private choose(): FaultKind {
    const { dice, kinds } = this.settings;
    let rest = dice.between(
      0,
      kinds.reduce((sum, { weight }) => sum + weight, 0),
    );
    const chosen = kinds.find(({ weight }) => (rest -= weight) < 0) ?? kinds[0];
    if (chosen === undefined) throw new Error('There are no faults to choose from.');
    return chosen;
  }

  /** Does nothing when what the fault is about has one already. */
  private begin(fault: FaultKind, dice: Dice): void {
    const pod = this.victim(dice);
    const targets = this.targetsOf(fault, pod);
    if (pod === undefined || targets.some(target => this.busy.has(target))) return;
    for (const target of targets) this.busy.add(target);
    const happening = this.inflict(fault, dice, pod)
      .catch((cause: unknown) => {
        this.failure ??= new Error(`This fault could not be inflicted or repaired: ${fault.kind}`, { cause });
      })
      .finally(() => {
        for (const target of targets) this.busy.delete(target);
        this.underWay.delete(happening);
      });
    this.underWay.add(happening);
  }

  private async inflict(fault: FaultKind, dice: Dice, pod: RandomPod): Promise<void> {
    const { pods, ttlMs, say, remember } = this.settings;
    const whom = { pod: pod.isLeader ? `${pod.name} (leader)` : pod.name, pods: 'pods', store: 'Redis' }[
      fault.on
    ];
    const from = mono();
    const begun = seconds(from - this.startedAt);
    const scene: Scene = {
      dice,
      ttlMs,
      pod,
      pods,
      remember,
      say: what => say(`  ${begun}  ${whom.padEnd(14)}  ${fault.kind}: ${what}`),
      hold: ms => pause(Math.max(0, Math.min(ms, this.endsAt - mono()))),
    };
    await fault.inflict(scene);
    this.faults.push({
      kind: fault.kind,
      target: fault.on === 'pod' ? pod.name : fault.on,
      from,
      to: mono(),
    });
  }

  /** The leader rather than another: there is most to break. */
  private victim(dice: Dice): RandomPod | undefined {
    const free = this.settings.pods.filter(({ name }) => !this.busy.has(name));
    const [first, ...others] = free;
    if (first === undefined) return undefined;
    const leader = free.find(({ isLeader }) => isLeader);
    return leader !== undefined && dice.sometimes(0.6) ? leader : dice.pick([first, ...others]);
  }

  private targetsOf({ on }: FaultKind, pod: RandomPod | undefined): string[] {
    if (on === 'store') return ['store'];
    return on === 'pod' ? [pod?.name ?? ''] : this.settings.pods.map(({ name }) => name);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(7)} s`;
}
