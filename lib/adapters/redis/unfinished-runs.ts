import { oldestFirst } from '../../core/run-order.js';
import type { RunRecord, RunState } from '../../ports/history-store.js';
import type { UnfinishedRun } from '../../ports/run-store.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { listUnfinished, readRuns } from './redis-scripts.js';
import { parseRecord, parseSlot, parseUnfinished, type UnfinishedEntry } from './run-codec.js';
import { parseWords } from './script-reply.js';

/** Records read in one call. */
const RECORDS_A_CALL = 500;

const NOT_ENDED: readonly RunState[] = ['claimed', 'queued', 'released'];

/** The runs that have not ended, oldest tick first. */
export async function readUnfinished(
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
): Promise<UnfinishedRun[]> {
  const listed = await listWithRecords(connection, keys, signal);
  return listed.flatMap(({ entry, record }) => toUnfinished(entry, record) ?? []).sort(oldestFirst);
}

/** The records of the runs that go on now. */
export async function readRunning(
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
): Promise<RunRecord[]> {
  const listed = await listWithRecords(connection, keys, signal);
  return listed.flatMap(({ entry, record }) =>
    entry.liveMs > 0 && record?.state === 'claimed' ? record : [],
  );
}

/** A run whose record is lost is shown all the same, so that a takeover clears it away. */
function toUnfinished(entry: UnfinishedEntry, record: RunRecord | undefined): UnfinishedRun | undefined {
  const place = parseSlot(entry.slot);
  if (place === undefined || (record && !NOT_ENDED.includes(record.state))) return undefined;
  const { runId = place.handle ?? '', attempt = 1 } = record ?? {};
  return { job: entry.job, ...place, runId, liveMs: entry.liveMs, attempt };
}

interface Listed {
  readonly entry: UnfinishedEntry;
  readonly record: RunRecord | undefined;
}

async function listWithRecords(
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
): Promise<Listed[]> {
  const entries = parseUnfinished(await connection.ask(listUnfinished, [keys.unfinished], [], signal));
  const reads: Promise<Listed[]>[] = [];
  for (let at = 0; at < entries.length; at += RECORDS_A_CALL) {
    reads.push(withRecords(entries.slice(at, at + RECORDS_A_CALL), connection, keys, signal));
  }
  return (await Promise.all(reads)).flat();
}

async function withRecords(
  entries: readonly UnfinishedEntry[],
  connection: RedisConnection,
  keys: RedisKeys,
  signal: AbortSignal,
): Promise<Listed[]> {
  const runs = entries.map(({ job }) => keys.runs(job));
  const slots = entries.map(({ slot }) => slot);
  const packed = parseWords(await connection.ask(readRuns, runs, slots, signal));
  return entries.map((entry, at) => ({
    entry,
    record: parseRecord(entry.job, entry.slot, packed[at] ?? ''),
  }));
}
