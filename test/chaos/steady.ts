/*
 * The program behind `npm run chaos -- --steady`: a healthy leader and followers, for as long as one likes, while their
 * connections for events are killed, subscribers' buffers run over, and Redis restarts with its memory. No pod may take
 * over, unless the leader's own connection was closed a moment before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { RedisServer } from '../support/redis-server.js';
import { Dice } from './random/dice.js';
import { mono } from './random/mono.js';
import { Network } from './random/network.js';
import { RandomPod } from './random/random-pod.js';

/** As the architecture page has them. */
const keys = { term: '{scheduler:chaos:leader}:term', events: '{scheduler:chaos:leader}:events' };
const PODS = 3;
const INTERVAL_MS = 3000;
const TTL_MS = 10_000;
const PROBE_MS = 200;
/** A closed connection of the leader explains a takeover for this long: an attempt of each follower, seen twice. */
const EXPLAINS_MS = 2 * INTERVAL_MS;

interface Disturbance {
  readonly what: string;
  /** Whether the connection that carries the lease closes. */
  readonly closesLease: boolean;
  readonly inflict: (server: RedisServer, dice: Dice) => Promise<unknown>;
}

const DISTURBANCES: readonly [Disturbance, ...Disturbance[]] = [
  {
    what: 'connections for events killed',
    closesLease: false,
    inflict: async server => {
      const clients = String(await server.command('CLIENT', 'LIST'));
      for (const [, id = ''] of clients.matchAll(/^id=(\d+) .*name=leader-schedule:events /gm))
        await server.command('CLIENT', 'KILL', 'ID', id);
    },
  },
  {
    what: "subscribers' buffers run over",
    closesLease: false,
    inflict: async server => {
      const limit = 'client-output-buffer-limit';
      await server.command('CONFIG', 'SET', limit, 'pubsub 64kb 0 0');
      await server.command('PUBLISH', keys.events, 'x'.repeat(1_000_000));
      await server.command('CONFIG', 'SET', limit, 'pubsub 32mb 8mb 60');
    },
  },
  {
    what: 'CLIENT KILL TYPE pubsub',
    closesLease: true,
    inflict: server => server.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  },
  {
    what: 'Redis restarted',
    closesLease: true,
    inflict: async (server, dice) => {
      await server.kill();
      await pause(dice.between(0, 2000));
      await server.restart();
    },
  },
];

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
    },
  });
  const minutes = Number(values.minutes);
  console.log(`${PODS} pods, ttl ${TTL_MS} ms, interval ${INTERVAL_MS} ms, seed ${values.seed}`);
  const cleanUps: (() => Promise<unknown>)[] = [];
  try {
    const findings = await watch(minutes * 60_000, new Dice(Number(values.seed)), cleanUps);
    return reported(findings, minutes);
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

async function watch(forMs: number, dice: Dice, cleanUps: (() => Promise<unknown>)[]): Promise<Findings> {
  const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-steady-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const server = await RedisServer.start({ persistence: true });
  cleanUps.push(() => server.dispose());
  const ledger = await RedisServer.start();
  cleanUps.push(() => ledger.dispose());
  for (let index = 1; index <= PODS; index += 1) {
    const network = await Network.start([server.port]);
    cleanUps.push(() => network.close());
    const environment = {
      POD_NAME: `pod-${index}`,
      LEDGER_URL: ledger.url,
      CHAOS_REDIS: JSON.stringify(`redis://127.0.0.1:${network.portOf(server.port)}`),
      SCHEDULE_LEADER_TTL: `${TTL_MS}ms`,
      SCHEDULE_LEADER_INTERVAL: `${INTERVAL_MS}ms`,
    };
    const pod = new RandomPod(`pod-${index}`, network, environment, join(folder, `pod-${index}.log`));
    cleanUps.push(() => pod.kill());
    pod.start(0);
    await pod.ready();
  }
  return new Watcher(server, dice).until(mono() + forMs);
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
    const { what, closesLease, inflict } = this.dice.pick(DISTURBANCES);
    await inflict(this.server, this.dice);
    this.last = { what, at: mono() };
    if (closesLease) this.leaseClosedAt = this.last.at;
    this.findings.disturbances.set(what, (this.findings.disturbances.get(what) ?? 0) + 1);
  }

  private async probe(): Promise<void> {
    const term = await this.server.command('HMGET', keys.term, 'token', 'renewedAt', 'presence');
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
