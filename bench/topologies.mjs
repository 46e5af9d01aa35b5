/* The leader is killed, by library and by the kind of Redis. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { freePort, reachable } from '../sample-app/demo/network.mjs';
import { ensureRedis } from '../test/support/setup/ensure-redis.mjs';
import { lastWill } from '../test/support/setup/last-will.mjs';
import { startRedis } from './processes.mjs';
import { percentile, round } from './stats.mjs';
import { killLeaders } from './takeover.mjs';

const LAST_SLOT = 16_383;
const MASTERS = 3;
/** One round in fifty may be later: the machine has other work. */
const SHARE = 0.98;

/** @typedef {{ redis: unknown, stop: () => void }} Topology */

/** How late the tick after a SIGKILL of the leader is. @param {{ smoke: boolean }} context */
export async function topologies({ smoke }) {
  const timing = smoke ? { ttl: 4000, interval: 1000 } : { ttl: 10_000, interval: 3000 };
  // The standby has been up for an interval: before, it does not run what was missed. A few side by side, so that pods
  // that start seldom disturb one that takes over.
  const plan = {
    ...timing,
    clusters: smoke ? 1 : 5,
    rounds: smoke ? 1 : 10,
    cron: '* * * * * *',
    fast: true,
    settleMs: timing.interval + 500,
  };
  const rows = [];
  for (const [library, kind, start, goalMs] of /** @type {const} */ ([
    ['6', 'one server', single, 500],
    ['5', 'one server', single, 500],
    ['5', 'Sentinel', sentinel, 500],
    ['5', 'Cluster', cluster, 600],
  ])) {
    const topology = await start();
    const name = `${library}-${kind.replace(' ', '-')}`;
    const redis = { REDIS_INPUT: JSON.stringify(topology.redis), IOREDIS: library };
    rows.push(...rowsOf(`ioredis ${library}, ${kind}`, goalMs, await killLeaders({ ...plan, name, redis })));
    topology.stop();
  }
  return rows;
}

/** @param {string} where @param {number} goalMs */
function rowsOf(where, goalMs, { kills, runs }) {
  const late = kills.flatMap(kill => (kill.late === undefined ? [] : [kill.late]));
  const inTime = late.filter(ms => ms <= goalMs).length;
  const p98 = round(percentile(late, SHARE));
  const result = `p50 ${round(percentile(late, 0.5))} ms, p98 ${p98}, max ${round(Math.max(...late))}; ${inTime} of ${kills.length} within ${goalMs} ms`;
  return [
    { what: `crash, ${where}: the next tick is late by`, result, goal: `49 of 50 within ${goalMs} ms` },
    { what: `crash, ${where}: ticks`, result: runs, goal: 'none lost, none doubled' },
  ];
}

/** @returns {Promise<Topology>} */
async function single() {
  const { url, stop } = await startRedis();
  return { redis: url, stop };
}

/** @returns {Promise<Topology>} */
async function sentinel() {
  const master = await startRedis();
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-bench-'));
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `port ${port}\nsentinel monitor main 127.0.0.1 ${master.port} 1\n`);
  const source = ensureRedis({ install: true, allowUrl: false });
  const server = spawn(source.path, [file, '--sentinel'], { cwd: folder, stdio: 'ignore' });
  const will = lastWill('kill -9 "$1" 2>/dev/null; rm -rf "$2"', `${server.pid}`, folder);
  server.once('exit', () => will.revoke());
  await reachable({ host: '127.0.0.1', port });
  const stop = () => {
    server.kill();
    master.stop();
  };
  return { redis: { sentinels: [{ host: '127.0.0.1', port }], name: 'main' }, stop };
}

/** Three masters. @returns {Promise<Topology>} */
async function cluster() {
  const options = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
  const nodes = await Promise.all(Array.from({ length: MASTERS }, () => startRedis(options)));
  const clients = nodes.map(({ url }) => new Redis(url));
  const share = Math.ceil(LAST_SLOT / MASTERS);
  for (const [at, client] of clients.entries()) {
    const last = Math.min((at + 1) * share - 1, LAST_SLOT);
    await client.call('CLUSTER', 'ADDSLOTSRANGE', at * share, at === MASTERS - 1 ? LAST_SLOT : last);
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', at + 1);
    if (at > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', nodes[0]?.port ?? 0);
  }
  const isWell = async client => {
    const info = String(await client.call('CLUSTER', 'INFO'));
    return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`);
  };
  while (!(await Promise.all(clients.map(isWell))).every(Boolean)) await pause(50);
  for (const client of clients) client.disconnect();
  const redis = { nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) };
  return { redis, stop: () => nodes.forEach(node => node.stop()) };
}
