/*
 * The program behind `npm run chaos -- --steady`: a healthy leader and followers, for as long as one likes, while their
 * connections for events and for presence are killed, subscribers' buffers run over, and Redis restarts with its memory.
 * No pod may take over, unless the leader's connection for the lease was closed a moment before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { disturbancesOf, type Disturbance } from './disturbances.js';
import { Dice } from './random/dice.js';
import { mono } from './random/mono.js';
import { Network } from './random/network.js';
import { RandomPod } from './random/random-pod.js';

/** As the architecture page has it. */
const TERM = '{scheduler:chaos:leader}:term';
const PODS = 3;
const INTERVAL_MS = 3000;
const TTL_MS = 10_000;
const PROBE_MS = 200;
/** A closed connection of the leader explains a takeover for this long: an attempt of each follower, seen twice. */
const EXPLAINS_MS = 2 * INTERVAL_MS;

/** The observations of the whole run. */
interface Findings {
  renewals: number;
  /** Probes of the term that found that presence is on, and all of them. */
  present: number;
  probes: number;
  readonly takeovers: { readonly after: string; readonly afterMs: number; readonly isExplained: boolean }[];
  readonly disturbances: Map<string, number>;
}

/** Resolves to whether no pod took over from a healthy leader. */
export async function main(args: string[]): Promise<boolean> {
  const { values } = parseArgs({
    args,
    options: {
      steady: { type: 'boolean' },
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      ioredis: { type: 'string', default: '6' },
      cluster: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const { ioredis, cluster, seed } = values;
  const where = cluster ? 'a Redis Cluster' : 'one Redis';
  console.log(
    `${PODS} pods, ioredis ${ioredis}, ${where}, ttl ${TTL_MS} ms, interval ${INTERVAL_MS} ms, seed ${seed}`,
  );
  const cleanUps: (() => Promise<unknown>)[] = [];
  try {
    const findings = await watch(minutes * 60_000, { ioredis, cluster, seed: Number(seed) }, cleanUps);
    return reported(findings, minutes);
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

interface Setting {
  /** Major version of the library of the pods. */
  readonly ioredis: string;
  /** Whether Redis is a Cluster, of one node. */
  readonly cluster: boolean;
  readonly seed: number;
}

type CleanUps = (() => Promise<unknown>)[];

async function watch(forMs: number, setting: Setting, cleanUps: CleanUps): Promise<Findings> {
  const server = await startRedis(setting, cleanUps);
  await startPods(server, setting, cleanUps);
  const hasOwnPresence = setting.cluster || setting.ioredis === '5';
  return new Watcher(server, new Dice(setting.seed), disturbancesOf(hasOwnPresence)).until(mono() + forMs);
}

async function startRedis({ cluster }: Setting, cleanUps: CleanUps): Promise<RedisServer> {
  const args = cluster ? ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] : [];
  const server = await RedisServer.start({ persistence: true, args });
  cleanUps.push(() => server.dispose());
  if (!cluster) return server;
  await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await eventually(async () => /cluster_state:ok/.test(String(await server.command('CLUSTER', 'INFO'))));
  return server;
}

async function startPods(server: RedisServer, setting: Setting, cleanUps: CleanUps): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-steady-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const ledger = await RedisServer.start();
  cleanUps.push(() => ledger.dispose());
  for (let index = 1; index <= PODS; index += 1) {
    const network = await Network.start([server.port]);
    cleanUps.push(() => network.close());
    const environment = {
      POD_NAME: `pod-${index}`,
      LEDGER_URL: ledger.url,
      CHAOS_REDIS: JSON.stringify(redisOf(server.port, network.portOf(server.port), setting)),
      CHAOS_IOREDIS: setting.ioredis,
      SCHEDULE_LEADER_TTL: `${TTL_MS}ms`,
      SCHEDULE_LEADER_INTERVAL: `${INTERVAL_MS}ms`,
    };
    const pod = new RandomPod(`pod-${index}`, network, environment, join(folder, `pod-${index}.log`));
    cleanUps.push(() => pod.kill());
    pod.start(0);
    await pod.ready();
  }
}

/** Redis as a pod reaches it. */
function redisOf(serverPort: number, port: number, { cluster }: Setting): string | object {
  if (!cluster) return `redis://127.0.0.1:${port}`;
  const address = { host: '127.0.0.1', port };
  return { nodes: [address], options: { natMap: { [`127.0.0.1:${serverPort}`]: address } } };
}

class Watcher {
  private readonly findings: Findings = {
    renewals: 0,
    present: 0,
    probes: 0,
    takeovers: [],
    disturbances: new Map(),
  };
  private token = '';
  private renewedAt = '';
  private last = { what: 'the start', at: mono() };
  /** When the connection that carries the lease was last known to be closed. */
  private leaseClosedAt = -Infinity;

  constructor(
    private readonly server: RedisServer,
    private readonly dice: Dice,
    private readonly kinds: readonly [Disturbance, ...Disturbance[]],
  ) {}

  async until(end: number): Promise<Findings> {
    let nextAt = mono() + this.dice.between(2000, 10_000);
    while (mono() < end) {
      await this.probe();
      await pause(PROBE_MS);
      if (mono() < nextAt || mono() > end - 2 * EXPLAINS_MS) continue;
      await this.disturb();
      nextAt = mono() + this.dice.between(3000, 25_000);
    }
    return this.findings;
  }

  private async disturb(): Promise<void> {
    const { what, closesLease, inflict } = this.dice.pick(this.kinds);
    await inflict(this.server, this.dice);
    this.last = { what, at: mono() };
    if (closesLease) this.leaseClosedAt = this.last.at;
    this.findings.disturbances.set(what, (this.findings.disturbances.get(what) ?? 0) + 1);
  }

  private async probe(): Promise<void> {
    const term = await this.server.command('HMGET', TERM, 'token', 'renewedAt', 'presence');
    const [token = '', renewedAt = '', presence = ''] = (Array.isArray(term) ? term : []).map(String);
    const { findings } = this;
    findings.probes += 1;
    if (presence === '1') findings.present += 1;
    if (renewedAt !== this.renewedAt) findings.renewals += 1;
    this.renewedAt = renewedAt;
    if (this.token !== '' && token !== this.token) {
      const isExplained = mono() - this.leaseClosedAt < EXPLAINS_MS;
      const afterMs = Math.round(mono() - this.last.at);
      findings.takeovers.push({ after: this.last.what, afterMs, isExplained });
    }
    this.token = token;
  }
}

function reported(
  { renewals, present, probes, takeovers, disturbances }: Findings,
  minutes: number,
): boolean {
  for (const [what, count] of disturbances) console.log(`${String(count).padStart(5)}  ${what}`);
  const unexplained = takeovers.filter(({ isExplained }) => !isExplained);
  console.log(
    `${minutes} minutes, ${renewals} renewals, presence on in ${present} of ${probes} probes, ` +
      `${takeovers.length} takeovers, ${unexplained.length} of them without a closed connection of the leader`,
  );
  for (const takeover of takeovers) console.log(`  ${JSON.stringify(takeover)}`);
  // Without presence nothing could have gone wrong, and nothing would be proved.
  return unexplained.length === 0 && renewals > 0 && present > probes / 2;
}
