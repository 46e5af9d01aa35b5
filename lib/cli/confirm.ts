import { createInterface } from 'node:readline/promises';

import { ALL_JOBS } from '../ports/control-store.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import type { Call } from './program.js';

/** Asks on the terminal before a verb that stops all jobs. Rejects with a `CliError` unless the answer is yes. */
export async function confirm({ verb, args: [job = ALL_JOBS], options }: Call): Promise<void> {
  const question = verb === 'pause' && job === ALL_JOBS ? 'Pause all jobs' : resignation(verb);
  if (question === undefined || options.yes === true) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw refused(`${question}? There is no terminal to ask on: add --yes`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question}? [y/N] `).finally(() => terminal.close());
  if (!/^y(es)?$/i.test(answer.trim())) throw refused('Nothing was done');
}

function resignation(verb: Call['verb']): string | undefined {
  return verb === 'resign' ? 'Have the leader resign' : undefined;
}

function refused(message: string): CliError {
  return new CliError('NOT_CONFIRMED', EXIT.notConfirmed, message);
}
