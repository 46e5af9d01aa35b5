/*
 * The run of a job at the start of a version (`runAtStart`) is a manual run whose request has a fixed handle: every pod of
 * the version gives it the same one, and Redis keeps it as seen. The scripts know such a handle by its beginning.
 */
import { createHash } from 'node:crypto';

const PREFIX = 'start:';

/** The handle of the run of a job at the start of a version of the application. */
export function startHandle(version: string, job: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([version, job]))
    .digest('hex');
  return PREFIX + digest.slice(0, 16);
}

/** Whether a manual run was requested because a version has started. */
export function isStartHandle(handle: string | undefined): boolean {
  return handle?.startsWith(PREFIX) === true;
}
