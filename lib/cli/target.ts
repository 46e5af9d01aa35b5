import { readFile } from 'node:fs/promises';

import { InvalidOptionsError } from '../core/errors/errors.js';
import { at } from '../core/options/option-path.js';
import { leaderKeyOf, resolveOptions, type ResolvedOptions } from '../core/options/options.js';
import type { OptionSources } from '../core/options/written-options.js';
import { parseHostPort, urlProblem, type HostPort } from '../core/options/redis-address.js';
import type { RedisInput } from '../core/options/redis-input.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import type { GlobalOptions } from './program.js';

const MAX_ADDRESSES = 1000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Which scheduler is meant. */
export interface Target {
  readonly leaderKey: string;
  /** Whether it is the key of an application without a name, which nothing has named. */
  readonly isDefault: boolean;
  readonly redis: RedisInput;
  /** How long the lease lives without a renewal, as far as it is known here. */
  readonly ttlMs: number;
}

/** Reads it as the application does: defaults < its YAML < its environment < the command line. */
export async function readTarget(options: GlobalOptions, environment: Environment): Promise<Target> {
  const config = options.config === undefined ? {} : await readConfig(options.config);
  const code = { ...writtenRedis(options, environment), ...writtenKey(options) };
  // The application's own YAML says which scheduler is meant, also where it gives neither name nor key.
  const isKeyGiven = [options.key, options.app, options.config].some(given => given !== undefined);
  return targetOf(resolveOptions({ config, environment, code, codeName: 'command line' }), isKeyGiven);
}

function targetOf({ mode, leaderKey, redis, timing }: ResolvedOptions, isKeyGiven: boolean): Target {
  const isDefault = !isKeyGiven && leaderKey === leaderKeyOf('');
  if (mode === 'redis') return { leaderKey, isDefault, redis, ttlMs: timing.ttlMs };
  throw usage("The application runs in mode 'ram': its jobs cannot be seen from outside");
}

/** `--app` is stronger than a key that is written elsewhere. */
function writtenKey({ app, key }: GlobalOptions): object {
  if (app !== undefined && key !== undefined) throw usage('Give --app or --key, not both');
  if (key !== undefined) return { leader: { key } };
  if (app === undefined) return {};
  const { leaderKey } = resolveOptions({ code: { appName: app }, codeName: 'command line' });
  return { leader: { key: leaderKey } };
}

function writtenRedis(options: GlobalOptions, environment: Environment): { redis?: RedisInput } {
  const { redisUrl, sentinel, sentinelName = 'mymaster', cluster, tls } = options;
  if ([redisUrl, sentinel, cluster].filter(where => where !== undefined).length > 1)
    throw usage('Give one of --redis-url, --sentinel and --cluster');
  if (redisUrl !== undefined) return { redis: checkedUrl(redisUrl) };
  const login = { ...credentials(environment), ...(tls === true && { tls: {} }) };
  if (cluster !== undefined)
    return { redis: { nodes: addresses('--cluster', cluster, 6379), options: { redisOptions: login } } };
  if (sentinel === undefined) return {};
  return { redis: { sentinels: addresses('--sentinel', sentinel, 26_379), name: sentinelName, ...login } };
}

/** Secrets do not stand on a command line, where every process of the machine can read them. */
function credentials(environment: Environment): object {
  const { REDIS_USERNAME, REDIS_PASSWORD, REDIS_SENTINEL_PASSWORD } = environment;
  return {
    ...(REDIS_USERNAME && { username: REDIS_USERNAME }),
    ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }),
    ...(REDIS_SENTINEL_PASSWORD && { sentinelPassword: REDIS_SENTINEL_PASSWORD }),
  };
}

/** A refused address is not shown: it may contain a password. */
function checkedUrl(url: string): string {
  const remedy = urlProblem(url);
  if (remedy === undefined) return url;
  throw new InvalidOptionsError({ problem: '--redis-url is no address of a Redis', remedy });
}

function addresses(option: string, written: string, defaultPort: number): HostPort[] {
  return written.split(',', MAX_ADDRESSES).map((address, index) => {
    const parsed = parseHostPort(address, defaultPort);
    if (parsed !== undefined) return parsed;
    throw new InvalidOptionsError({
      problem: `Entry ${index + 1} of ${option} is no address`,
      remedy:
        'Give host:port, with commas between; user name and password are read from REDIS_USERNAME and REDIS_PASSWORD',
    });
  });
}

async function readConfig(file: string): Promise<NonNullable<OptionSources['config']>> {
  const { load } = await import('js-yaml');
  try {
    const tree: unknown = load(await readFile(file, 'utf8'));
    return {
      schedule: at(tree, 'schedule'),
      appName: at(tree, 'core.appName'),
      appVersion: at(tree, 'core.appVersion'),
      core: at(tree, 'core'),
      scheduler: at(tree, 'scheduler'),
    };
  } catch (cause) {
    throw new InvalidOptionsError({
      problem: `The configuration cannot be read: ${reasonOf(cause)}`,
      received: file,
      remedy: "Give the application's YAML file",
    });
  }
}

/** The parser cites what it cannot read, and the lines around: a password may be among it. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const reason = at(cause, 'reason');
  const line = at(cause, 'mark.line');
  if (typeof reason !== 'string') return cause.message;
  const words = reason
    .slice(0, 200)
    .replace(/["'<!*&][^]*$/, '')
    .trim();
  return typeof line === 'number' ? `${words}, in line ${line + 1}` : words;
}

function usage(message: string): CliError {
  return new CliError('USAGE', EXIT.usage, message);
}
