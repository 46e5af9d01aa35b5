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
    const [{ reportError }, { printedError }] = await Promise.all([
      import('./cli-error.js'),
      import('./output.js'),
    ]);
    const reported = reportError(error);
    process.stderr.write(printedError(reported, call.options.output));
    process.exitCode = reported.exitCode;
  }
}

// `| head` has closed the pipe: the rest of the output is dropped.
process.stdout.on('error', () => undefined);

/** Reports a command line that could not be parsed. */
async function refuse({ code, exitCode, message }: CommanderError): Promise<void> {
  process.exitCode = exitCode === 0 ? EXIT.done : EXIT.usage;
  // Help has been printed, also where no verb was given.
  if (exitCode === 0 || code === 'commander.help') return;
  const [{ CliError, reportError }, { printedError }] = await Promise.all([
    import('./cli-error.js'),
    import('./output.js'),
  ]);
  const isJson = /(^| )(-o|--output)[ =]?json( |$)/.test(process.argv.slice(2).join(' '));
  // The message cites the command line, which may contain a password.
  const reported = reportError(new CliError('USAGE', EXIT.usage, message.replace(/^error: /, '')));
  process.stderr.write(printedError(reported, isJson ? 'json' : 'table'));
}

try {
  await createProgram(run).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  await refuse(error);
}
