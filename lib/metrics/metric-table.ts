/** A metric as it is exposed. Durations are in seconds. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

const JOB = ['job_name'] as const;

/**
 * Every metric by its name, without the prefix. The label is `job_name`, for `job` is what Prometheus itself calls the
 * thing that it scrapes. `docs/health-and-metrics.md` has a row for each.
 */
export const METRICS = {
  is_leader: { type: 'gauge', labels: [], help: 'Whether this pod leads (1) or not (0)' },
  leadership_changes_total: {
    type: 'counter',
    labels: ['change'],
    help: 'Changes of leadership of this pod: elected, suspended, resumed, or why a term ended: deadline, lease-lost, resigned, handed-over, shutdown',
  },
  lease_renewals_total: {
    type: 'counter',
    labels: ['answer'],
    help: 'Renewals of the lease by this pod: renewed, lost (another pod has it) or unknown (no answer in time)',
  },
  lease_remaining_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How much longer this pod trusts its lease unless it is renewed; 0 when it does not lead',
  },
  clock_ahead_seconds: {
    type: 'gauge',
    labels: [],
    help: 'How far the clock of this pod is ahead of that of Redis; negative: behind; absent until it is known',
  },
  store_available: {
    type: 'gauge',
    labels: ['source'],
    help: 'Whether Redis answers this pod (1) or not (0) about the lease or about runs',
  },
  runs_total: {
    type: 'counter',
    labels: [...JOB, 'outcome'],
    help: 'Runs that ended on this pod: succeeded, failed, timed-out or aborted',
  },
  run_duration_seconds: {
    type: 'histogram',
    labels: JOB,
    help: 'How long runs took with all their attempts',
  },
  run_lag_seconds: {
    type: 'histogram',
    labels: JOB,
    help: 'How long after its nominal instant a run began; also of one that was caught up',
  },
  runs_in_progress: { type: 'gauge', labels: JOB, help: 'Runs that go on in this pod' },
  retries_total: {
    type: 'counter',
    labels: JOB,
    help: 'Attempts that failed and were followed by another one',
  },
  ticks_skipped_total: {
    type: 'counter',
    labels: [...JOB, 'reason'],
    help: 'Ticks that were due and did not start, by the reason of the event job.skipped',
  },
  ticks_missed_total: { type: 'counter', labels: JOB, help: 'Ticks that were missed and are not caught up' },
  ticks_blocked_total: {
    type: 'counter',
    labels: JOB,
    help: 'Ticks that Redis refused to decide at first',
  },
  runs_abandoned_total: {
    type: 'counter',
    labels: JOB,
    help: 'Runs whose pod died, found by this pod, that are not repeated',
  },
  runs_stale_total: {
    type: 'counter',
    labels: JOB,
    help: 'Runs of this pod that ended after they had been given up; another pod may have run the tick as well',
  },
  last_success_timestamp_seconds: {
    type: 'gauge',
    labels: JOB,
    help: 'When the job last succeeded, Unix time, as far as this pod knows: it ran it, or leads',
  },
  job_set_differs: {
    type: 'gauge',
    labels: [],
    help: 'Whether jobs of this pod do not run, or not as they should, because the leader has other jobs (1) or not (0)',
  },
  job_overdue: {
    type: 'gauge',
    labels: JOB,
    help: 'Whether the last tick of the job is overdue (1) or not (0); absent while Redis is unavailable',
  },
} as const satisfies Record<string, MetricSpec>;

/** Name of a metric without the prefix. */
export type MetricName = keyof typeof METRICS;
