import { parseRecord } from '../../../lib/adapters/redis/codec/run-codec.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';
import type { JobPlan } from '../scenario.js';
import { keys, type Watch } from './watch.js';

/** The records of a job, as the master keeps them. */
export function recordsOf({ simulation }: Watch, { name }: JobPlan): RunRecord[] {
  const hash = simulation.redis.master.double.data.hash(keys.runs(name)) ?? new Map<string, string>();
  return [...hash].flatMap(([slot, packed]) => parseRecord(name, slot, packed) ?? []);
}
