import type { ReportedEvent } from '../history.js';
import { keys, type Watch } from './watch.js';

const OF_ITS_CLAIMER = 'a tick that is claimed is run by the pod that claimed it';

/** A tick that a pod leaves to a claim of its own. */
export interface LeftToItself {
  readonly job: string;
  readonly tick: number;
  readonly runId: string;
  readonly process: string;
}

/** A pod says that a tick was claimed before: perhaps by itself. */
export function onSkipped({ leftToThemselves, simulation }: Watch, event: ReportedEvent): void {
  const { job, tick, reason, process } = event;
  if (reason !== 'claimed') return;
  const hash = simulation.redis.master.double.data.value(keys.runs(job));
  const record = hash instanceof Map ? String(hash.get(String(tick)) ?? '') : '';
  const [state, runId = ''] = record.split('|', 2);
  if (state === 'claimed' && record.includes(`"pod":"${process}"`))
    leftToThemselves.push({ job, tick, runId, process });
}

/** Then it has run the tick, sooner or later. */
export function checkLeftToThemselves({ history, lost, leftToThemselves, scenario }: Watch): void {
  // A claim that is repeated on its way, and comes after its release, is granted to no pod: a known limit.
  const why = scenario.faults.some(({ kind }) => kind === 'repeat') ? 'claims are repeated' : undefined;
  for (const { job, tick, runId, process } of leftToThemselves) {
    // Its release may be lost, in strict mode too: replicas must confirm claims alone.
    const reason = lost.has(job, String(tick), false) ? 'its record was lost' : why;
    if (reason !== undefined) {
      history.leaveOut(OF_ITS_CLAIMER, reason);
      continue;
    }
    history.judge(OF_ITS_CLAIMER);
    // Its pod crashed before it could start, and another one has recorded that.
    const isAbandoned = history.reported.some(
      event =>
        event.type === 'job.abandoned' &&
        event.job === job &&
        event.tick === tick &&
        event.process !== process,
    );
    if (!isAbandoned && !history.calls.some(call => call.job === job && call.tick === tick))
      history.violated(OF_ITS_CLAIMER, `${process} leaves ${job} ${tick} to ${runId}, which is its own`);
  }
}
