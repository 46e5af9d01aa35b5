/** A name of 0.4 that works until 1.0, in expressions: as it was written, and as it is written now. */
export interface DocumentedRename {
  /** As the table in docs/migration.md has it. */
  readonly row: string;
  readonly former: string;
  readonly now: string;
}

/** Declarations that the expressions use. */
export const DECLARATIONS = `
import type * as api from 'nestjs-leader-schedule';
import type { JobContext, JobInfo, JobRun, LeaderInfo, LeaderService, OverdueJob, PauseOptions, PodInfo, RunOutcome, ScheduleService, ScheduleStatus, StatusLeader } from 'nestjs-leader-schedule';
declare const leaderService: LeaderService;
declare const leaderInfo: LeaderInfo;
declare const status: ScheduleStatus;
declare const pod: PodInfo;
declare const statusLeader: StatusLeader;
declare const overdue: OverdueJob;
declare const run: JobRun;
declare const job: JobInfo;
declare const pauseOptions: PauseOptions;
declare const context: JobContext;
declare const schedule: ScheduleService;
declare const followed: api.ScheduleEvent<'leader.followed'>;
declare const unsteady: api.ScheduleEvent<'leader.unsteady'>;
declare const different: api.ScheduleEvent<'jobs.different'>;
declare const overdueEvent: api.ScheduleEvent<'job.overdue'>;
declare const misordered: api.ScheduleEvent<'job.misordered'>;
declare const invalid: api.ScheduleEvent<'job.override-invalid'>;
declare const difference: api.JobDifference;
`;

export const DOCUMENTED_RENAMES: readonly DocumentedRename[] = [
  { row: 'LeaderService.leader()', former: 'leaderService.leader()', now: 'leaderService.current()' },
  { row: 'LeaderService.candidateId', former: 'leaderService.candidateId', now: 'leaderService.podId' },
  { row: 'LeaderInfo.candidateId', former: 'leaderInfo.candidateId', now: 'leaderInfo.podId' },
  { row: 'isMe', former: 'leaderInfo.isMe', now: 'leaderInfo.isThisPod' },
  { row: 'ScheduleStatus.candidateId', former: 'status.candidateId', now: 'status.podId' },
  { row: 'jobs', former: 'status.jobs', now: 'status.jobCount' },
  { row: 'PodInfo.candidateId', former: 'pod.candidateId', now: 'pod.podId' },
  { row: 'StatusLeader.candidateId', former: 'statusLeader.candidateId', now: 'statusLeader.podId' },
  { row: 'OverdueJob.mark', former: 'overdue.mark', now: 'overdue.watermark' },
  { row: 'JobRun.pod', former: 'run.pod', now: 'run.podId' },
  { row: 'JobInfo.words', former: 'job.words', now: 'job.description' },
  { row: 'definedAt', former: 'job.definedAt', now: 'job.definedIn' },
  { row: 'ScheduleService.abort()', former: `schedule.abort('id')`, now: `schedule.abortRun('id')` },
  {
    row: 'ScheduleService.runNow(name, { wait })',
    former: `schedule.runNow('job', { wait: '1m' })`,
    now: `schedule.runAndWait('job', { maxWait: '1m' })`,
  },
  {
    row: 'RunNowOptions',
    former: 'null as unknown as api.RunNowOptions',
    now: 'null as unknown as api.RunAndWaitOptions',
  },
  { row: 'JobContext.scheduledAt', former: 'context.scheduledAt', now: 'context.tick' },
  { row: 'PauseOptions.for', former: 'pauseOptions.for', now: 'pauseOptions.duration' },
  { row: 'JobDifference.holder', former: 'difference.holder', now: 'difference.podId' },
  { row: 'leader.followed: holder', former: 'followed.holder', now: 'followed.podId' },
  { row: 'leader.unsteady: rival', former: 'unsteady.rival', now: 'unsteady.podId' },
  { row: 'jobs.different: holder', former: 'different.holder', now: 'different.podId' },
  { row: 'job.overdue: holder', former: 'overdueEvent.holder', now: 'overdueEvent.podId' },
  { row: 'job.overdue: mark', former: 'overdueEvent.mark', now: 'overdueEvent.watermark' },
  {
    row: 'job.overdue: isAskedToResign',
    former: 'overdueEvent.isAskedToResign',
    now: 'overdueEvent.isResignationRequested',
  },
  { row: 'job.misordered: order', former: 'misordered.order', now: 'invalid.override' },
  type('JobOptions', 'api.CreateJobOptions'),
  type('JobsOptions', 'api.JobDefaultsAndOverrides'),
  type('JobSettingsOptions', 'api.JobOverrides'),
  type('LeaderJobOptions', 'api.JobDecoratorOptions'),
  type('EndOutcome', "Exclude<RunOutcome, 'running'>"),
  type('FailedOutcome', "Extract<RunOutcome, 'failed' | 'timed-out' | 'aborted'>"),
  type('RunFacts', 'api.RunEventFacts'),
  type('TickFacts', 'api.TickEventFacts'),
];

/** A type: each is one for the other. */
function type(name: string, now: string): DocumentedRename {
  return {
    row: name,
    former: `((given: ${now}): api.${name} => given)`,
    now: `null as unknown as ${now}`,
  };
}
