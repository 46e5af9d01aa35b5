/**
 * The reports of the pods: who ran which tick. A phase counts the ticks that fell due in it.
 *
 * @typedef {{ name: string, due: number, once: number, doubled: number, missed: number, delay: number, failover: string }} Row
 */
export class Ledger {
  /** @type {Map<number, string[]>} pods by tick */
  runs = new Map();
  /** @type {Map<number, number>} ms from a tick to its first run */
  delays = new Map();

  /** @param {string} pod @param {number} tick */
  note(pod, tick) {
    this.runs.set(tick, [...(this.runs.get(tick) ?? []), pod]);
    if (!this.delays.has(tick)) this.delays.set(tick, Date.now() - tick);
  }

  /**
   * @param {string} name
   * @param {number} from Unix ms, exclusive
   * @param {number} until Unix ms, inclusive
   * @param {string} failover
   * @returns {Row}
   */
  count(name, from, until, failover) {
    const row = { name, due: 0, once: 0, doubled: 0, missed: 0, delay: 0, failover };
    for (let tick = Math.floor(from / 1000) * 1000 + 1000; tick <= until; tick += 1000) {
      const times = this.runs.get(tick)?.length ?? 0;
      row.due += 1;
      row.delay = Math.max(row.delay, this.delays.get(tick) ?? 0);
      if (times === 0) row.missed += 1;
      else if (times === 1) row.once += 1;
      else row.doubled += 1;
    }
    return row;
  }
}
