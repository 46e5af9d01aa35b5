/* Why the signal of an attempt aborts. */
import {
  AttemptTimeoutError,
  LeadershipLostError,
  RunAbortedError,
  ShutdownError,
} from '../../core/errors/errors.js';
import { formatDuration } from '../../core/options/duration.js';

/** Why an attempt should end at its time limit. */
export function timeoutError(timeoutMs: number): AttemptTimeoutError {
  return new AttemptTimeoutError({
    problem: `The attempt took longer than its timeout of ${formatDuration(timeoutMs)}`,
    remedy: "End when the context's signal aborts, or give the job a longer timeout",
  });
}

/** Why a run should end when its run lock is lost. */
export function lockLostError(): LeadershipLostError {
  return new LeadershipLostError({
    problem: 'The lease and the run lock are lost: another pod may start this job',
    remedy: 'Stop working; write only with the fencing token of the context',
  });
}

/** Why a run should end when the application closes. */
export function shutdownError(): ShutdownError {
  return new ShutdownError({
    problem: 'The application shuts down, and the run has not ended within shutdown.drainTimeout',
    remedy: "End when the context's signal aborts, or give shutdowns a longer drainTimeout",
  });
}

/** Why a run should end when a user aborts it. */
export function abortedError(): RunAbortedError {
  return new RunAbortedError({
    problem: 'This run was aborted by a request',
    remedy: 'Stop working: the job goes on with its next tick',
  });
}
