#!/usr/bin/env node
import { CommanderError } from 'commander';

import { EXIT } from './exit-codes.js';
import { createProgram, type Call } from './program.js';

/* The process ends by itself when all is closed, so that nothing it has printed is lost. */

async function run(call: Call): Promise<void> {
  const { runCall } = await import('./run-call.js');
  try {
    process.exitCode = await runCall(call);
  } catch (error) {
    const [{ tellError }, { printedError }] = await Promise.all([
      import('./cli-error.js'),
      import('./output.js'),
    ]);
    const told = tellError(error);
    process.stderr.write(printedError(told, call.options.output));
    process.exitCode = told.exitCode;
  }
}

// `| head` hears no more: what is left to say is for nobody.
process.stdout.on('error', () => undefined);

/** Of a command line that could not be read. */
async function refuse({ code, exitCode, message }: CommanderError): Promise<void> {
  process.exitCode = exitCode === 0 ? EXIT.done : EXIT.usage;
  // Help has been printed, also for somebody who named no verb.
  if (exitCode === 0 || code === 'commander.help') return;
  const [{ CliError, tellError }, { printedError }] = await Promise.all([
    import('./cli-error.js'),
    import('./output.js'),
  ]);
  const isJson = /(^| )(-o|--output)[ =]?json( |$)/.test(process.argv.slice(2).join(' '));
  // It cites what was written, and in that may be a password.
  const told = tellError(new CliError('USAGE', EXIT.usage, message.replace(/^error: /, '')));
  process.stderr.write(printedError(told, isJson ? 'json' : 'table'));
}

try {
  await createProgram(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  await refuse(error);
}
