import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { judge, type Entry, type Verdict } from './judge.js';
import { PodProcess } from './pod-process.js';

export interface Timings {
  readonly ttl: string;
  readonly interval: string;
}

export interface ClusterOptions {
  /** How long each run takes. */
  readonly workMs?: number;
  /** How far the wall clock of each pod is ahead of the machine's, by the pod's index; 0 where it is left out. */
  readonly clockOffsetsMs?: readonly number[];
}

/** Generous: the machine may be busy. A wait has its own bound where one matters. */
const WITHIN = { within: 30_000 };

/** A pod as a process, with a network of its own. */
export class Pod {
  isLeader = false;
  private process: PodProcess | undefined;

  constructor(
    readonly name: string,
    readonly network: TcpProxy,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  start(): void {
    const started = new PodProcess({
      program: 'pod.js',
      flags: ['--import', './.build/pods/shifted-clock.js'],
      environment: this.environment,
      onMessage: message => (this.isLeader = (message as { isLeader: boolean }).isLeader),
      onExit: () => {
        if (this.process === started) this.isLeader = false;
      },
    });
    this.process = started;
  }

  signal(signal: NodeJS.Signals): void {
    this.process?.signal(signal);
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.process?.end(signal);
  }
}

/** Some pods on a Redis of their own, and the journal they write. */
export class Cluster {
  readonly pods: Pod[] = [];

  static async start(
    size: number,
    { ttl, interval }: Timings,
    { workMs = 0, clockOffsetsMs = [] }: ClusterOptions = {},
  ): Promise<Cluster> {
    const cluster = new Cluster(
      await RedisServer.start(),
      await mkdtemp(join(tmpdir(), 'leader-schedule-chaos-')),
    );
    for (let index = 0; index < size; index += 1) {
      const network = await TcpProxy.start(cluster.redis.port);
      const environment = {
        POD_NAME: `pod-${index}`,
        JOURNAL: cluster.journal,
        REDIS_URL: network.url,
        WORK_MS: String(workMs),
        CHAOS_CLOCK_OFFSET_MS: String(clockOffsetsMs[index] ?? 0),
        SCHEDULE_LEADER_TTL: ttl,
        SCHEDULE_LEADER_INTERVAL: interval,
      };
      cluster.pods.push(new Pod(environment.POD_NAME, network, environment));
    }
    for (const pod of cluster.pods) pod.start();
    return cluster;
  }

  private constructor(
    readonly redis: RedisServer,
    private readonly folder: string,
  ) {}

  private get journal(): string {
    return join(this.folder, 'journal');
  }

  /** Waits until a pod other than `former` leads and has run a job. */
  async leader(former?: Pod): Promise<Pod> {
    return eventually(() => this.pods.find(pod => pod.isLeader && pod !== former), {
      ...WITHIN,
      what: 'a pod leads',
    });
  }

  /** Waits until the pod has run one more tick from now on. */
  async runs(pod: Pod): Promise<void> {
    const count = async () => (await this.runsOf(pod)).length;
    const before = await count();
    await eventually(async () => (await count()) > before, {
      ...WITHIN,
      every: 50,
      what: `${pod.name} runs a tick`,
    });
  }

  /** Waits until the pod has said that it does not lead. */
  async follows(pod: Pod): Promise<void> {
    await eventually(() => !pod.isLeader, { ...WITHIN, what: `${pod.name} does not lead` });
  }

  /** When a tick's run ended, as far as it has. */
  async endOf(tick: number): Promise<number | undefined> {
    const end = (await this.entries()).find(entry => entry.kind === 'end' && entry.tick === tick);
    return end?.kind === 'end' ? end.at : undefined;
  }

  async runsOf(pod: Pod) {
    return (await this.entries()).flatMap(entry =>
      entry.kind === 'run' && entry.pod === pod.name ? [entry] : [],
    );
  }

  async verdict(): Promise<Verdict> {
    return judge(await this.entries());
  }

  async dispose(): Promise<void> {
    await Promise.all(this.pods.map(pod => pod.end('SIGKILL')));
    await Promise.all(this.pods.map(pod => pod.network.close()));
    await this.redis.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async entries(): Promise<Entry[]> {
    const text = await readFile(this.journal, 'utf8').catch(() => '');
    // The last line may still be under way.
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Entry);
  }
}
