import { parseDuration } from './duration.js';
import { inspect } from './inspect.js';
import { OptionProblem } from './option-field.js';

/** What an option may be, how it is read and how it is written in each place. */
export interface OptionSpec {
  /** Path below the options of `forRoot` and, with `schedule.` before it, in the configuration. */
  readonly path: string;
  /** Path in the configuration where it is not `schedule.<path>`. */
  readonly configPath?: string;
  /** Environment variable. */
  readonly variable: string;
  /** As a user would write it; empty where there is none. */
  readonly default: string;
  readonly description: string;
  /** Returns the value to go by, or throws an `OptionProblem`. */
  readonly read: (value: unknown, source: OptionSource) => unknown;
}

/** Where a value was written: a number of milliseconds is legible in code, in YAML `3` could be anything. */
export type OptionSource = 'code' | 'config' | 'environment';

/** Every option there is, in the order of the documentation. */
export const OPTIONS: readonly OptionSpec[] = [
  {
    path: 'mode',
    variable: 'SCHEDULE_MODE',
    default: 'redis',
    description: '`redis`: one leader among all pods. `ram`: this process alone, without Redis.',
    read: oneOf('redis', 'ram'),
  },
  {
    path: 'appName',
    configPath: 'core.appName',
    variable: 'SCHEDULE_APP_NAME',
    default: '',
    description: 'Names the lease, `scheduler:<appName>:leader`, so that applications can share a Redis.',
    read: appName,
  },
  {
    path: 'redis',
    variable: 'REDIS_URL',
    default: 'redis://localhost:6379',
    description: 'Where Redis is: URL, ioredis options, Sentinel, Cluster, a client or a factory.',
    read: redis,
  },
  {
    path: 'leader.interval',
    variable: 'SCHEDULE_LEADER_INTERVAL',
    default: '3s',
    description: 'How often the leader renews its lease and a follower looks at it. At least 50 ms.',
    read: duration(50),
  },
  {
    path: 'leader.ttl',
    variable: 'SCHEDULE_LEADER_TTL',
    default: '10s',
    description: 'How long the lease of a leader that died keeps others waiting. At least 500 ms.',
    read: duration(500),
  },
  {
    path: 'leader.key',
    variable: 'SCHEDULE_LEADER_KEY',
    default: '',
    description: 'The lease key itself, instead of the one made from the name.',
    read: leaderKey,
  },
  {
    path: 'shutdown.drainTimeout',
    variable: 'SCHEDULE_SHUTDOWN_DRAIN_TIMEOUT',
    default: '25s',
    description: 'How long a shutdown waits for running handlers. Kubernetes kills after 30 s by default.',
    read: duration(0),
  },
];

const MAX_DURATION_MS = 24 * 3_600_000;

/** Reads a duration of at least `minMs` and at most 24 hours. */
export function duration(minMs: number) {
  return (value: unknown, source: OptionSource): number => {
    const ms = milliseconds(value, source);
    if (ms === undefined) throw new OptionProblem(durationRemedy(value, source));
    if (ms < minMs || ms > MAX_DURATION_MS || (ms === 0 && minMs > 0)) {
      throw new OptionProblem(`Give a duration between ${minMs} ms and 24 h`);
    }
    return ms;
  };
}

function milliseconds(value: unknown, source: OptionSource): number | undefined {
  if (typeof value === 'string') return parseDuration(value);
  return typeof value === 'number' && source === 'code' && value >= 0 ? value : undefined;
}

function durationRemedy(value: unknown, source: OptionSource): string {
  const bare = typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value));
  if (bare && source !== 'code')
    return `A duration needs its unit: did you mean '${String(value)}s' or '${String(value)}ms'?`;
  const numbers = source === 'code' ? ', or a number of milliseconds' : '';
  return `Give a duration such as '3s', '1m30s' or '500ms'${numbers}`;
}

function oneOf(...allowed: readonly string[]) {
  return (value: unknown): unknown => {
    if (typeof value === 'string' && allowed.includes(value)) return value;
    throw new OptionProblem(`Give ${allowed.map(inspect).join(' or ')}`);
  };
}

function appName(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw new OptionProblem('Give a name that is not empty');
  if (/[{}]/.test(value))
    throw new OptionProblem('Leave out the braces: Redis Cluster would read them as a hash tag');
  return value.trim().replace(/\s+/g, '-');
}

function leaderKey(value: unknown): string {
  if (typeof value !== 'string' || value === '' || /\s/.test(value)) {
    throw new OptionProblem('Give a key that is neither empty nor contains white space');
  }
  if (/[{}]/.test(value) && !/^[^{}]*\{[^{}]+\}[^{}]*$/.test(value)) {
    throw new OptionProblem("Use braces only as one hash tag, such as 'a:{b}:c'");
  }
  return value;
}

function redis(value: unknown, source: OptionSource): unknown {
  if (typeof value === 'string') {
    if (/^rediss?:\/\/\S+$/.test(value)) return value;
    throw new OptionProblem("Give a URL that begins with 'redis://' or 'rediss://'");
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  if (typeof value === 'function' && source === 'code') return value;
  throw new OptionProblem('Give a URL, ioredis options, or { nodes, options } for a cluster');
}
