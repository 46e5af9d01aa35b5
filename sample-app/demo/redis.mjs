import { spawn } from 'node:child_process';

import { ensureRedis } from '../../test/support/setup/ensure-redis.mjs';
import { lastWill } from '../../test/support/setup/last-will.mjs';
import { freePort, reachable } from './network.mjs';

/**
 * Finds or starts a Redis: REDIS_URL, a program on PATH, one that can be installed, Docker.
 *
 * @returns {Promise<{ url: URL, description: string, stop: () => void }>}
 */
export async function startRedis() {
  const source = ensureRedis({ install: true, allowUrl: true, preferUrl: true });
  if (source.kind === 'url') {
    const url = new URL(source.url);
    if (url.protocol !== 'redis:') throw new Error('The demo needs a REDIS_URL that begins with redis://');
    return { url, description: `the Redis at ${url.host}`, stop: () => {} };
  }
  const port = await freePort();
  const command = source.kind === 'binary' ? fromBinary(source.path, port) : fromImage(source.image, port);
  const [program = '', ...args] = command.run;
  const server = spawn(program, args, { stdio: 'ignore' });
  const will = lastWill(`${command.end} 2>/dev/null`, String(server.pid));
  const stop = () => {
    will.revoke();
    spawn('sh', ['-c', command.end, 'stop', String(server.pid)], { stdio: 'ignore' });
  };
  const url = new URL(`redis://127.0.0.1:${port}`);
  await reachable({ host: url.hostname, port });
  return { url, description: `a throwaway ${source.kind === 'binary' ? source.path : source.image}`, stop };
}

/** @param {string} path @param {number} port */
function fromBinary(path, port) {
  const run = [path, '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return { run, end: 'kill -9 "$1"' };
}

/** @param {string} image @param {number} port */
function fromImage(image, port) {
  const name = `leader-schedule-demo-${port}`;
  const run = ['docker', 'run', '--rm', '--name', name, '-p', `127.0.0.1:${port}:6379`, image];
  return { run, end: `docker kill ${name}` };
}
