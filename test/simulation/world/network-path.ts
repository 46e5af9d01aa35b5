import type { Random } from './random.js';
import type { World } from './world.js';

/** Time after which a lost packet is sent again; the stretch is drawn anew each time. */
const RETRANSMIT_MS = 400;

/**
 * One direction between a pod and a server. Data on one connection arrives in order; while the direction
 * is blocked nothing arrives, and TCP sends it again afterwards.
 */
export class NetworkPath {
  isBlocked = false;
  /** Delay on top of the usual one. */
  extraMs = 0;
  /** Something on the way sends requests again, this much later, whatever else went by meanwhile. */
  repeatsAfterMs: number | undefined;
  private held: (() => void)[] = [];

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly baseMs: number,
  ) {}

  /** Opens a link whose deliveries keep their order. */
  openLink(): OrderedLink {
    const queue: (() => void)[] = [];
    let lastAt = 0;
    const arriveAfter = (delayMs: number): void => {
      lastAt = Math.max(lastAt, this.world.nowMs + delayMs);
      this.world.after(lastAt - this.world.nowMs, arrive);
    };
    // Arrivals are as many as deliveries, and come in the order of sending: whichever is first takes the first.
    const arrive = (): void => {
      if (this.isBlocked) this.held.push(() => arriveAfter(this.random.uniform(0, RETRANSMIT_MS)));
      else queue.shift()?.();
    };
    return {
      send: deliver => {
        queue.push(deliver);
        arriveAfter(this.delay());
      },
    };
  }

  /** Delivers once more what was sent, out of its turn, if that is what this way does now. */
  repeat(deliver: () => void): void {
    if (this.repeatsAfterMs === undefined) return;
    this.world.after(this.delay() + this.random.uniform(0, this.repeatsAfterMs), deliver);
  }

  /** Lets everything through again. */
  heal(): void {
    this.isBlocked = false;
    const held = this.held;
    this.held = [];
    for (const resend of held) resend();
  }

  private delay(): number {
    return this.baseMs * (0.5 + this.random.next()) + this.extraMs;
  }
}

export interface OrderedLink {
  /** Delivers in the order sent, or never. */
  send(deliver: () => void): void;
}
