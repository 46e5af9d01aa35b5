import { JOB_DEFAULT_OPTIONS } from '../job/job-default-options.js';
import { JOB_POLICY_OPTIONS, type JobPolicyOption } from '../job/job-policy-options.js';
import { readAdoption } from '../job/read-adoption.js';
import type { OptionField } from './option-field.js';
import * as readers from './option-readers.js';

/**
 * One option: how it is read, and its name in each source. Its path stands below the options of
 * `forRoot` and, with `schedule.` before it, in the configuration.
 */
export interface OptionSpec extends OptionField {
  /** Path in the configuration where it is not `schedule.<path>`. */
  readonly configPath?: string;
  /** Environment variable; `undefined` for a function, which only code can give. */
  readonly variable?: string;
  /** As a user would write it; empty where there is none. */
  readonly default: string;
  readonly description: string;
}

/** Every option there is, in the order of the documentation. */
export const OPTIONS: readonly OptionSpec[] = [
  {
    path: 'mode',
    variable: 'SCHEDULE_MODE',
    default: 'redis',
    description: '`redis`: one leader among all pods. `ram`: this process alone, without Redis.',
    read: readers.oneOf('redis', 'ram'),
  },
  {
    path: 'appName',
    configPath: 'core.appName',
    variable: 'SCHEDULE_APP_NAME',
    default: '',
    description: 'Names the lease, `scheduler:<appName>:leader`, so that applications can share a Redis.',
    read: readers.appName,
  },
  {
    path: 'appVersion',
    configPath: 'core.appVersion',
    variable: 'SCHEDULE_APP_VERSION',
    default: '',
    description: 'Recorded in the history of each run.',
    read: readers.appVersion,
  },
  {
    path: 'redis',
    variable: 'REDIS_URL',
    default: 'redis://localhost:6379',
    description: 'Where Redis is: URL, ioredis options, Sentinel, Cluster, a client or a factory.',
    read: readers.redis,
  },
  {
    path: 'leader.interval',
    variable: 'SCHEDULE_LEADER_INTERVAL',
    default: '3s',
    description: 'How often the leader renews its lease and a follower checks it.',
    read: readers.duration(50),
  },
  {
    path: 'leader.ttl',
    variable: 'SCHEDULE_LEADER_TTL',
    default: '10s',
    description: 'How long the lease of a crashed leader keeps other pods waiting.',
    read: readers.duration(500),
  },
  {
    path: 'leader.key',
    variable: 'SCHEDULE_LEADER_KEY',
    default: '',
    description: 'The lease key, instead of the one made from `appName`.',
    read: readers.leaderKey,
  },
  {
    path: 'leader.fastTakeover',
    variable: 'SCHEDULE_LEADER_FAST_TAKEOVER',
    default: 'true',
    description:
      'Whether a leader whose connection is closed is replaced within half a second, not only when its lease ends.',
    read: readers.flag,
  },
  {
    path: 'consistency',
    variable: 'SCHEDULE_CONSISTENCY',
    default: 'normal',
    description:
      '`strict`: a tick starts only after the replicas of Redis have confirmed its claim. Without effect in RAM mode.',
    read: readers.oneOf('normal', 'strict'),
  },
  {
    path: 'replicas',
    variable: 'SCHEDULE_REPLICAS',
    default: '',
    description:
      'With `strict`: how many replicas must confirm at least, 1 to 100; more if Redis had more in the last ten minutes.',
    read: readers.integer(1, 100),
  },
  {
    path: 'jobs.adopt',
    variable: 'SCHEDULE_JOBS_ADOPT',
    default: 'false',
    description:
      'Which methods with decorators of @nestjs/schedule become leader jobs: `true`, or a list of names and patterns.',
    read: readAdoption,
  },
  ...[...JOB_POLICY_OPTIONS, ...JOB_DEFAULT_OPTIONS].map(defaultForJobs),
  {
    path: 'around',
    default: '',
    description: 'A function around every attempt of every job: `(context, next) => cls.run(() => next())`.',
    read: readers.inCode('around'),
  },
  {
    path: 'shutdown.drainTimeout',
    variable: 'SCHEDULE_SHUTDOWN_DRAIN_TIMEOUT',
    default: '25s',
    description:
      'How long a shutdown waits for running handlers after it has released the lease. Kubernetes kills after 30 s.',
    read: readers.duration(0),
  },
];

function defaultForJobs(option: JobPolicyOption): OptionSpec {
  const path = `jobs.defaults.${option.path}`;
  return { ...option, path, variable: `SCHEDULE_${path.replace(/\.|(?=[A-Z])/g, '_').toUpperCase()}` };
}
