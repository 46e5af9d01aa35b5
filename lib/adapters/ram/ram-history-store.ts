import { newestFirst } from '../../core/run/run-order.js';
import type { HistoryQuery, HistoryStore, RunRecord } from '../../ports/history-store.js';
import type { RamJobs } from './ram-jobs.js';

/** The past of one process. */
export class RamHistoryStore implements HistoryStore {
  constructor(private readonly jobs: RamJobs) {}

  async history({ job, limit, before = Infinity, states = [] }: HistoryQuery): Promise<readonly RunRecord[]> {
    const jobs = job === undefined ? this.jobs.all() : [this.jobs.read(job)];
    const isBefore = (record: RunRecord) =>
      typeof before === 'number' ? record.tick < before : newestFirst(before, record) < 0;
    const isAsked = (record: RunRecord) =>
      isBefore(record) && (states.length === 0 || states.includes(record.state));
    const found = jobs.flatMap(({ ended }) => ended.filter(isAsked));
    return found.sort(newestFirst).slice(0, Math.max(0, limit));
  }

  async last(job: string, which: 'run' | 'success'): Promise<RunRecord | undefined> {
    const { lastRun, lastSuccess } = this.jobs.read(job);
    return which === 'run' ? lastRun : lastSuccess;
  }

  async running(): Promise<readonly RunRecord[]> {
    const { now } = this.jobs;
    const open = this.jobs.all().flatMap(job => [...job.open.values()]);
    const live = open.filter(({ record, liveUntil }) => record.state === 'claimed' && liveUntil > now);
    return live.map(({ record }) => record).sort(newestFirst);
  }
}
