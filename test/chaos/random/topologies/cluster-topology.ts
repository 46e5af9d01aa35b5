import { eventually } from '../../../support/eventually.js';
import { freePort } from '../../../support/free-port.js';
import type { RedisServer } from '../../../support/redis-server.js';
import { LossBook, seconds, someTime, type FaultKind, type Scene } from '../fault-kind.js';
import { mono } from '../mono.js';
import type { Network } from '../network.js';
import { redisProgram, startReplicated } from './replicated-server.js';
import type { Topology } from './topology.js';

const NODE_TIMEOUT_MS = 1500;
/** A master that is replaced may have acknowledged writes since it fell silent, and until it knows. */
const LOSS_BEFORE_MS = NODE_TIMEOUT_MS + 4000;
const LOSS_AFTER_MS = 10_000;
const POLL_MS = 500;
const WITHIN = { within: 60_000, every: 250 };
const LAST_SLOT = 16_383;

/** A Redis Cluster of three masters with a replica each. */
export class ClusterTopology implements Topology {
  readonly replicas = 1;
  private readonly book = new LossBook();
  private readonly polling: NodeJS.Timeout;
  private poll: Promise<void> | undefined;
  private lastOwner: string | undefined;

  static async start(key: string): Promise<ClusterTopology> {
    redisProgram();
    const nodes = await Promise.all([1, 2, 3, 4, 5, 6].map(startNode));
    const cluster = new ClusterTopology(nodes, key);
    await cluster.form();
    return cluster;
  }

  private constructor(
    private readonly nodes: readonly RedisServer[],
    private readonly key: string,
  ) {
    this.polling = setInterval(() => {
      this.poll ??= this.noteFailOver().finally(() => (this.poll = undefined));
    }, POLL_MS).unref();
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  get losses() {
    return this.book.losses;
  }

  redisFor(network: Network): object {
    const address = (port: number) => ({ host: '127.0.0.1', port: network.portOf(port) });
    return {
      nodes: this.ports.map(address),
      options: { natMap: Object.fromEntries(this.ports.map(port => [`127.0.0.1:${port}`, address(port)])) },
    };
  }

  readonly faults: readonly FaultKind[] = [
    this.killed("SIGKILL of the key's master", 4, () => this.owner()),
    this.silenced("SIGSTOP of the key's master", 4, () => this.owner()),
    this.killed('SIGKILL of a node', 2, async ({ dice }) => this.anyNode(dice)),
    this.silenced('SIGSTOP of a node', 1, async ({ dice }) => this.anyNode(dice)),
    {
      kind: 'Cluster fail-over',
      weight: 2,
      on: 'store',
      inflict: async scene => {
        scene.say('as an operator requests it');
        const view = await this.view();
        const master = view.find(({ owns }) => owns(this.slot));
        const replica = view.find(({ masterId }) => masterId === master?.id);
        await this.nodeOf(replica?.port)
          ?.command('CLUSTER', 'FAILOVER')
          .catch(() => undefined);
        await scene.hold(1000);
        await this.repaired();
      },
    },
  ];

  /** Waits until every node says that all is well: three masters with slots, three replicas in step. */
  async repaired(): Promise<void> {
    const isWell = async (node: RedisServer) => {
      const view = viewOf(String(await node.command('CLUSTER', 'NODES')));
      const masters = view.filter(({ isMaster, isSound, hasSlots }) => isMaster && isSound && hasSlots);
      const replicas = view.filter(({ masterId, isSound }) => masterId !== undefined && isSound);
      const info = String(await node.command('INFO', 'replication'));
      const inStep = /role:master/.test(info) || /master_link_status:up/.test(info);
      const state = String(await node.command('CLUSTER', 'INFO'));
      return masters.length === 3 && replicas.length === 3 && inStep && /cluster_state:ok/.test(state);
    };
    const isWhole = async () => (await Promise.all(this.nodes.map(isWell))).every(Boolean);
    await eventually(isWhole, { ...WITHIN, what: 'the Cluster has three masters with a replica each' });
  }

  async dispose(): Promise<void> {
    clearInterval(this.polling);
    await Promise.all(this.nodes.map(node => node.dispose()));
  }

  private async form(): Promise<void> {
    const [first, second, third, ...others] = this.nodes;
    if (first === undefined || second === undefined || third === undefined) return;
    const masters = [first, second, third];
    const third_ = Math.ceil(LAST_SLOT / 3);
    await Promise.all(
      this.nodes.map((node, index) => node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)),
    );
    for (const [index, node] of masters.entries()) {
      const from = index * third_;
      await node.command('CLUSTER', 'ADDSLOTSRANGE', from, index === 2 ? LAST_SLOT : from + third_ - 1);
    }
    for (const node of this.nodes.slice(1)) {
      await node.command('CLUSTER', 'MEET', '127.0.0.1', first.port, await busPortOf(first));
    }
    await eventually(
      async () =>
        (
          await Promise.all(
            this.nodes.map(async node => viewOf(String(await node.command('CLUSTER', 'NODES')))),
          )
        ).every(view => view.filter(({ isSound }) => isSound).length === this.nodes.length),
      { ...WITHIN, what: 'the nodes know each other' },
    );
    for (const [index, replica] of others.entries()) {
      const id = String(await masters[index]?.command('CLUSTER', 'MYID'));
      await eventually(async () => (await replica.command('CLUSTER', 'REPLICATE', id)) === 'OK', WITHIN);
    }
    await this.repaired();
  }

  private silenced(kind: string, weight: number, which: Choice): FaultKind {
    return {
      kind,
      weight,
      on: 'store',
      inflict: async scene => {
        const forMs = someTime(scene);
        scene.say(`for ${seconds(forMs)}`);
        const node = await which(scene);
        await node.pause();
        await scene.hold(forMs);
        await node.resume();
        await this.repaired();
      },
    };
  }

  private killed(kind: string, weight: number, which: Choice): FaultKind {
    return {
      kind,
      weight,
      on: 'store',
      inflict: async scene => {
        const downMs = someTime(scene);
        scene.say(`back after ${seconds(downMs)}`);
        const node = await which(scene);
        await node.kill();
        await scene.hold(downMs);
        await node.restart();
        await this.repaired();
      },
    };
  }

  private async owner(): Promise<RedisServer> {
    const owner = (await this.view()).find(({ owns }) => owns(this.slot));
    const node = this.nodeOf(owner?.port);
    if (node === undefined) throw new Error('No node of the Cluster owns the key.');
    return node;
  }

  private anyNode(dice: Scene['dice']): RedisServer {
    const [first, ...others] = this.nodes;
    if (first === undefined) throw new Error('The Cluster has no nodes.');
    return dice.pick([first, ...others]);
  }

  private nodeOf(port: number | undefined): RedisServer | undefined {
    return this.nodes.find(node => node.port === port);
  }

  private get slot(): number {
    return slotOf(this.key);
  }

  /** The view of the first node that answers; most nodes agree on it. */
  private async view(): Promise<NodeView[]> {
    const answers = this.nodes.map(async node => viewOf(String(await node.command('CLUSTER', 'NODES'))));
    return Promise.any(answers);
  }

  /** Notes every change of the master that owns the key, whatever brought it about. */
  private async noteFailOver(): Promise<void> {
    const owner = (await this.view().catch(() => [])).find(({ owns }) => owns(this.slot))?.id;
    if (owner === undefined) return;
    if (this.lastOwner !== undefined && this.lastOwner !== owner) {
      this.book.note('fail-over', mono() - LOSS_BEFORE_MS, mono() + LOSS_AFTER_MS);
    }
    this.lastOwner = owner;
  }
}

type Choice = (scene: Scene) => Promise<RedisServer>;

async function startNode(): Promise<RedisServer> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': await freePort(),
    'cluster-node-timeout': NODE_TIMEOUT_MS,
    'cluster-announce-ip': '127.0.0.1',
    'cluster-replica-validity-factor': 0,
    'cluster-allow-replica-migration': 'no',
  };
  return startReplicated(...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]));
}

async function busPortOf(node: RedisServer): Promise<number> {
  const [, port] = (await node.command('CONFIG', 'GET', 'cluster-port')) as [string, string];
  return Number(port);
}

/** One node in the eyes of another: a line of CLUSTER NODES. */
interface NodeView {
  readonly id: string;
  readonly port: number;
  readonly isMaster: boolean;
  readonly masterId: string | undefined;
  readonly isSound: boolean;
  readonly hasSlots: boolean;
  readonly owns: (slot: number) => boolean;
}

function viewOf(nodes: string): NodeView[] {
  return nodes
    .trim()
    .split('\n')
    .map(line => {
      const [id = '', address = '', flags = '', master = '-', , , , link = '', ...slots] = line.split(' ');
      const ranges = slots.map(range => range.split('-').map(Number));
      return {
        id,
        port: Number(/:(\d+)@/.exec(address)?.[1]),
        isMaster: flags.includes('master'),
        masterId: master === '-' ? undefined : master,
        isSound: !/fail|handshake|noaddr/.test(flags) && link === 'connected',
        hasSlots: slots.length > 0,
        owns: slot => ranges.some(([from = 0, to = from]) => from <= slot && slot <= to),
      };
    });
}

/** CRC16 (XMODEM) of the key, or of its hash tag. */
function slotOf(key: string): number {
  const tagged = /\{([^}]+)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const byte of Buffer.from(tagged)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc & LAST_SLOT;
}
