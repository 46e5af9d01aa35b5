import { readFile } from 'node:fs/promises';

import { InvalidOptionsError } from '../core/errors.js';
import { at } from '../core/option-path.js';
import { resolveOptions, type OptionSources, type ResolvedOptions } from '../core/options.js';
import type { RedisInput } from '../core/redis-input.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import type { GlobalOptions } from './program.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which scheduler is meant. */
export interface Target {
  readonly leaderKey: string;
  readonly redis: RedisInput;
  /** How long the lease lives without a renewal, as far as it is known here. */
  readonly ttlMs: number;
}

/** Reads it as the application does: defaults < its YAML < its environment < the command line. */
export async function readTarget(options: GlobalOptions, environment: Environment): Promise<Target> {
  const config = options.config === undefined ? {} : await readConfig(options.config);
  const code = { ...writtenRedis(options, environment), ...writtenKey(options) };
  return targetOf(resolveOptions({ config, environment, code, codeName: 'command line' }));
}

function targetOf({ mode, leaderKey, redis, timing }: ResolvedOptions): Target {
  if (mode === 'redis') return { leaderKey, redis, ttlMs: timing.ttlMs };
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
  if (redisUrl !== undefined) return { redis: redisUrl };
  const login = { ...credentials(environment), ...(tls === true && { tls: {} }) };
  if (cluster !== undefined)
    return { redis: { nodes: addresses(cluster, 6379), options: { redisOptions: login } } };
  if (sentinel === undefined) return {};
  return { redis: { sentinels: addresses(sentinel, 26_379), name: sentinelName, ...login } };
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

function addresses(written: string, defaultPort: number): { host: string; port: number }[] {
  return written.split(',').map(address => {
    const [, host, port = String(defaultPort)] =
      /^\[?([\w.-]+|[\da-f:]+(?=\]))\]?(?::(\d+))?$/i.exec(address.trim()) ?? [];
    if (host === undefined) throw usage(`'${address}' is no address: give host:port, with commas between`);
    return { host, port: Number(port) };
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
    };
  } catch (cause) {
    throw new InvalidOptionsError({
      problem: `The configuration cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      received: file,
      remedy: "Give the application's YAML file",
      cause,
    });
  }
}

function usage(message: string): CliError {
  return new CliError('USAGE', EXIT.usage, message);
}
