import { RETRY_MAX_MS } from '../../../lib/core/election/timing.js';
import type { SimPod } from '../sim-pod.js';
import type { SimProcess } from '../world/sim-process.js';
import type { Watch } from './watch.js';

const TERM_ENDS = 'a term ends when its trust does';

/** Beside the renewal: a machine that woke up has its timers where they were. */
const SLACK_MS = 250;

/** A pod, as far as the end of its term concerns it. */
export interface TermPod extends Pick<SimPod, 'id' | 'timing'> {
  readonly process: Pick<SimProcess, 'isRunning' | 'awakeForMs' | 'setForwardForMs' | 'slowness'>;
  readonly parts: { readonly elector: Pick<SimPod['parts']['elector'], 'termToken' | 'trustMs'> };
}

/** Pods whose term goes on though its deadline has passed, and since when that is seen, in true time. */
export type PastTerms = Map<TermPod, number>;

type Seen = Pick<Watch, 'history' | 'pastTerms'> & {
  readonly simulation: { readonly pods: readonly TermPod[]; readonly world: { readonly nowMs: number } };
};

/**
 * A pod that trusts its lease no more ends the term: at the deadline or, where its timers stood still or its wall clock was
 * set forward meanwhile, when it would renew, or knows that its last question gets no answer.
 */
export function checkTermEnds(watch: Seen): void {
  for (const pod of watch.simulation.pods) checkEnd(watch, pod);
}

function checkEnd({ history, simulation, pastTerms }: Seen, pod: TermPod): void {
  const { termToken, trustMs } = pod.parts.elector;
  if (!pod.process.isRunning || termToken === undefined) return void pastTerms.delete(pod);
  history.judge(TERM_ENDS);
  if (trustMs > 0) return void pastTerms.delete(pod);
  const { nowMs } = simulation.world;
  const since = pastTerms.get(pod) ?? nowMs;
  pastTerms.set(pod, since);
  if (nowMs - since > boundMs(pod))
    history.violated(TERM_ENDS, `${pod.id} is in term ${termToken} for ${nowMs - since} ms beyond its trust`);
}

function boundMs({ process, timing: { intervalMs, ttlMs, commandTimeoutMs } }: TermPod): number {
  const { awakeForMs, setForwardForMs } = process;
  if (Math.min(awakeForMs, setForwardForMs) > 2 * ttlMs) return 0;
  return (Math.max(intervalMs, commandTimeoutMs + RETRY_MAX_MS) + SLACK_MS) / (1 - process.slowness);
}
