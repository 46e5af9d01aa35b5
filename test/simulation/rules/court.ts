import { HOUR, SECOND } from '../../support/durations.js';
import { ScheduleLog } from '../checks/eras.js';
import { LostRecords } from '../checks/lost-records.js';
import type { Watch } from '../checks/watch.js';
import { WriteLog } from '../checks/writes.js';
import { History, type Call } from '../history.js';
import { scenarioOf, type JobPlan } from '../scenario.js';

export const PLAIN_JOB: JobPlan = {
  name: 'job-1',
  cron: '* * * * * *',
  durationsMs: [0],
  overlap: 'skip',
  catchUp: 'all',
  catchUpWindowMs: HOUR,
  recover: false,
  attempts: 1,
  timeoutMs: undefined,
  failureRate: 0,
  obeysAbort: true,
  keep: 10_000,
};

/** At the default times, on one Redis that loses nothing; pods, jobs, faults and the end are for the spec. */
export const PLAIN_WORLD = {
  ...scenarioOf(1, { faultsForMs: 10 * SECOND, fixed: { intervalMs: 3 * SECOND, ttlMs: 10 * SECOND } }),
  isStrict: false,
  replicaLagsMs: [],
  redis: 'ordinary',
  hasResigningListener: false,
} as const;

type Seen = Pick<Watch, 'history' | 'writes' | 'lost' | 'scenario' | 'schedules'>;

/** Collects the violations of a history that a test has written. */
export class Court {
  readonly history = new History(() => 0);
  readonly writes = new WriteLog();
  readonly lost = new LostRecords();
  readonly schedules = new ScheduleLog();
  readonly scenario = { ...scenarioOf(1, { faultsForMs: 10 * SECOND }), isStrict: false };

  call(tick: number, runId: string, attempt = 1): void {
    const call: Call = {
      job: 'job-1',
      tick,
      runId,
      attempt,
      token: 1,
      manual: false,
      request: undefined,
      recovering: attempt > 1,
      process: 'pod-a-1',
      startedAtMs: 0,
      serverAt: tick,
      signal: new AbortController().signal,
      endedAtMs: 0,
    };
    this.history.calls.push(call);
  }

  miss(tick: number, at: number): void {
    const known = this.writes.decided.get('job-1') ?? [];
    this.writes.decided.set('job-1', [...known, { state: 'missed', tick, since: tick - 1, at }]);
  }

  judge(check: (watch: Seen, plan: JobPlan) => void, plan: Partial<JobPlan> = {}): string[] {
    const [job] = this.scenario.jobs;
    if (job === undefined) throw new Error('A scenario has jobs');
    const { history, writes, lost, scenario, schedules } = this;
    check(
      { history, writes, lost, scenario, schedules },
      {
        ...job,
        name: 'job-1',
        cron: '* * * * * *',
        recover: false,
        catchUpWindowMs: HOUR,
        ...plan,
      },
    );
    return history.violations.map(({ rule }) => rule);
  }
}
