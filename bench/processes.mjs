import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';

import { ensureRedis } from '../test/support/setup/ensure-redis.mjs';
import { lastWill } from '../test/support/setup/last-will.mjs';
import { freePort, reachable } from '../sample-app/demo/network.mjs';

/** A redis-server of the bench's own. */
export async function startRedis() {
  const source = ensureRedis({ install: true, allowUrl: false });
  if (source.kind !== 'binary') throw new Error('The bench needs a redis-server or valkey-server on PATH.');
  const port = await freePort();
  const server = spawn(source.path, ['--port', `${port}`, '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  lastWill('kill -9 "$1" 2>/dev/null', `${server.pid}`);
  await reachable({ host: '127.0.0.1', port });
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill() };
}

/**
 * Starts one pod; see pod.mjs.
 *
 * @param {Record<string, string>} environment
 * @param {string[]} execArgv
 */
export function startPod(environment, execArgv = []) {
  const child = fork(new URL('pod.mjs', import.meta.url), {
    env: { ...process.env, ...environment },
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // Several benches wait for one pod at a time, each with a listener of its own.
  child.setMaxListeners(0);
  /** @type {any[]} */
  const heard = [];
  child.on('message', message => heard.push(message));
  const pod = {
    isLeader: () => heard.findLast(({ type }) => type === 'leadership')?.isLeader === true,
    /** The first message of a type, from now or before. @param {string} type @param {(message: any) => boolean} wanted */
    async told(type, wanted = () => true) {
      for (;;) {
        const message = heard.find(candidate => candidate.type === type && wanted(candidate));
        if (message) return message;
        await once(child, 'message', { signal: AbortSignal.timeout(60_000) });
      }
    },
    /** @param {string} message */
    tell: message => void child.send(message),
    async end() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
    kill: () => void child.kill('SIGKILL'),
  };
  return pod;
}

export const now = () => Number(process.hrtime.bigint()) / 1e6;
