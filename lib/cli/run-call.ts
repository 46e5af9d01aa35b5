import type { Answer } from './answer.js';
import { confirm } from './confirm.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import * as queries from './queries.js';
import * as commands from './commands.js';
import { pageOf, printed } from './output.js';
import type { Call } from './program.js';
import { openSession } from './open-session.js';
import { pods } from './pods.js';
import type { Session } from './session.js';
import { readTarget } from './target.js';
import { watch, watchMs } from './watch.js';

/** Performs a call, and closes all that it opened. Resolves to the exit code of the process. */
export async function runCall(call: Call): Promise<ExitCode> {
  const { options } = call;
  const target = await readTarget(options, process.env);
  const intervalMs = options.watch === undefined ? undefined : watchMs(options.watch);
  await confirm(call);
  const session = await openSession(target);
  try {
    if (intervalMs !== undefined) await watch(() => answerOf(session, call), intervalMs, options.output);
    else return print(await answerOf(session, call), call);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function print(answer: Answer, { options }: Call): ExitCode {
  process.stdout.write(printed(answer, options.output, pageOf(process)));
  return answer.exitCode ?? EXIT.done;
}

function answerOf(session: Session, { verb, args: [first, second], options }: Call): Promise<Answer> {
  switch (verb) {
    case 'status':
      return queries.status(session);
    case 'jobs':
      return queries.jobs(session);
    case 'history':
      return queries.history(session, first, options);
    case 'running':
      return queries.running(session);
    case 'pods':
      return pods(session);
    case 'pause':
      return commands.pause(session, first, options);
    case 'resume':
      return commands.resume(session, first);
    case 'run':
      return commands.run(session, first ?? '', options.wait);
    case 'abort':
      return commands.abort(session, first ?? '');
    case 'reschedule':
      return commands.reschedule(session, first ?? '', second, options);
    case 'resign':
      return commands.resign(session);
  }
}
