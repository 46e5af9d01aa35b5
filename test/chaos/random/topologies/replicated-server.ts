import { RedisServer } from '../../../support/redis-server.js';
import { redisSource } from '../../../support/redis-source.js';

/** A server for replication on this machine: it keeps its memory, and a replica is in step at once. */
export function startReplicated(...args: string[]): Promise<RedisServer> {
  return RedisServer.start({ persistence: true, args: ['--repl-diskless-sync-delay', '0', ...args] });
}

/** The server's role: `master` or `slave`; for a replica, whether it is in step. */
export async function roleOf(server: RedisServer): Promise<{ role: string; linked: boolean }> {
  const info = String(await server.command('INFO', 'replication').catch(() => ''));
  return {
    role: /role:(\w+)/.exec(info)?.[1] ?? 'gone',
    linked: /master_link_status:up/.test(info),
  };
}

/** The program itself: several servers that talk to each other need one loopback interface. */
export function redisProgram(): string {
  const source = redisSource();
  if (source.kind === 'binary') return source.path;
  throw new Error('Sentinels and a Redis Cluster need redis-server or valkey-server as a program.');
}
