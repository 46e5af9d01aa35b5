import type { Cluster, Redis } from 'ioredis';

import { keySlot } from './key-slot.js';
import { isClusterClient, type Client } from './redis-client.js';

/** The client of the server that has a key. Throws while a Cluster does not know it. */
export function serverOf(client: Client, key: string): Redis {
  return isClusterClient(client) ? nodeOf(client, keySlot(key)) : client;
}

/** The client of the master that has a slot, one of those of the Cluster's own. Throws when it is not known. */
export function nodeOf(cluster: Cluster, slot: number): Redis {
  const [master] = cluster.slots[slot] ?? [];
  const node = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === master);
  if (node === undefined) throw new Error('the node that has the keys is not known');
  return node;
}
