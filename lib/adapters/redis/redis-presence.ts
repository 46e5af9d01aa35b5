import type { Client } from './redis-client.js';

/**
 * Subscribes a connection to its candidate's channel of presence: when the process dies the kernel closes its
 * sockets, Redis drops the subscription, and the other candidates can see that it is gone. Nothing is ever
 * published there.
 *
 * That takes a connection on which a subscriber may go on sending commands (RESP3), to the one server that keeps
 * the lease (a Redis Cluster counts subscribers node by node). Where it is not so, or the server refuses, there is
 * no presence, and the lease works by its ttl alone.
 *
 * Settles when the subscription has been written, which need not have been answered; never rejects.
 */
export async function announcePresence(client: Client, channel: string): Promise<void> {
  if (client.isCluster) return;
  const reply: unknown = await client.call('HELLO').catch(() => undefined);
  if (protocolOf(reply) !== 3) return;
  client.subscribe(channel).catch(() => undefined);
}

/** The protocol that a connection speaks, as HELLO tells it: pairs of names and values. */
function protocolOf(reply: unknown): number | undefined {
  if (!Array.isArray(reply)) return undefined;
  return Number(reply[reply.findIndex(field => String(field) === 'proto') + 1]);
}
