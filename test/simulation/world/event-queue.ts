/** Something that happens at an instant of the true time. */
export interface WorldEvent {
  readonly at: number;
  /** Of two events at one instant, the one in the lower phase comes first; in one phase, the older one. */
  readonly phase: number;
  readonly number: number;
  /** `undefined`: cancelled. */
  fire: (() => void) | undefined;
}

/** A binary heap of events. */
export class EventQueue {
  private readonly heap: WorldEvent[] = [];
  private added = 0;

  add(at: number, phase: number, fire: () => void): WorldEvent {
    this.added += 1;
    const event: WorldEvent = { at, phase, number: this.added, fire };
    this.siftUp(event, this.heap.length);
    return event;
  }

  /** Takes the next event out, if it is due by then. */
  take(until: number): WorldEvent | undefined {
    const [next] = this.heap;
    if (next === undefined || next.at > until) return undefined;
    const last = this.heap.pop();
    if (last !== undefined && last !== next) this.siftDown(last);
    return next;
  }

  private siftUp(event: WorldEvent, from: number): void {
    const { heap } = this;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  private siftDown(event: WorldEvent): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below += 1;
      }
      if (isBefore(event, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = event;
  }
}

function isBefore(a: WorldEvent, b: WorldEvent): boolean {
  if (a.at !== b.at) return a.at < b.at;
  return a.phase === b.phase ? a.number < b.number : a.phase < b.phase;
}
