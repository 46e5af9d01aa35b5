import { Cluster, Redis, type RedisOptions } from 'ioredis-5';
import type { RedisInput } from 'nestjs-leader-schedule';

interface Address extends RedisOptions {
  readonly nodes?: { readonly host: string; readonly port: number }[];
  readonly options?: object;
}

/** The Redis of a pod: JSON for the option, by the library of this major version. */
export function podRedis(json: string, ioredis = '6'): RedisInput {
  const input = JSON.parse(json) as string | Address;
  if (ioredis === '6') return input as RedisInput;
  if (typeof input === 'string') return ({ options }) => new Redis(input, options);
  const { nodes } = input;
  if (nodes === undefined) return ({ options }) => new Redis({ ...input, ...options });
  return ({ options }) => new Cluster([...nodes], { ...input.options, ...options, redisOptions: options });
}
