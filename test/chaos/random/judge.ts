import { CaseFile } from './case-file.js';
import type { Evidence } from './evidence.js';
import { fateOf, type Fate } from './fate.js';
import { latenessOf, type LatenessByCause } from './lateness.js';
import { LAWS, observedTicks, type Conviction } from './laws.js';
import { silencesOf, type Silence } from './silence.js';

export interface Verdict {
  readonly jobs: readonly JobCount[];
  readonly lateness: LatenessByCause;
  /** The longest times without a tick. */
  readonly silences: readonly Silence[];
  /** Empty: nothing happened that must not. Oldest first. */
  readonly convictions: readonly Conviction[];
}

/** How many ticks of a job met which fate. */
export interface JobCount {
  readonly job: string;
  readonly due: number;
  readonly fates: Readonly<Partial<Record<Fate, number>>>;
  /** Ticks that started as catch-up. */
  readonly caughtUp: number;
}

/** Reads all evidence of a random run, and says what became of the ticks and what must not have happened. */
export function judge(evidence: Evidence): Verdict {
  const file = new CaseFile(evidence);
  const convictions = LAWS.flatMap(law => law(file)).sort((a, b) => a.at - b.at);
  return { jobs: countsOf(file), lateness: latenessOf(file), silences: silencesOf(file), convictions };
}

function countsOf(file: CaseFile): JobCount[] {
  const ticks = observedTicks(file);
  return file.evidence.jobs.map(job => {
    const own = ticks.filter(({ job: { name } }) => name === job.name);
    const fates: Partial<Record<Fate, number>> = {};
    for (const { tick } of own) {
      const fate = fateOf(file, job, tick);
      fates[fate] = (fates[fate] ?? 0) + 1;
    }
    const caughtUp = own.filter(({ tick }) => file.runsAt(job.name, tick)[0]?.start.catchUp).length;
    return { job: job.name, due: own.length, fates, caughtUp };
  });
}
