import { randomUUID } from 'node:crypto';
import type { ServerLaunch } from './server-process.js';
import type { RedisSource } from './setup/ensure-redis.mjs';

/** The sources of which one can start a server of one's own. */
export type OwnRedisSource = Exclude<RedisSource, { kind: 'url' }>;

/** Commands for a server on 127.0.0.1:`port` that keeps its files in `folder`; `args` win over all others. */
export function redisLaunch(
  source: OwnRedisSource,
  folder: string,
  port: number,
  args: readonly string[],
): ServerLaunch {
  return source.kind === 'binary'
    ? fromBinary(source.path, folder, ['--port', `${port}`, ...args])
    : fromImage(source.image, folder, port, ['--port', `${port}`, ...args]);
}

function fromBinary(path: string, folder: string, args: readonly string[]): ServerLaunch {
  return {
    run: [path, '--bind', '127.0.0.1', '--dir', folder, ...args],
    signals: pid => ({
      SIGTERM: ['kill', '-TERM', `${pid}`],
      SIGKILL: ['kill', '-KILL', `${pid}`],
      SIGSTOP: ['kill', '-STOP', `${pid}`],
      SIGCONT: ['kill', '-CONT', `${pid}`],
    }),
  };
}

function fromImage(image: string, folder: string, port: number, args: readonly string[]): ServerLaunch {
  const name = `leader-schedule-${randomUUID()}`;
  const container = [
    '--rm',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:${port}`,
    '--volume',
    `${folder}:/data`,
  ];
  // With the image's own user, what it writes into the folder could not be removed afterwards.
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];
  const server = ['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', '--dir', '/data', ...args];
  return {
    run: ['docker', 'run', ...container, ...user, image, ...server],
    signals: () => ({
      SIGTERM: ['docker', 'kill', '--signal', 'TERM', name],
      SIGKILL: ['docker', 'kill', name],
      SIGSTOP: ['docker', 'pause', name],
      SIGCONT: ['docker', 'unpause', name],
    }),
  };
}
