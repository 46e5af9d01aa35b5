import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { ensureRedis } from '../test/support/setup/ensure-redis.mjs';
import { lastWill } from '../test/support/setup/last-will.mjs';
import { projectRoot } from '../test/support/setup/project-root.mjs';
import { freePort, reachable } from '../sample-app/demo/network.mjs';

/**
 * A redis-server of the bench's own, in a folder of its own, where it finds its data when it is restarted.
 *
 * @param {readonly string[]} options beside those it has anyway
 */
export async function startRedis(options = []) {
  const source = ensureRedis({ install: true, allowUrl: false });
  if (source.kind !== 'binary') throw new Error('The bench needs a redis-server or valkey-server on PATH.');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-bench-'));
  const usual = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const launch = async () => {
    const server = spawn(source.path, [...usual, ...options], { cwd: folder, stdio: 'ignore' });
    const will = lastWill('kill -9 "$1" 2>/dev/null; rm -rf "$2"', `${server.pid}`, folder);
    server.once('exit', () => will.revoke());
    await reachable({ host: '127.0.0.1', port });
    return server;
  };
  let server = await launch();
  const stop = () => {
    server.kill();
    server.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  };
  /** Stops it as an administrator does, for this time. @param {number} ms */
  const restart = async ms => {
    server.kill();
    await once(server, 'exit');
    await pause(ms);
    server = await launch();
  };
  return { url: `redis://127.0.0.1:${port}`, port, stop, restart };
}

/**
 * Starts one pod; see pod.mjs.
 *
 * @param {Record<string, string>} environment
 * @param {string[]} execArgv
 * @param {string} [folder] of another build, whose own bench/pod.mjs is started
 */
export function startPod(environment, execArgv = [], folder = projectRoot) {
  const child = fork(join(folder, 'bench/pod.mjs'), {
    env: { ...process.env, ...environment },
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // Several benches wait for one pod at a time, each with a listener of its own.
  child.setMaxListeners(0);
  /** @type {any[]} */
  const messages = [];
  child.on('message', message => messages.push(message));
  /** Settles with its next message. @param {string} awaited */
  const said = async awaited => {
    try {
      await once(child, 'message', { signal: AbortSignal.timeout(60_000) });
    } catch (cause) {
      const { SCHEDULE_APP_NAME: app = '' } = environment;
      const last = JSON.stringify(messages.slice(-5));
      throw new Error(
        `A pod of '${app}' has said nothing for a minute, not '${awaited}'; its last words: ${last}`,
        { cause },
      );
    }
  };
  const pod = {
    messages,
    isLeader: () => messages.findLast(({ type }) => type === 'leadership')?.isLeader === true,
    /** The first message of a type, from now or before. @param {string} type @param {(message: any) => boolean} wanted */
    async reported(type, wanted = () => true) {
      for (;;) {
        const message = messages.find(candidate => candidate.type === type && wanted(candidate));
        if (message) return message;
        await said(type);
      }
    },
    /** The figures of the pod's meter while something happens. @param {() => Promise<unknown>} happening */
    async between(happening) {
      pod.send('reset');
      await happening();
      const earlier = messages.filter(({ type }) => type === 'figures').length;
      pod.send('figures');
      for (;;) {
        const figures = messages.filter(({ type }) => type === 'figures');
        if (figures.length > earlier) return figures.at(-1);
        await said('figures');
      }
    },
    /** @param {string} message */
    send: message => void child.send(message),
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

/**
 * Makes measurements one after the other, or all at once where nothing is measured.
 *
 * @template Result
 * @param {(() => Promise<Result>)[]} acts
 * @param {boolean} smoke
 */
export async function inTurn(acts, smoke) {
  if (smoke) return Promise.all(acts.map(act => act()));
  const results = [];
  for (const act of acts) results.push(await act());
  return results;
}
