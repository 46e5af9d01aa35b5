/*
 * Three pods of the sample-app on one Redis, at the default timings, with a job each second. The leader is killed between
 * two ticks; another pod leads. Notes what each pod reports, at the time of its report.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startRedis } from '../../bench/processes.mjs';
import { createPod } from '../../sample-app/demo/pods.mjs';

const NAMES = ['pod-a', 'pod-b', 'pod-c'];
const TICKS_BEFORE = 3;
const TICKS_AFTER = 4;
const LIMIT_MS = 60_000;

/**
 * @typedef {object} Note
 * @property {number} at
 * @property {string} pod
 * @property {'leads' | 'ran' | 'killed'} what
 * @property {number} [tick]
 */

/** @returns {Promise<{ names: readonly string[], notes: readonly Note[] }>} */
export async function playFailOver() {
  const redis = await startRedis();
  const logs = mkdtempSync(join(tmpdir(), 'leader-schedule-picture-'));
  /** @type {Note[]} */
  const notes = [];
  /** @type {import('../../sample-app/demo/pods.mjs').Pod[]} */
  const pods = [];
  try {
    for (const name of NAMES) {
      const pod = createPod(name, { REDIS_URL: redis.url }, logs, (sender, message) => {
        sender.isLeader = message.type === 'leadership' ? message.isLeader : sender.isLeader;
        if (message.type === 'leadership' && message.isLeader)
          notes.push({ at: Date.now(), pod: name, what: 'leads' });
        if (message.type === 'run' && message.job === 'invoices')
          notes.push({ at: Date.now(), pod: name, what: 'ran', tick: message.tick });
      });
      pods.push(pod);
      await pod.start();
    }
    await killLeader(pods, notes);
    return { names: NAMES, notes };
  } finally {
    for (const pod of pods) pod.signal('SIGKILL');
    redis.stop();
    rmSync(logs, { recursive: true, force: true });
  }
}

/** @param {import('../../sample-app/demo/pods.mjs').Pod[]} pods @param {Note[]} notes */
async function killLeader(pods, notes) {
  const ran = () => notes.filter(({ what }) => what === 'ran').length;
  await until(() => ran() >= TICKS_BEFORE);
  const leader = pods.find(pod => pod.isLeader);
  if (leader === undefined) throw new Error('No pod leads.');
  await sleep(500);
  leader.signal('SIGKILL');
  notes.push({ at: Date.now(), pod: leader.name, what: 'killed' });
  const before = ran();
  await until(() => ran() >= before + TICKS_AFTER);
}

/** @param {() => boolean} condition */
async function until(condition) {
  for (const deadline = Date.now() + LIMIT_MS; !condition(); await sleep(5))
    if (Date.now() > deadline) throw new Error(`It has not happened within ${LIMIT_MS} ms.`);
}
