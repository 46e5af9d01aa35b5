import { readJobSet } from '../core/election/read-job-set.js';
import type { CandidateStore } from '../ports/candidate-store.js';
import type { PageListener } from '../ports/pages.js';

/** A set that cannot be read is tried this often. */
const READ_TRIES = 3;

/** Where jobs are stopped or disabled. */
export interface StoppedJobs {
  /** Ids of pods, by the name of the job. */
  readonly stoppedOn: ReadonlyMap<string, readonly string[]>;
  /** The pods whose job sets are known. */
  readonly pods: ReadonlySet<string>;
}

interface KnownSet {
  /** The jobs in it that do not tick; `undefined`: it could not be read. */
  readonly stopped: readonly string[] | undefined;
  readonly tries: number;
}

/** Finds out by the job sets that the pods publish which jobs are stopped where. A set is read once. */
export class StoppedJobsReader {
  private sets: ReadonlyMap<string, KnownSet> = new Map();

  constructor(private readonly store: CandidateStore) {}

  /** Pods that were seen within the last ten minutes; those of 0.3 publish no job sets. */
  async read(signal: AbortSignal, onPage: PageListener): Promise<StoppedJobs> {
    const { candidates } = await this.store.candidates(signal, onPage);
    const sets = new Map<string, KnownSet>();
    const stoppedOn = new Map<string, string[]>();
    const pods = new Set<string>();
    const byId = [...candidates].sort((a, b) => (a.podId < b.podId ? -1 : 1));
    for (const { podId, jobSet } of byId) {
      const set = sets.get(jobSet) ?? (await this.known(jobSet, signal, onPage));
      sets.set(jobSet, set);
      if (set.stopped !== undefined) pods.add(podId);
      for (const job of set.stopped ?? []) stoppedOn.set(job, [...(stoppedOn.get(job) ?? []), podId]);
    }
    this.sets = sets;
    return { stoppedOn, pods };
  }

  private async known(jobSet: string, signal: AbortSignal, onPage: PageListener): Promise<KnownSet> {
    const { stopped, tries } = this.sets.get(jobSet) ?? { stopped: undefined, tries: 0 };
    if (stopped !== undefined || tries === READ_TRIES) return { stopped, tries };
    const set = await readJobSet(jobSet, this.store, async index => {
      const page = await this.store.read(jobSet, index, signal);
      onPage();
      return page;
    });
    const jobs = set && [...set.jobs].flatMap(([name, { isStopped }]) => (isStopped ? [name] : []));
    return { stopped: jobs, tries: tries + 1 };
  }
}
