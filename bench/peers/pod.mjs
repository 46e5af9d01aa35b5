/*
 * A pod of any contender, as a process. Its job writes a line in the ledger, a Redis that no fault touches, and then
 * works for WORK_MS.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { CONTENDERS } from './contenders.mjs';

const { CONTENDER: contender, POD_NAME: pod, REDIS_URL: redisUrl, LEDGER_URL: ledgerUrl } = process.env;
const ledger = new Redis(ledgerUrl);

const stop = await CONTENDERS[contender]({ redisUrl, note });
process.once('SIGTERM', () => void end());
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send?.('ready');

async function note(tick) {
  await ledger.xadd(`ledger:${contender}`, '*', 'pod', pod, 'tick', tick, 'at', Date.now());
  await pause(Number(process.env.WORK_MS));
}

async function end() {
  await stop();
  process.exit(0);
}
