import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { CHAOS_JOBS } from '../../pods/chaos-jobs.js';
import { RedisServer } from '../../support/redis-server.js';
import { lastWill } from '../../support/setup/last-will.mjs';
import { ChaosDriver } from './chaos-driver.js';
import { Dice } from './dice.js';
import type { Evidence, Fault, HistoryEntry, Interval } from './evidence.js';
import { Ledger } from './ledger.js';
import { mono } from './mono.js';
import { Network } from './network.js';
import { POD_FAULTS, someClockOffset } from './pod-faults.js';
import { RandomPod } from './random-pod.js';
import { ClusterTopology } from './topologies/cluster-topology.js';
import { SentinelTopology } from './topologies/sentinel-topology.js';
import { SingleTopology } from './topologies/single-topology.js';
import type { Topology, TopologyName } from './topologies/topology.js';

export interface ChaosSettings {
  readonly topology: TopologyName;
  readonly seed: number;
  /** How long faults go on; starting and settling come on top. */
  readonly forMs: number;
  readonly pods: number;
  readonly ttlMs: number;
  readonly intervalMs: number;
  /** Whether claims wait for the replicas. */
  readonly strict: boolean;
  /** Takes one line per fault. */
  readonly say: (line: string) => void;
  /** The build that pods start with; this one by default. */
  readonly folder?: string;
  /** Replaces the random faults. */
  readonly plan?: (pods: readonly RandomPod[], redisUrls: readonly string[]) => Promise<unknown>;
}

export interface ChaosOutcome {
  readonly evidence: Evidence;
  /** The output of the pods, by name. */
  readonly logs: Readonly<Record<string, string>>;
}

const LEASE_KEY = 'scheduler:chaos:leader';
/** History is kept for a limited number of runs: it is collected again before they are gone. */
const COLLECT_EVERY_MS = 15_000;
const HISTORY_LIMIT = 100;
/** Without the history of the last ticks the judge could not find out why they did not run. */
const HISTORY_TRIES = 5;
/** Pods abort the runs that have not ended this long after a request to stop. */
const DRAIN_MS = 4000;
/** Ticks of the last seconds are not judged: they may be under way. */
const UNDER_WAY_MS = 6000;

/** Lets faults rain on pods and Redis for a while, lets them settle, and brings back all there is to know. */
export async function runChaos(settings: ChaosSettings): Promise<ChaosOutcome> {
  const run = new ChaosRun(settings);
  try {
    return await run.toTheEnd();
  } finally {
    await run.dispose();
  }
}

class ChaosRun {
  private readonly pods: RandomPod[] = [];
  private readonly cleanUps: (() => Promise<unknown>)[] = [];
  private readonly history = new Map<string, HistoryEntry>();
  private readonly dice: Dice;

  constructor(private readonly settings: ChaosSettings) {
    this.dice = new Dice(settings.seed);
  }

  async toTheEnd(): Promise<ChaosOutcome> {
    const epochMs = Date.now() - mono();
    const folder = await this.folder();
    const topology = await startTopology(this.settings.topology);
    this.cleanUps.unshift(() => topology.dispose());
    const server = await RedisServer.start();
    this.cleanUps.unshift(() => server.dispose());
    const ledger = new Ledger(server);
    for (let index = 1; index <= this.settings.pods; index += 1) {
      await this.addPod(`pod-${index}`, topology, server.url, folder);
    }
    await ledger.nextStart('the first tick starts');
    const from = mono();
    const { plan } = this.settings;
    const faults = plan === undefined ? await this.rain(topology, from) : await this.follow(plan, topology);
    await this.settle(topology, ledger);
    const observed: Interval = { from, to: mono() - UNDER_WAY_MS };
    await this.collect();
    await Promise.all(this.pods.map(pod => pod.stop(3 * DRAIN_MS)));
    return {
      evidence: await this.evidence({ observed, epochMs, faults, losses: topology.losses, ledger }),
      logs: await this.logs(folder),
    };
  }

  async dispose(): Promise<void> {
    await Promise.all(this.pods.map(pod => pod.kill()));
    for (const cleanUp of this.cleanUps) await cleanUp();
  }

  private async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-chaos-'));
    const will = lastWill('rm -rf "$1"', folder);
    this.cleanUps.unshift(async () => {
      await rm(folder, { recursive: true, force: true });
      will.revoke();
    });
    return folder;
  }

  private async addPod(name: string, topology: Topology, ledgerUrl: string, folder: string): Promise<void> {
    const network = await Network.start(topology.ports);
    this.cleanUps.unshift(() => network.close());
    const { ttlMs, intervalMs, strict } = this.settings;
    const environment = {
      POD_NAME: name,
      LEDGER_URL: ledgerUrl,
      CHAOS_REDIS: JSON.stringify(topology.redisFor(network)),
      SCHEDULE_LEADER_TTL: `${ttlMs}ms`,
      SCHEDULE_LEADER_INTERVAL: `${intervalMs}ms`,
      SCHEDULE_SHUTDOWN_DRAIN_TIMEOUT: `${DRAIN_MS}ms`,
      SCHEDULE_JOBS_DEFAULTS_HISTORY_KEEP: '400',
      ...(strict && { SCHEDULE_CONSISTENCY: 'strict', SCHEDULE_REPLICAS: `${topology.replicas}` }),
    };
    const pod = new RandomPod(name, network, environment, join(folder, `${name}.log`));
    this.pods.push(pod);
    const { folder: build, plan } = this.settings;
    pod.start(plan === undefined ? someClockOffset(this.dice) : 0, build);
  }

  private async follow(plan: NonNullable<ChaosSettings['plan']>, topology: Topology): Promise<Fault[]> {
    const collecting = setInterval(() => void this.collect(), COLLECT_EVERY_MS);
    try {
      await plan(
        this.pods,
        topology.ports.map(port => `redis://127.0.0.1:${port}`),
      );
      return [];
    } finally {
      clearInterval(collecting);
    }
  }

  private async rain(topology: Topology, from: number): Promise<Fault[]> {
    const { ttlMs, forMs, say } = this.settings;
    const driver = new ChaosDriver({
      dice: this.dice,
      kinds: [...POD_FAULTS, ...topology.faults],
      pods: this.pods,
      ttlMs,
      say,
      remember: () => this.collect(),
    });
    const collecting = setInterval(() => void this.collect(), COLLECT_EVERY_MS);
    try {
      return await driver.until(from + forMs);
    } finally {
      clearInterval(collecting);
    }
  }

  /** All is well again: now nothing excuses a tick that does not start. */
  private async settle(topology: Topology, ledger: Ledger): Promise<void> {
    await topology.repaired();
    for (const pod of this.pods) pod.setClock(0);
    await Promise.all(this.pods.map(pod => pod.ready()));
    await pause(2 * this.settings.ttlMs);
    await ledger.nextStart('ticks start again after the last fault');
    await pause(UNDER_WAY_MS + 2000);
  }

  /** Any pod that answers knows the history of all. On a busy machine none may, in time: then they are asked again. */
  private async collect(): Promise<void> {
    for (let tries = 0; tries < HISTORY_TRIES; tries += 1) {
      const answers = this.pods.filter(({ isAlive }) => isAlive).map(pod => pod.history(HISTORY_LIMIT));
      const entries = (await Promise.all(answers)).flat();
      for (const entry of entries)
        this.history.set(`${entry.job} ${entry.tick} ${entry.runId} ${entry.outcome}`, entry);
      if (entries.length > 0) return;
    }
  }

  private async evidence({
    ledger,
    ...known
  }: Pick<Evidence, 'observed' | 'epochMs' | 'faults' | 'losses'> & { ledger: Ledger }): Promise<Evidence> {
    const { ttlMs, strict } = this.settings;
    return {
      ...known,
      jobs: Object.values(CHAOS_JOBS),
      ttlMs,
      strict,
      entries: [...(await ledger.entries()), ...this.pods.flatMap(({ stalls }) => stalls)],
      history: [...this.history.values()],
      lives: this.pods.flatMap(({ lives }) => lives),
    };
  }

  private async logs(folder: string): Promise<Record<string, string>> {
    const logs: Record<string, string> = {};
    for (const { name } of this.pods) logs[name] = await readFile(join(folder, `${name}.log`), 'utf8');
    return logs;
  }
}

function startTopology(name: TopologyName): Promise<Topology> {
  switch (name) {
    case 'single':
      return SingleTopology.start(false);
    case 'persistent':
      return SingleTopology.start(true);
    case 'sentinel':
      return SentinelTopology.start();
    case 'cluster':
      return ClusterTopology.start(LEASE_KEY);
  }
}
