/**
 * `npm run demo`: three pods of the sample-app on one Redis. The leader is stopped, killed, paused and cut off in
 * turn; the table at the end counts the ticks of a job that is due each second, and times each fail-over.
 *
 *   --default-timings   ttl 10 s and interval 3 s instead of 2 s and 500 ms
 *   --ram               one pod in RAM mode, without Redis
 *   --ci                plain lines instead of a live view
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ensureModules } from '../../test/support/setup/ensure-modules.mjs';
import { ensureNode } from '../../test/support/setup/ensure-node.mjs';
import { projectRoot } from '../../test/support/setup/project-root.mjs';
import { Ledger } from './ledger.mjs';
import { startCable } from './network.mjs';
import { createPod } from './pods.mjs';
import { startRedis } from './redis.mjs';
import { bold, createView, dim, table } from './view.mjs';

/** @typedef {import('./pods.mjs').Pod} Pod */
/** @typedef {Map<Pod, Awaited<ReturnType<typeof startCable>>>} Cables */

const { values: flags } = parseArgs({
  options: { ci: { type: 'boolean' }, ram: { type: 'boolean' }, 'default-timings': { type: 'boolean' } },
});
const timings = flags['default-timings'] ? { ttl: 10_000, interval: 3000 } : { ttl: 2000, interval: 500 };
const logs = mkdtempSync(join(tmpdir(), 'leader-schedule-demo-'));
const ledger = new Ledger();
/** @type {import('./ledger.mjs').Row[]} */
const rows = [];
/** @type {Pod[]} */
const pods = [];
/** @type {(() => void)[]} */
const cleanUps = [() => pods.forEach(pod => pod.signal('SIGKILL'))];
const view = createView(pods, ledger, Boolean(process.stdout.isTTY) && !flags.ci);

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => finish(130));
}
try {
  ensureNode();
  ensureModules();
  build();
  await (flags.ram ? showRam() : showRedis());
  const doubled = rows.some(row => row.doubled > 0);
  if (doubled) console.log(`\nA tick ran twice. The logs of the pods: ${logs}`);
  finish(doubled ? 1 : 0);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}\nThe logs of the pods: ${logs}`);
  finish(1);
}

async function showRedis() {
  const redis = await startRedis();
  cleanUps.push(redis.stop);
  const { description, url } = redis;
  const { ttl, interval } = timings;
  console.log(
    bold(`\nThree pods on ${description}, a job each second, ttl ${ttl} ms, interval ${interval} ms`),
  );
  const appName = `demo-${process.pid}`;
  const cables = await addPods(url, appName);
  await Promise.all(pods.map(pod => pod.start()));
  await whileDrawing(async () => {
    await phase('all is well', async () => {
      await pause(4000);
      return '–';
    });
    for (const [name, fault, repair] of faults(cables))
      await phase(name, leader =>
        replaced(
          leader,
          () => fault(leader),
          () => repair(leader),
        ),
      );
  });
  view.say(
    dim(
      '  A tick that falls due without a leader is caught up by the next leader, late; a doubled one would be a bug.\n' +
        '  Fail-over: from the fault until another pod leads. A killed pod is found out by its closed connection; one\n' +
        `  that is paused or cut off is waited for until its lease (${ttl} ms) has run out.`,
    ),
  );
  await forget(url, appName);
}

/**
 * Three pods, each with a cable of its own to Redis.
 *
 * @param {URL} redis
 * @param {string} appName
 */
async function addPods(redis, appName) {
  const target = { host: redis.hostname, port: Number(redis.port || 6379) };
  /** @type {Cables} */
  const cables = new Map();
  for (const name of ['pod-a', 'pod-b', 'pod-c']) {
    const cable = await startCable(target);
    cleanUps.push(cable.close);
    const url = new URL(redis);
    url.host = `127.0.0.1:${cable.port}`;
    const pod = addPod(name, {
      REDIS_URL: String(url),
      SCHEDULE_APP_NAME: appName,
      SCHEDULE_LEADER_TTL: `${timings.ttl}ms`,
      SCHEDULE_LEADER_INTERVAL: `${timings.interval}ms`,
    });
    cables.set(pod, cable);
  }
  return cables;
}

/**
 * A fault of the leader: its name, the fault itself and its repair.
 *
 * @param {Cables} cables
 * @returns {[string, (leader: Pod) => void, (leader: Pod) => unknown][]}
 */
function faults(cables) {
  /** @param {Pod} leader */
  const start = leader => leader.start();
  return [
    ['the leader is stopped (SIGTERM)', leader => leader.signal('SIGTERM'), start],
    ['the leader is killed (SIGKILL)', leader => leader.signal('SIGKILL'), start],
    [
      'the leader is paused (SIGSTOP)',
      leader => {
        leader.signal('SIGSTOP');
        leader.state = 'paused';
      },
      leader => {
        leader.state = 'running';
        leader.signal('SIGCONT');
      },
    ],
    [
      'the leader is cut off from Redis',
      leader => {
        cables.get(leader)?.cut();
        leader.state = 'cut off';
      },
      leader => {
        leader.state = 'running';
        cables.get(leader)?.repair();
      },
    ],
  ];
}

/**
 * Waits for a leader and draws the pods during the play, then prints the table.
 *
 * @param {() => Promise<void>} play
 */
async function whileDrawing(play) {
  const drawing = setInterval(() => view.draw(), 1000);
  cleanUps.unshift(() => clearInterval(drawing));
  await leaderOtherThan(undefined);
  await play();
  clearInterval(drawing);
  view.say(`\n${table(rows)}\n`);
}

async function showRam() {
  console.log(
    bold(
      '\nOne pod in RAM mode, without Redis: it always leads. Several replicas would each run every tick.',
    ),
  );
  await addPod('pod-a', { SCHEDULE_MODE: 'ram' }).start();
  await whileDrawing(() =>
    phase('RAM mode', async () => {
      await pause(8000);
      return '–';
    }),
  );
}

/** @param {string} name @param {NodeJS.ProcessEnv} env */
function addPod(name, env) {
  const pod = createPod(name, env, logs, (sender, message) => {
    if (message.type === 'leadership') sender.isLeader = message.isLeader;
    if (message.type === 'run' && message.job === 'invoices') ledger.note(sender.name, message.tick);
  });
  pods.push(pod);
  return pod;
}

/**
 * Runs one act of the play with the present leader and counts its ticks.
 *
 * @param {string} name
 * @param {(leader: Pod) => Promise<string>} act resolves to the time of the fail-over
 */
async function phase(name, act) {
  const leader = await leaderOtherThan(undefined);
  view.say(`\n${bold(name)} ${dim(`(${leader.name} leads)`)}`);
  const from = Date.now();
  const failover = await act(leader);
  await pause(3000);
  const until = Date.now() - 500;
  rows.push(ledger.count(name, from, until, failover));
}

/**
 * @param {Pod} leader
 * @param {() => void} fault
 * @param {() => unknown} repair
 */
async function replaced(leader, fault, repair) {
  await pause(1500);
  const at = performance.now();
  fault();
  await leaderOtherThan(leader);
  const failover = `${Math.round(performance.now() - at)} ms`;
  await pause(1500);
  await repair();
  return failover;
}

/** @param {Pod | undefined} former */
async function leaderOtherThan(former) {
  for (const deadline = Date.now() + 3 * timings.ttl + 20_000; Date.now() < deadline; await pause(2)) {
    const leader = pods.find(pod => pod.isLeader && pod.state === 'running' && pod !== former);
    if (leader) return leader;
  }
  throw new Error('No pod became the leader.');
}

/** Takes the demo's keys out of a Redis that is not ours. @param {URL} url @param {string} appName */
async function forget(url, appName) {
  for (const pod of pods) pod.signal('SIGKILL');
  const { Redis } = await import('ioredis');
  const redis = new Redis(String(url));
  const lease = `scheduler:${appName}:leader`;
  const [, siblings] = await redis.scan('0', 'MATCH', `{${lease}}:*`, 'COUNT', 1_000_000);
  await redis.del(lease, ...siblings);
  redis.disconnect();
}

function build() {
  for (const command of [['scripts/build.mjs'], ['node_modules/typescript/bin/tsc', '-p', 'sample-app']]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      cwd: projectRoot,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`The sample-app could not be compiled:\n${stdout}${stderr}`);
  }
}

/** @param {number} code */
function finish(code) {
  for (const cleanUp of cleanUps) cleanUp();
  if (code === 0) rmSync(logs, { recursive: true, force: true });
  process.exit(code);
}
