import { AHEAD_MS } from '../../core/tick/overdue.js';
import { oldestFirst } from '../../core/run/run-order.js';
import type { RunRecord } from '../../ports/history-store.js';
import type { RunState } from '../../core/run/run-outcome.js';
import type { PageListener } from '../../ports/pages.js';
import type { UnfinishedPage, UnfinishedRun } from '../../ports/run-store.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { listUnfinished, readRuns } from './redis-scripts.js';
import { parseRecord, parseSlot, parseUnfinished, type UnfinishedEntry } from './codec/run-codec.js';
import { parseWords } from './codec/script-reply.js';
import { showRecord } from './codec/shown-records.js';

/** Runs of a page. */
export const UNFINISHED_A_PAGE = 200;

const NOT_ENDED: readonly RunState[] = ['claimed', 'queued', 'released'];

/** A page of the runs that have not ended, oldest tick first. */
export async function readUnfinished(
  connection: RedisConnection,
  keys: RedisKeys,
  after: string,
  signal: AbortSignal,
): Promise<UnfinishedPage> {
  const { listed, next } = await listWithRecords(connection, keys, after, signal);
  const runs = listed.flatMap(one => toUnfinished(one) ?? []);
  return { runs: runs.sort(oldestFirst), next };
}

/** The records of the runs that go on now, read page by page. */
export async function readRunning(
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
  onPage: PageListener,
): Promise<RunRecord[]> {
  const running: RunRecord[] = [];
  for (let after: string | undefined = ''; after !== undefined; onPage()) {
    const page: ListedPage = await listWithRecords(connection, keys, after, signal);
    running.push(...page.listed.flatMap(shown));
    after = page.next;
  }
  return running;
}

/** A run that goes on now, as far as it can be read. */
function shown({ entry: { job, slot, liveMs }, packed }: Listed): RunRecord[] {
  if (liveMs <= 0 || (packed === '' && parseSlot(slot) !== undefined)) return [];
  const record = showRecord(job, slot, packed);
  return record.state === 'claimed' || record.state === 'unreadable' ? [record] : [];
}

/** A run whose record is lost is shown all the same, so that a takeover clears it away. */
function toUnfinished({ entry, packed }: Listed): UnfinishedRun | undefined {
  const place = parseSlot(entry.slot);
  const record = parseRecord(entry.job, entry.slot, packed);
  if (place === undefined || (record && !NOT_ENDED.includes(record.state))) return undefined;
  const { runId = place.handle ?? '', attempt = 1 } = record ?? {};
  const isOverlong = record?.state === 'claimed' && entry.liveMs > lockMsOf(packed) + AHEAD_MS;
  return {
    job: entry.job,
    ...place,
    runId,
    liveMs: entry.liveMs,
    attempt,
    ...(isOverlong && { isOverlong }),
  };
}

/** For how long the lock of a run is set each time. Runs of 0.3 do not say it; theirs is at most the default. */
function lockMsOf(packed: string): number {
  const [, lockMs = 600_000] = /^(?:[^|]*\|){6}\{"lockMs":(\d{1,8})[,}]/.exec(packed) ?? [];
  return Number(lockMs);
}

interface Listed {
  readonly entry: UnfinishedEntry;
  /** Its record; empty where there is none. */
  readonly packed: string;
}

interface ListedPage {
  readonly listed: readonly Listed[];
  readonly next: string | undefined;
}

async function listWithRecords(
  connection: RedisConnection,
  keys: RedisKeys,
  after: string,
  signal: AbortSignal,
): Promise<ListedPage> {
  const at = after.indexOf('|');
  const args = [UNFINISHED_A_PAGE, after.slice(0, Math.max(0, at)), after.slice(at + 1)];
  const reply = await connection.ask(listUnfinished, [keys.unfinished], args, signal);
  const { entries, next } = parseUnfinished(reply);
  return { listed: await withRecords(entries, connection, keys, signal), next };
}

async function withRecords(
  entries: readonly UnfinishedEntry[],
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
): Promise<Listed[]> {
  if (entries.length === 0) return [];
  const runs = entries.map(({ job }) => keys.runs(job));
  const slots = entries.map(({ slot }) => slot);
  const packed = parseWords(await connection.ask(readRuns, runs, slots, signal));
  return entries.map((entry, at) => ({ entry, packed: packed[at] ?? '' }));
}
