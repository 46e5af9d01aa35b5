import type { Told } from '../history.js';
import { keys, type Watch } from './watch.js';

const SOMEBODYS = 'a tick that is claimed is run by whoever claimed it';

/** A pod says that a tick was claimed before: not by itself, for a run that it never makes. */
export function onSkipped({ history, simulation }: Watch, { job, tick, reason, process }: Told): void {
  if (reason !== 'claimed') return;
  const hash = simulation.redis.master.double.data.value(keys.runs(job));
  const record = hash instanceof Map ? String(hash.get(String(tick)) ?? '') : '';
  const [state, runId] = record.split('|', 2);
  if (state !== 'claimed' || !record.includes(`"pod":"${process}"`)) return;
  history.judge(SOMEBODYS);
  if (!history.calls.some(call => call.runId === runId))
    history.violated(SOMEBODYS, `${process} leaves ${job} ${tick} to ${runId}, which is its own`);
}
