import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

import { lastWill } from '../support/setup/last-will.mjs';

export interface PodLaunch {
  /** A module under `.build/pods`. */
  readonly program: string;
  /** Of another build; this one by default. */
  readonly folder?: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Flags for node. */
  readonly flags?: readonly string[];
  /** A file that takes what it prints; nowhere by default. */
  readonly log?: string;
  readonly onMessage: (message: unknown) => void;
  readonly onExit: (code: number | null, signal: NodeJS.Signals | null) => void;
}

/** A pod as a process that ends with this one, however that ends. */
export class PodProcess {
  private readonly child: ChildProcess;

  constructor({ program, folder = '.', environment, flags = [], log, onMessage, onExit }: PodLaunch) {
    const output = log === undefined ? 'ignore' : openSync(log, 'a');
    this.child = fork(join(folder, '.build/pods', program), {
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      execArgv: [...flags],
      stdio: ['ignore', output, output, 'ipc'],
    });
    if (typeof output === 'number') closeSync(output);
    const will = lastWill('kill -9 "$1" 2>/dev/null', String(this.child.pid));
    this.child.on('message', onMessage);
    this.child.on('exit', (code, signal) => {
      will.revoke();
      onExit(code, signal);
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** A message to a pod that has just ended is dropped. */
  send(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends the signal, and settles when the process is gone; does nothing when it is. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}
