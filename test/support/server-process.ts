import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lastWill } from './setup/last-will.mjs';

/** The signals a server can be sent; `SIGSTOP` pauses it until `SIGCONT`. */
export type ServerSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** How a server is run. */
export interface ServerLaunch {
  /** A command that stays in the foreground as long as the server lives. */
  readonly run: readonly string[];
  /** The commands that send signals to the server, given the process id of `run`. */
  readonly signals: (pid: number) => Readonly<Record<ServerSignal, readonly string[]>>;
}

/** A running server program that ends with this process, however that ends. */
export class ServerProcess {
  readonly #log: string;
  readonly #child: ChildProcess;
  readonly #signals: Readonly<Record<ServerSignal, readonly string[]>>;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  /**
   * Starts it. `folder` takes its log, and is removed if this process dies first.
   * Throws when the program cannot be run at all.
   */
  constructor(launch: ServerLaunch, folder: string) {
    this.#log = join(folder, 'server.log');
    this.#child = start(launch.run, this.#log);
    if (this.#child.pid === undefined) throw new Error(`Cannot run ${launch.run.join(' ')}`);
    this.#signals = launch.signals(this.#child.pid);
    const will = lastWill('folder=$1; shift; "$@"; rm -rf "$folder"', folder, ...this.#signals.SIGKILL);
    this.#ended = new Promise(resolve => {
      this.#child.once('exit', () => {
        this.#hasEnded = true;
        will.revoke();
        resolve();
      });
    });
  }

  /** Whether the process is gone, for whatever reason. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Its output since it was started. */
  get output(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** Sends a signal; settles when it is sent, and does nothing after the end of the process. */
  async signal(signal: ServerSignal): Promise<void> {
    if (this.#hasEnded) return;
    const [program = '', ...args] = this.#signals[signal];
    await promisify(execFile)(program, args);
  }

  /** Ends it and settles when it is gone; SIGTERM lets it finish in its own way, also if it is paused. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.ref();
    await this.signal(signal);
    // A paused process takes note of SIGTERM only when it goes on; one that is not paused may be gone by now.
    if (signal === 'SIGTERM') await this.signal('SIGCONT').catch(() => {});
    await this.#ended;
  }
}

function start([program = '', ...args]: readonly string[], log: string): ChildProcess {
  const output = openSync(log, 'w');
  // In a session of its own, so that a Ctrl-C at the terminal reaches the tests only; the last will does the rest.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => {});
  child.unref();
  return child;
}
