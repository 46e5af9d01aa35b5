import { plain } from './answer.js';
import { NoSchedulerError } from './no-scheduler-error.js';
import { Session } from './session.js';
import type { Target } from './target.js';

/**
 * Connects to the scheduler that is meant. Where the call names none, and none stands under the default key, the only
 * other one in this Redis is taken, which is said on stderr.
 */
export async function openSession(target: Target): Promise<Session> {
  const session = await Session.open(target);
  if (!target.isDefault) return session;
  try {
    const only = await onlyOther(session);
    if (only === undefined) return session;
    await session.close();
    process.stderr.write(`Using the only scheduler in this Redis: --key ${plain(only)}\n`);
    return await Session.open({ ...target, leaderKey: only, isDefault: false });
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** `undefined`: there is a scheduler under the default key. */
async function onlyOther(session: Session): Promise<string | undefined> {
  try {
    await session.refresh();
    return undefined;
  } catch (error) {
    const keys = error instanceof NoSchedulerError ? error.otherKeys : [];
    if (keys.length === 1) return keys[0];
    throw error;
  }
}
