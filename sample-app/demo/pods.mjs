import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { lastWill } from '../../test/support/setup/last-will.mjs';
import { projectRoot } from '../../test/support/setup/project-root.mjs';
import { freePort } from './network.mjs';

/**
 * One pod: the sample-app as a process, that can be replaced.
 *
 * @typedef {object} Pod
 * @property {string} name
 * @property {boolean} isLeader as the pod said last
 * @property {'running' | 'paused' | 'cut off' | 'gone'} state
 * @property {() => Promise<void>} start
 * @property {(signal: NodeJS.Signals) => void} signal
 */

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @param {string} logs folder for the pod's log
 * @param {(pod: Pod, message: { type: string, isLeader: boolean, tick: number, job: string }) => void} onMessage
 * @returns {Pod}
 */
export function createPod(name, env, logs, onMessage) {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  /** @type {Pod} */
  const pod = {
    name,
    isLeader: false,
    state: 'gone',
    async start() {
      const log = openSync(join(logs, `${name}.log`), 'a');
      const process_ = spawn(process.execPath, ['.build/sample-app/main.js'], {
        cwd: projectRoot,
        env: { ...process.env, ...env, POD_NAME: name, PORT: String(await freePort()), NO_COLOR: '1' },
        stdio: ['ignore', log, log, 'ipc'],
      });
      closeSync(log);
      child = process_;
      pod.state = 'running';
      // SIGKILL reaches a stopped process too.
      const will = lastWill('kill -9 "$1" 2>/dev/null', String(process_.pid));
      process_.on('message', message => onMessage(pod, /** @type {any} */ (message)));
      process_.on('exit', () => {
        will.revoke();
        if (child !== process_) return;
        pod.state = 'gone';
        pod.isLeader = false;
      });
    },
    signal(signal) {
      child?.kill(signal);
    },
  };
  return pod;
}
