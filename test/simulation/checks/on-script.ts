import type { Reply } from '../redis-double/reply.js';
import type { SimServer } from '../world/sim-server.js';
import { onAnswer } from './blame.js';
import { checkOpened } from './eras.js';
import { checkLease } from './leaders.js';
import { onProbe } from './probers.js';
import { onNotesRead } from './readings.js';
import { checkSweeps } from './removed.js';
import { checkReportedWatermarks } from './reported.js';
import type { Watch } from './watch.js';
import { checkWatermarks, noteWatermarks } from './watermarks.js';
import { checkWrites } from './writes.js';

/** A script of a pod, and what it was answered. */
export interface ScriptCall {
  readonly pod: string;
  readonly args: readonly string[];
  readonly reply: Reply;
}

/** Each script that a server has executed, as the checks see it. */
export function onScript(watch: Watch, server: SimServer, call: ScriptCall): void {
  const { pod, args, reply } = call;
  checkOpened(watch, server, args, reply);
  onProbe(watch, pod, args);
  noteWatermarks(watch, server);
  onAnswer(watch, pod, reply);
  onNotesRead(watch, server, call);
  checkReportedWatermarks(watch);
  checkSweeps(watch, server);
  checkWatermarks(watch, server);
  checkLease(watch, server);
  checkWrites(watch, server, pod);
}
