import { eventually } from './eventually.js';
import { RedisServer } from './redis-server.js';
import { SECOND } from './durations.js';

const OPTIONS = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
const WITHIN = { within: 20 * SECOND };

/** A Redis Cluster of two masters, of which the first has all slots. */
export class TwoNodeCluster {
  static async start(): Promise<TwoNodeCluster> {
    const from = await RedisServer.start({ args: OPTIONS });
    const to = await RedisServer.start({ args: OPTIONS });
    await from.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await from.command('CLUSTER', 'MEET', '127.0.0.1', String(to.port));
    for (const node of [from, to])
      await eventually(async () => {
        const info = String(await node.command('CLUSTER', 'INFO'));
        return /cluster_state:ok/.test(info) && /cluster_known_nodes:2/.test(info);
      }, WITHIN);
    return new TwoNodeCluster(from, to);
  }

  private constructor(
    readonly from: RedisServer,
    readonly to: RedisServer,
  ) {}

  get nodes(): readonly RedisServer[] {
    return [this.from, this.to];
  }

  /** The slot of a key begins to move from the first node to the second one. */
  async beginToMove(key: string): Promise<SlotMove> {
    const slot = String(await this.from.command('CLUSTER', 'KEYSLOT', key));
    const [source, target] = await Promise.all(
      this.nodes.map(async node => String(await node.command('CLUSTER', 'MYID'))),
    );
    await this.to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', source ?? '');
    await this.from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', target ?? '');
    return new SlotMove(this, slot, target ?? '');
  }

  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.dispose()));
  }
}

/** A slot on its way to the second node. */
export class SlotMove {
  constructor(
    private readonly cluster: TwoNodeCluster,
    private readonly slot: string,
    private readonly target: string,
  ) {}

  /** Moves this number of keys of it, at most. Answers whether none is left. */
  async keys(count: number): Promise<boolean> {
    const { from, to } = this.cluster;
    const names = await from.command('CLUSTER', 'GETKEYSINSLOT', this.slot, String(count));
    const keys = Array.isArray(names) ? names.map(String) : [];
    for (const key of keys) await from.command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '1000');
    return keys.length < count;
  }

  /** How many of its keys are on the second node. */
  async moved(): Promise<number> {
    return Number(await this.cluster.to.command('CLUSTER', 'COUNTKEYSINSLOT', this.slot));
  }

  /** Moves the rest: the second node has the slot then. */
  async end(): Promise<void> {
    await eventually(async () => this.keys(10), WITHIN);
    for (const node of this.cluster.nodes)
      await node.command('CLUSTER', 'SETSLOT', this.slot, 'NODE', this.target);
  }
}
