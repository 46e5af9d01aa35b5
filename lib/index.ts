/* The public API, grouped by purpose. */

// Set up
export { ScheduleModule } from './schedule.module.js';
export type {
  JobDefaultOptions,
  JobDefaultsAndOverrides,
  LeaderOptions,
  ScheduleModuleAsyncOptions,
  ScheduleModuleOptions,
  ScheduleOptionsFactory,
  ShutdownOptions,
} from './interfaces/schedule-module-options.interface.js';
export type { Duration } from './core/options/duration.js';
export type {
  RedisClient,
  RedisClusterOptions,
  RedisConnectionRequest,
  RedisFactory,
  RedisInput,
  RedisServerOptions,
} from './core/options/redis-input.js';

// Declare jobs
export { LeaderCron } from './decorators/leader-cron.decorator.js';
export { LeaderInterval } from './decorators/leader-interval.decorator.js';
export { LeaderTimeout } from './decorators/leader-timeout.decorator.js';
export type {
  JobDecoratorOptions,
  LeaderCronOptions,
  ZoneOptions,
} from './interfaces/leader-cron-options.interface.js';
export type { JobOverrides } from './interfaces/job-overrides.interface.js';
export type {
  ConfigReader,
  OptionFactory,
  ProviderToken,
  ScheduleContext,
  ScheduleFactory,
  WithFactories,
} from './core/job/job-definition.js';
export type {
  HistoryOptions,
  JobPolicyOptions,
  RetryOptions,
} from './interfaces/job-policy-options.interface.js';
export type { CronTimeInput } from './core/schedule/cron-schedule.js';
export { currentJob } from './job-context.js';
export type { AdoptableMethod, JobAdoption, PlainDecorator } from './core/job/adoption.js';
export type { AroundAttempt, JobContext, JobHandler, JobLogger } from './core/job/job.js';
export type { CatchUp, Overlap } from './core/job/job-policy.js';
export type { DecoratesMethod } from './decorators/decorates-method.js';
export type { JobDuration, NamedJobOptions } from './decorators/named-duration.js';

// Ask who leads, and act on it
export { LeaderOnly } from './decorators/leader-only.decorator.js';
export type { LeaderOnlyOptions } from './decorators/leader-only.decorator.js';
export { OnLeaderElected, OnLeaderLost } from './decorators/leader-hooks.decorator.js';
export type { LeadershipLoss } from './decorators/leader-hooks.decorator.js';
export { LeaderService } from './leader.service.js';
export type { LeaderInfo, Leadership } from './leader.service.js';
export type { Term } from './core/election/term.js';

// Ask what the jobs did
export { ScheduleService } from './schedule.service.js';
export type { RunCursor, RunQuery } from './client/history-query.js';
export type { JobInfo } from './client/job-info.js';
export type { CreateJobOptions } from './interfaces/create-job-options.interface.js';
export type {
  JobDifference,
  OverdueJob,
  PodInfo,
  ScheduleStatus,
  StatusLeader,
  StoppedJob,
} from './client/status.js';
export type { DifferenceKind } from './core/election/job-set-difference.js';
export type { RenewalCounts } from './core/election/renewal-counts.js';

// Control the jobs
export { ALL_JOBS } from './ports/control-store.js';
export type { AbortResult, PauseInfo, PauseOptions, RescheduleOptions } from './client/control.js';
export type { RunTicket } from './client/run-ticket.js';
export type { RunAndWaitOptions } from './client/run-waiter.js';
export type { JobRun, RunError } from './core/run/job-run.js';
export type { RunOutcome, SkipReason } from './core/run/run-outcome.js';

// Receive events
export { SCHEDULE_EVENTS } from './core/events.js';
export type {
  CronJobCall,
  LossReason,
  RunEventFacts,
  ScheduleEventType,
  StoreSource,
  TickEventFacts,
} from './core/events.js';
export type { ScheduleEvent, ScheduleEventFacts } from './deprecated.js'; // until 1.0: export type { ScheduleEvent, ScheduleEventFacts } from './core/events.js';

// Handle errors
export {
  AroundError,
  AttemptTimeoutError,
  DuplicateJobError,
  DuplicateModuleError,
  DuplicateRegistryError,
  GeneratorHandlerError,
  InvalidCronError,
  InvalidOptionsError,
  LeadershipLostError,
  MissingPeerError,
  NotLeaderError,
  NotStartedError,
  PermanentError,
  RunAbortedError,
  ScheduleError,
  ShutdownError,
  StaleTermError,
  StoreUnavailableError,
  UnknownJobError,
  UnsupportedJobError,
  RequestExpiredError,
  WaitTimeoutError,
} from './core/errors/errors.js';
export type { ErrorCode, ErrorDetails } from './core/errors/errors.js';

/* oxlint-disable typescript/no-deprecated -- the names of 0.4 */ // until 1.0
export type { EndOutcome, FailedOutcome, RunFacts, RunNowOptions, TickFacts } from './deprecated.js'; // until 1.0
export type { JobOptions, JobSettingsOptions, JobsOptions, LeaderJobOptions } from './deprecated.js'; // until 1.0
/* oxlint-enable typescript/no-deprecated */ // until 1.0

// Jobs on every pod: @nestjs/schedule as it is
export { Cron, CronExpression, Interval, SchedulerRegistry, Timeout } from '@nestjs/schedule';
export type { CronOptions } from '@nestjs/schedule';
