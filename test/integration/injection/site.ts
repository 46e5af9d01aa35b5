import { Cluster, Redis } from 'ioredis';

import type { RedisInput } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { RedisServer } from '../../support/redis-server.js';

/** A Redis for applications, and for the test that writes bad values into it. */
export interface Site {
  readonly input: RedisInput;
  /** The ports of its nodes. */
  readonly ports: readonly number[];
  readonly connect: () => Redis | Cluster;
  readonly dispose: () => Promise<void>;
}

export const IS_CLUSTER = process.env['INJECTION_TOPOLOGY'] === 'cluster';

/** One server; with `INJECTION_TOPOLOGY=cluster` a Cluster of three masters. */
export function startSite(): Promise<Site> {
  return IS_CLUSTER ? startCluster() : startSingle();
}

async function startSingle(): Promise<Site> {
  const server = await RedisServer.start();
  return {
    input: server.url,
    ports: [server.port],
    connect: () => new Redis(server.url),
    dispose: () => server.dispose(),
  };
}

const SLOTS = [
  ['0', '5460'],
  ['5461', '10922'],
  ['10923', '16383'],
] as const;
const ADDRESS = '127.0.0.1';

async function startCluster(): Promise<Site> {
  const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', ADDRESS];
  const nodes: RedisServer[] = [];
  for (const [from, to] of SLOTS) {
    const node = await RedisServer.start({ args });
    nodes.push(node);
    await node.command('CLUSTER', 'ADDSLOTSRANGE', from, to);
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(nodes.length));
    await node.command('CLUSTER', 'MEET', ADDRESS, String(nodes[0]?.port));
  }
  const isWhole = async (node: RedisServer) => {
    const facts = String(await node.command('CLUSTER', 'INFO'));
    return /cluster_state:ok/.test(facts) && /cluster_known_nodes:3/.test(facts);
  };
  await eventually(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean), {
    within: 30_000,
    what: 'the nodes are one Cluster',
  });
  const hosts = nodes.map(({ port }) => ({ host: ADDRESS, port }));
  return {
    input: { nodes: hosts },
    ports: nodes.map(({ port }) => port),
    connect: () => new Cluster(hosts),
    dispose: async () => void (await Promise.all(nodes.map(node => node.dispose()))),
  };
}
