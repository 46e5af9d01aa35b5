import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Client } from './redis-client.js';

/** A Lua script, one file per operation. */
export interface Script {
  readonly lua: string;
  readonly sha1: string;
}

export const acquireLease = load('acquire-lease', 'lease-value', 'pod-notes', 'candidate-notes');
export const renewLease = load('renew-lease', 'pod-notes', 'candidate-notes');
export const resignLease = load('resign-lease', 'candidate-notes');
export const readLease = load('read-lease', 'lease-value');
export const markCandidate = load('mark-candidate', 'candidate-notes');
export const readCandidates = load('read-candidates', 'candidate-notes');

export const openJobs = loadForRuns('open-jobs');
export const claimTicks = loadForRuns('claim-ticks');
export const heartbeatRuns = loadForRuns('heartbeat-runs');
export const finishRuns = loadForRuns('finish-runs');
export const releaseRun = loadForRuns('release-run');
export const listUnfinished = loadForRuns('list-unfinished');
export const adoptRuns = loadForRuns('adopt-runs');
export const readRuns = loadForRuns('read-runs');
export const readHistory = loadForRuns('read-history');

export const pauseJobs = loadForRuns('pause-jobs');
export const requestRun = loadForRuns('request-run');
export const requestAbort = loadForRuns('request-abort');
export const requestResignation = loadForRuns('request-resignation');
export const rescheduleJob = loadForRuns('reschedule-job');
export const announceJobs = loadForRuns('announce-jobs');
export const sweepJobs = loadForRuns('sweep-jobs');
export const readJobs = loadForRuns('read-jobs');
export const readRequest = loadForRuns('read-request');
export const readRequests = loadForRuns('read-requests');
export const readEntries = load('read-entries');

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
  return script(['stored-values', ...shared, name].map(textOf).join('\n'));
}

/** The scripts about runs share how they read and write records. */
function loadForRuns(name: string): Script {
  return load(name, 'run-records');
}

function textOf(name: string): string {
  return readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
}

function script(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') };
}
