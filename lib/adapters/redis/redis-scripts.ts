import { createHash } from 'node:crypto';

import type { Client } from './connection/redis-client.js';
import { luaText } from './lua-text.js';

/** A Lua script, one file per operation. */
export interface Script {
  /** Put together at each call: a server needs it once, and the scripts would take half a megabyte. */
  readonly lua: string;
  readonly sha1: string;
}

/** Pieces that other pieces use: these stand before them. */
const USED_BY_PIECES: Readonly<Record<string, readonly string[]>> = {
  'lease/candidacy': ['lease/candidate-notes', 'lease/candidate-changes'],
  'lease/candidate-state': ['lease/candidate-changes'],
  'shared/slot': ['shared/record'],
  'shared/run-end': ['shared/retention', 'shared/counter'],
  'shared/lock-release': ['shared/record'],
};

export const acquireLease = load(
  'lease/acquire-lease',
  'shared/arguments',
  'lease/lease-value',
  'lease/pod-notes',
  'lease/candidacy',
  'lease/probers',
);
/** Alone: after each tick two followers run it, and the other pieces would take longer than the script. */
export const probeLease = scriptOf(['lease/probe-lease']);
export const renewLease = load(
  'lease/renew-lease',
  'shared/arguments',
  'lease/pod-notes',
  'lease/pod-removal',
  'lease/candidacy',
);
export const resignLease = load('lease/resign-lease', 'shared/arguments', 'lease/candidate-state');
export const readLease = load('lease/read-lease', 'shared/arguments', 'lease/lease-value');
export const markCandidate = load(
  'lease/mark-candidate',
  'shared/arguments',
  'lease/candidate-state',
  'lease/probers',
);
export const readCandidates = load('lease/read-candidates', 'shared/arguments', 'lease/candidate-notes');
export const requestResignation = load('lease/request-resignation', 'shared/arguments');

export const openJobs = load('runs/open-jobs', 'shared/arguments', 'shared/watermark', 'shared/invalid-job');
export const claimTicks = load(
  'runs/claim-ticks',
  'shared/arguments',
  'shared/slot',
  'shared/watermark',
  'shared/term-token',
  'shared/pause',
  'shared/request-age',
  'shared/job-names',
  'shared/run-lock',
  'shared/run-end',
  'shared/invalid-job',
);
export const heartbeatRuns = load('runs/heartbeat-runs', 'shared/arguments', 'shared/record');
export const finishRuns = load(
  'runs/finish-runs',
  'shared/arguments',
  'shared/record',
  'shared/run-end',
  'shared/lock-release',
  'shared/invalid-job',
);
export const releaseRun = load(
  'runs/release-run',
  'shared/arguments',
  'shared/lock-release',
  'shared/counter',
);
export const listUnfinished = load('runs/list-unfinished', 'shared/arguments');
export const adoptRuns = load(
  'runs/adopt-runs',
  'shared/arguments',
  'shared/slot',
  'shared/term-token',
  'shared/pause',
  'shared/run-lock',
  'shared/run-end',
  'shared/lock-release',
  'shared/invalid-job',
);
export const readRuns = load('read/read-runs', 'shared/arguments');
export const readHistory = load('read/read-history', 'shared/arguments');

export const pauseJobs = load('control/pause-jobs', 'shared/arguments', 'shared/pause');
export const requestRun = load('control/request-run', 'shared/arguments');
export const requestStarts = load('control/request-starts', 'shared/arguments', 'shared/job-names');
export const requestAbort = load('control/request-abort', 'shared/arguments', 'shared/record');
export const rescheduleJob = load('control/reschedule-job', 'shared/arguments');
export const announceJobs = load('control/announce-jobs', 'shared/arguments');
export const sweepJobs = load('control/sweep-jobs', 'shared/arguments', 'shared/invalid-job');
export const readJobs = load('read/read-jobs', 'shared/arguments');
export const readRequest = load('read/read-request', 'shared/arguments', 'shared/request-age');
export const readRequests = load('read/read-requests', 'shared/arguments', 'shared/request-age');
export const readEntries = load('read/read-entries', 'shared/arguments');

/** Runs a script by its digest; sends its text only when the server does not know it (yet, or any more). */
export async function run(
  client: Client,
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha1, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return client.eval(script.lua, keys.length, ...keys, ...args);
  }
}

/** @param pieces that the script uses; those that they use themselves come with them */
function load(name: string, ...pieces: readonly string[]): Script {
  const names = new Set(['shared/stored-values', ...pieces.flatMap(withUsed), name]);
  return scriptOf([...names]);
}

/** @param pieces in their order */
function scriptOf(pieces: readonly string[]): Script {
  let digest: string | undefined;
  return {
    get lua() {
      return pieces.map(textOf).join('\n');
    },
    get sha1() {
      digest ??= createHash('sha1').update(this.lua).digest('hex');
      return digest;
    },
  };
}

function withUsed(piece: string): readonly string[] {
  return [...(USED_BY_PIECES[piece] ?? []).flatMap(withUsed), piece];
}

/** Headed by its source file: in an error or in SLOWLOG, Redis knows a script by its digest only. */
function textOf(name: string): string {
  return `-- ${name}.lua\n${luaText(name)}`;
}
