import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { startCable } from '../../sample-app/demo/network.mjs';
import { lastWill } from '../../test/support/setup/last-will.mjs';
import { startRedis } from '../processes.mjs';

const PODS = 3;

/** Three pods of one contender on a Redis of their own, each at the end of a cable that can be cut. */
export class Cluster {
  /** @type {Pod[]} */
  #pods = [];

  /** @param {string} contender @param {import('ioredis').Redis} ledger @param {NodeJS.ProcessEnv} common of its pods */
  static async start(contender, ledger, common) {
    const cluster = new Cluster(contender, ledger, await startRedis(['--appendonly', 'yes']));
    for (let index = 0; index < PODS; index += 1) {
      const cable = await startCable({ host: '127.0.0.1', port: cluster.redis.port });
      const environment = { ...common, CONTENDER: contender, POD_NAME: `pod-${index}` };
      cluster.#pods.push(new Pod(environment, cable));
    }
    await Promise.all(cluster.#pods.map(pod => pod.start()));
    return cluster;
  }

  constructor(contender, ledger, redis) {
    this.contender = contender;
    this.ledger = ledger;
    this.redis = redis;
  }

  /** The pod that ran the last tick: the one that a fault hurts most. */
  async active() {
    for (;;) {
      const [entry] = await this.ledger.xrevrange(`ledger:${this.contender}`, '+', '-', 'COUNT', 1);
      const pod = this.#pods.find(({ name }) => name === entry?.[1][1]);
      if (pod?.isUp) return pod;
      await pause(50);
    }
  }

  /** The runs, in the order of their reports. */
  async runs() {
    const entries = await this.ledger.xrange(`ledger:${this.contender}`, '-', '+');
    return entries.map(([, [, pod, , tick, , at]]) => ({ pod, tick: Number(tick), at: Number(at) }));
  }

  /** The CPU that pods and Redis have used, ms, and the memory of a pod, bytes. */
  async usage() {
    const pods = await Promise.all(this.#pods.map(pod => pod.usage()));
    const client = new Redis(this.redis.url);
    const info = await client.info('cpu');
    client.disconnect();
    const redis = [...info.matchAll(/^used_cpu_(?:user|sys):([\d.]+)/gm)].map(
      ([, value]) => Number(value) * 1000,
    );
    return {
      podsMs: sum(pods.map(({ cpu }) => (cpu.user + cpu.system) / 1000)),
      redisMs: sum(redis),
      rss: sum(pods.map(({ rss }) => rss)) / PODS,
      pods: PODS,
    };
  }

  stop() {
    for (const pod of this.#pods) pod.end();
    this.redis.stop();
  }
}

class Pod {
  isUp = false;
  #process;
  #will;

  constructor(environment, cable) {
    this.name = environment.POD_NAME;
    this.cable = cable;
    this.environment = { ...environment, REDIS_URL: `redis://127.0.0.1:${cable.port}` };
  }

  async start() {
    this.#process = fork(new URL('pod.mjs', import.meta.url), {
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // SIGKILL reaches a stopped process too.
    this.#will = lastWill('kill -9 "$1" 2>/dev/null', `${this.#process.pid}`);
    await once(this.#process, 'message');
    this.isUp = true;
  }

  async usage() {
    this.#process.send('usage');
    const [usage] = await once(this.#process, 'message');
    return usage;
  }

  signal(signal) {
    this.#process.kill(signal);
  }

  /** Sends a signal that ends the process; settles when it is gone. */
  async endBy(signal) {
    this.isUp = false;
    const gone = once(this.#process, 'exit');
    this.signal(signal);
    await gone;
    this.#will.revoke();
  }

  end() {
    this.signal('SIGKILL');
    this.cable.close();
  }
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
