import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';

import { eventually } from '../../../support/eventually.js';
import { freePort } from '../../../support/free-port.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { ServerProcess } from '../../../support/server-process.js';
import { LossBook, seconds, someTime, type FaultKind, type Scene } from '../fault-kind.js';
import { mono } from '../mono.js';
import type { Network } from '../network.js';
import { redisProgram, roleOf, startReplicated } from './replicated-server.js';
import type { Topology } from './topology.js';

const DOWN_AFTER_MS = 1000;
/** A master that was replaced may have acknowledged writes since it fell silent, and until it knows; these are lost. */
const LOSS_BEFORE_MS = DOWN_AFTER_MS + 3000;
const LOSS_AFTER_MS = 10_000;
const WITHIN = { within: 60_000, every: 200 };

/** A master, two replicas and three Sentinels that watch them. */
export class SentinelTopology implements Topology {
  readonly replicas = 2;
  private readonly book = new LossBook();
  private readonly watcher: Redis;

  static async start(): Promise<SentinelTopology> {
    const servers = await Promise.all([1, 2, 3].map(() => startReplicated()));
    const [master, ...replicas] = servers as [RedisServer, ...RedisServer[]];
    // By command and not by argument: a server that restarts is a replica of no master until Sentinel makes it one.
    for (const replica of replicas) await replica.command('REPLICAOF', '127.0.0.1', master.port);
    const sentinels = await Promise.all([1, 2, 3].map(() => Sentinel.start(master.port)));
    const topology = new SentinelTopology(servers, sentinels);
    await topology.repaired();
    return topology;
  }

  private constructor(
    private readonly servers: readonly RedisServer[],
    private readonly sentinels: readonly Sentinel[],
  ) {
    this.watcher = new Redis(this.sentinelPort, { maxRetriesPerRequest: null });
    this.watcher.on('error', () => undefined);
    void this.watcher.subscribe('+switch-master');
    this.watcher.on('message', () =>
      this.book.note('fail-over', mono() - LOSS_BEFORE_MS, mono() + LOSS_AFTER_MS),
    );
  }

  get ports(): number[] {
    return [...this.servers, ...this.sentinels].map(({ port }) => port);
  }

  get losses() {
    return this.book.losses;
  }

  redisFor(network: Network): object {
    const address = (port: number) => ({ host: '127.0.0.1', port: network.portOf(port) });
    return {
      name: 'main',
      sentinels: this.sentinels.map(({ port }) => address(port)),
      natMap: Object.fromEntries(this.ports.map(port => [`127.0.0.1:${port}`, address(port)])),
    };
  }

  readonly faults: readonly FaultKind[] = [
    this.silenced('master SIGSTOP', 4, () => this.master()),
    this.killed('master SIGKILL', 4, () => this.master()),
    this.silenced('replica SIGSTOP', 1, scene => this.replica(scene)),
    this.killed('replica SIGKILL', 1, scene => this.replica(scene)),
    {
      kind: 'Sentinel fail-over',
      weight: 2,
      on: 'store',
      inflict: async scene => {
        scene.say('as an operator requests it');
        await this.ask('FAILOVER', 'main').catch(() => undefined);
        await scene.hold(1000);
        await this.repaired();
      },
    },
  ];

  /** Waits until the Sentinels and the servers agree on a master with two replicas in step. */
  async repaired(): Promise<void> {
    const isWhole = async () => {
      const master = await this.master();
      const roles = await Promise.all(this.servers.map(roleOf));
      const [known, reachable] = await this.replicasKnown();
      return (
        roles[this.servers.indexOf(master)]?.role === 'master' &&
        roles.filter(({ role, linked }) => role === 'slave' && linked).length === 2 &&
        known === 2 &&
        reachable === 2 &&
        ((await this.ask('SENTINELS', 'main')) as unknown[]).length === 2
      );
    };
    await eventually(isWhole, { ...WITHIN, what: 'a master has two replicas' });
  }

  async dispose(): Promise<void> {
    this.watcher.disconnect();
    await Promise.all([...this.sentinels, ...this.servers].map(server => server.dispose()));
  }

  private get sentinelPort(): number {
    return this.sentinels[0]?.port ?? 0;
  }

  private silenced(kind: string, weight: number, which: (scene: Scene) => Promise<RedisServer>): FaultKind {
    return {
      kind,
      weight,
      on: 'store',
      inflict: async scene => {
        const forMs = someTime(scene);
        scene.say(`for ${seconds(forMs)}`);
        const server = await which(scene);
        await server.pause();
        await scene.hold(forMs);
        await server.resume();
        await this.repaired();
      },
    };
  }

  private killed(kind: string, weight: number, which: (scene: Scene) => Promise<RedisServer>): FaultKind {
    return {
      kind,
      weight,
      on: 'store',
      inflict: async scene => {
        const downMs = someTime(scene);
        const return_ = scene.dice.pick(['as a replica', 'as a master of its own'] as const);
        scene.say(`back after ${seconds(downMs)}, ${return_}`);
        const server = await which(scene);
        await server.kill();
        await scene.hold(downMs);
        await server.restart();
        if (return_ === 'as a replica') await this.enlist(server);
        await this.repaired();
      },
    };
  }

  /** Makes a server that has come back a replica at once; the Sentinels would do it after a while. */
  private async enlist(server: RedisServer): Promise<void> {
    const master = await this.master();
    if (master !== server) await server.command('REPLICAOF', '127.0.0.1', master.port);
  }

  private async master(): Promise<RedisServer> {
    const address = (await this.ask('GET-MASTER-ADDR-BY-NAME', 'main')) as [string, string];
    const master = this.servers.find(({ port }) => port === Number(address[1]));
    if (master === undefined) throw new Error(`The Sentinels name an unknown master: ${address.join(':')}`);
    return master;
  }

  private async replica({ dice }: Scene): Promise<RedisServer> {
    const master = await this.master();
    const [first, ...others] = this.servers.filter(server => server !== master);
    return dice.pick([first ?? master, ...others]);
  }

  /** How many replicas the Sentinels know, and of how many they think well. */
  private async replicasKnown(): Promise<[known: number, reachable: number]> {
    const replicas = (await this.ask('REPLICAS', 'main')) as string[][];
    const isDown = (replica: string[]) =>
      /down|disconnected/.test(replica[replica.indexOf('flags') + 1] ?? '');
    return [replicas.length, replicas.filter(replica => !isDown(replica)).length];
  }

  private async ask(...words: string[]): Promise<unknown> {
    const client = new Redis(this.sentinelPort, {
      lazyConnect: true,
      protocol: 2,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call('SENTINEL', ...words);
    } finally {
      client.disconnect();
    }
  }
}

/** A Sentinel; its configuration is a file that it rewrites. */
class Sentinel {
  static async start(masterPort: number): Promise<Sentinel> {
    const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-sentinel-'));
    const port = await freePort();
    const file = join(folder, 'sentinel.conf');
    const watch = `sentinel monitor main 127.0.0.1 ${masterPort} 2
sentinel down-after-milliseconds main ${DOWN_AFTER_MS}
sentinel failover-timeout main 3000`;
    await writeFile(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\n${watch}\n`);
    const signal = (name: string) => (pid: number) => ['kill', `-${name}`, `${pid}`];
    const process = new ServerProcess(
      {
        run: [redisProgram(), file, '--sentinel'],
        signals: pid => ({
          SIGTERM: signal('TERM')(pid),
          SIGKILL: signal('KILL')(pid),
          SIGSTOP: signal('STOP')(pid),
          SIGCONT: signal('CONT')(pid),
        }),
      },
      folder,
    );
    await eventually(() => process.output.includes('+monitor master main'), { what: 'the Sentinel watches' });
    return new Sentinel(port, folder, process);
  }

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly process: ServerProcess,
  ) {}

  async dispose(): Promise<void> {
    await this.process.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
