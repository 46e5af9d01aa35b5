import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Client } from './connection/redis-client.js';

/** A Lua script, one file per operation. */
export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

export const acquireLease = load(
  'lease/acquire-lease',
  'lease/lease-value',
  'lease/pod-notes',
  'lease/candidate-notes',
);
export const renewLease = load('lease/renew-lease', 'lease/pod-notes', 'lease/candidate-notes');
export const resignLease = load('lease/resign-lease', 'lease/candidate-notes');
export const readLease = load('lease/read-lease', 'lease/lease-value');
export const markCandidate = load('lease/mark-candidate', 'lease/candidate-notes');
export const readCandidates = load('lease/read-candidates', 'lease/candidate-notes');

export const openJobs = loadForRuns('runs/open-jobs');
export const claimTicks = loadForRuns('runs/claim-ticks');
export const heartbeatRuns = loadForRuns('runs/heartbeat-runs');
export const finishRuns = loadForRuns('runs/finish-runs');
export const releaseRun = loadForRuns('runs/release-run');
export const listUnfinished = loadForRuns('runs/list-unfinished');
export const adoptRuns = loadForRuns('runs/adopt-runs');
export const readRuns = loadForRuns('read/read-runs');
export const readHistory = loadForRuns('read/read-history');

export const pauseJobs = loadForRuns('control/pause-jobs');
export const requestRun = loadForRuns('control/request-run');
export const requestAbort = loadForRuns('control/request-abort');
export const requestResignation = loadForRuns('lease/request-resignation');
export const rescheduleJob = loadForRuns('control/reschedule-job');
export const announceJobs = loadForRuns('control/announce-jobs');
export const sweepJobs = loadForRuns('control/sweep-jobs');
export const readJobs = loadForRuns('read/read-jobs');
export const readRequest = loadForRuns('read/read-request');
export const readRequests = loadForRuns('read/read-requests');
export const readEntries = load('read/read-entries');

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

/** @param shared scripts that stand before it: what several of them have in common */
function load(name: string, ...shared: readonly string[]): Script {
  return script(['shared/stored-values', ...shared, name].map(textOf).join('\n'));
}

/** The scripts about runs share how they read and write records. */
function loadForRuns(name: string): Script {
  return load(name, 'shared/run-records');
}

function textOf(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}

function script(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}
