import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { eventually } from './eventually.js';

/** How a call of the command line ended. */
export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a process: it has no terminal, and of the environment only what it is given. */
export class CliProcess {
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly closed: Promise<unknown>;

  /** @param folder of another build; this one by default */
  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = {}, folder = '.') {
    this.child = spawn(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.closed = once(this.child, 'close');
  }

  /** Waits until it has printed something, without ending. */
  says(what: string | RegExp): Promise<boolean> {
    const pattern = typeof what === 'string' ? { test: (text: string) => text.includes(what) } : what;
    return eventually(() => pattern.test(this.stdout), { what: `the command line says ${String(what)}` });
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  async end(): Promise<CliEnd> {
    await this.closed;
    return { code: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Calls the command line and waits for its end. */
export function cli(
  args: readonly string[],
  environment?: NodeJS.ProcessEnv,
  folder?: string,
): Promise<CliEnd> {
  return new CliProcess(args, environment, folder).end();
}

/** The JSON that a successful call prints. */
export async function cliJson<Shape = Record<string, never>>(
  args: readonly string[],
  environment?: NodeJS.ProcessEnv,
  folder?: string,
): Promise<Shape> {
  const { code, stdout, stderr } = await cli([...args, '-o', 'json'], environment, folder);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Shape;
}
