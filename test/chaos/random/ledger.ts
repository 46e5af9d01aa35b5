import { eventually } from '../../support/eventually.js';
import type { RedisServer } from '../../support/redis-server.js';
import type { LedgerEntry } from './evidence.js';

/** Reads what the pods wrote: a stream in a Redis of its own. */
export class Ledger {
  constructor(private readonly server: RedisServer) {}

  async entries(): Promise<LedgerEntry[]> {
    return parse(await this.server.command('XRANGE', 'ledger', '-', '+'));
  }

  /** Waits, with patience, until one more handler is called from now on; goes on without it after a minute. */
  async nextStart(what: string): Promise<void> {
    const newest = ((await this.server.command('XREVRANGE', 'ledger', '+', '-', 'COUNT', '1')) as Reply)[0];
    const from = newest === undefined ? '-' : `(${newest[0]}`;
    const isStarted = async () =>
      parse(await this.server.command('XRANGE', 'ledger', from, '+')).some(({ kind }) => kind === 'start');
    await eventually(isStarted, { within: 60_000, every: 200, what });
  }
}

type Reply = readonly [id: string, fields: readonly [name: string, value: string]][];

function parse(reply: unknown): LedgerEntry[] {
  return (reply as Reply).map(([, [, entry]]) => JSON.parse(entry) as LedgerEntry);
}
