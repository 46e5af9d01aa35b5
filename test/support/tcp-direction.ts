import type { Socket } from 'node:net';

/** The treatment of bytes on their way. */
export type Treatment = 'carry' | 'hold' | 'lose';

/**
 * One direction of a proxied connection: the bytes of `source`, and its end, on their way to `destination`. How
 * it treats them is set by the `TcpProxy`.
 */
export class TcpDirection {
  #underway: Item[] = [];
  #treatment: Treatment = 'carry';
  #delayMs = 0;
  #hasLostBytes = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    source: Socket,
    private readonly destination: Socket,
    private readonly lost: (bytes: number) => void,
  ) {
    source.on('data', bytes => this.#take(bytes));
    source.on('close', () => this.#take('end'));
    // 'close' follows, and says all there is to say.
    source.on('error', () => {});
  }

  /** How many bytes wait here. */
  get heldBytes(): number {
    return this.#underway.reduce((sum, item) => sum + size(item), 0);
  }

  /** Treats what is on its way, and all that follows, like this. */
  enter(treatment: Treatment, delayMs: number): void {
    this.#treatment = treatment;
    this.#delayMs = delayMs;
    const latestMono = performance.now() + delayMs;
    for (const item of this.#underway) item.dueMono = Math.min(item.dueMono, latestMono);
    this.#proceed();
  }

  #take(bytes: Buffer | 'end'): void {
    this.#underway.push({ bytes, dueMono: performance.now() + this.#delayMs });
    this.#proceed();
  }

  #proceed(): void {
    clearTimeout(this.#timer);
    if (this.#treatment === 'lose' || this.#hasLostBytes) this.#lose();
    if (this.#treatment === 'carry') this.#deliver();
  }

  /** Only the end of the stream survives: the other side finds it out when the network works again. */
  #lose(): void {
    const lostBytes = this.heldBytes;
    this.#underway = this.#underway.filter(item => item.bytes === 'end');
    if (lostBytes === 0) return;
    this.#hasLostBytes = true;
    this.lost(lostBytes);
  }

  #deliver(): void {
    let next = this.#underway[0];
    for (; next && next.dueMono <= performance.now(); next = this.#underway[0]) {
      this.#underway.shift();
      if (next.bytes === 'end') this.destination.destroySoon();
      else this.destination.write(next.bytes);
    }
    if (next) this.#timer = setTimeout(() => this.#proceed(), next.dueMono - performance.now()).unref();
  }
}

/** Something on its way, and when it arrives at the earliest. */
interface Item {
  readonly bytes: Buffer | 'end';
  dueMono: number;
}

function size(item: Item): number {
  return item.bytes === 'end' ? 0 : item.bytes.length;
}
