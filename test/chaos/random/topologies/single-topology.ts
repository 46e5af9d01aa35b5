import { RedisServer } from '../../../support/redis-server.js';
import { LossBook, seconds, someTime, type FaultKind } from '../fault-kind.js';
import { mono } from '../mono.js';
import type { Network } from '../network.js';
import type { Topology } from './topology.js';

/** One server: it comes back from a crash with all it acknowledged, or with nothing. */
export class SingleTopology implements Topology {
  readonly replicas = 0;
  private readonly book = new LossBook();

  static async start(persistence: boolean): Promise<SingleTopology> {
    return new SingleTopology(await RedisServer.start({ persistence }), persistence);
  }

  private constructor(
    private readonly server: RedisServer,
    private readonly persistence: boolean,
  ) {}

  get ports(): number[] {
    return [this.server.port];
  }

  get losses() {
    return this.book.losses;
  }

  redisFor(network: Network): string {
    return `redis://127.0.0.1:${network.portOf(this.server.port)}`;
  }

  readonly faults: readonly FaultKind[] = [
    {
      kind: 'Redis SIGSTOP',
      weight: 4,
      on: 'store',
      inflict: async scene => {
        const forMs = someTime(scene);
        scene.say(`for ${seconds(forMs)}`);
        await this.server.pause();
        await scene.hold(forMs);
        await this.server.resume();
      },
    },
    {
      kind: 'Redis SIGKILL',
      weight: 3,
      on: 'store',
      inflict: async scene => {
        const downMs = someTime(scene);
        const memory = this.persistence ? 'with its memory' : 'empty';
        scene.say(`back after ${seconds(downMs)}, ${memory}`);
        if (!this.persistence) await scene.remember();
        const diedAt = mono();
        await this.server.kill();
        await scene.hold(downMs);
        await this.server.restart();
        if (!this.persistence) this.book.note('empty', diedAt, mono());
      },
    },
    {
      kind: 'Redis drops all clients',
      weight: 1,
      on: 'store',
      inflict: async scene => {
        scene.say('once');
        await this.server.command('CLIENT', 'KILL', 'TYPE', 'normal');
        await this.server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await scene.hold(200);
      },
    },
  ];

  async repaired(): Promise<void> {
    await this.server.command('PING');
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
  }
}
