import type { Client } from './redis-client.js';
import { isReplyError } from './redis-errors.js';

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
 *
 * @param onResult informed of why there is no presence, or of `undefined`: it is seen. Not when the connection breaks
 *   meanwhile
 */
export async function announcePresence(
  client: Client,
  channel: string,
  onResult: (reason: string | undefined) => void,
): Promise<void> {
  if (client.isCluster) return onResult('a Redis Cluster counts subscribers node by node');
  const refused =
    (command: string, why = '') =>
    (error: unknown) => {
      if (isReplyError(error)) onResult(`${command} was refused: ${why || error.message}`);
    };
  // No ACL can refuse it; a server before 6.2 takes none without a version.
  const reply: unknown = await client.call('HELLO').catch(refused('HELLO', 'Redis 6.2 or newer is needed'));
  if (reply === undefined) return;
  if (protocolOf(reply) !== 3)
    return onResult('the connection speaks RESP2; RESP3 needs ioredis 6 and Redis 6.2 or newer');
  client.subscribe(channel).catch(refused('SUBSCRIBE'));
  // As the scripts of the election do.
  const counted = client.call('PUBSUB', 'NUMSUB', channel).then(count => {
    onResult(isNone(count) ? 'PUBSUB NUMSUB does not count subscribers of this connection' : undefined);
  });
  counted.catch(refused('PUBSUB'));
}

/** The channel and how many subscribers it has: an array of both, or with RESP3 of some clients a map. */
function isNone(reply: unknown): boolean {
  return Array.isArray(reply) && Number(reply[1]) === 0;
}

/** The protocol of a connection, from the answer to HELLO: pairs of names and values. */
function protocolOf(reply: unknown): number | undefined {
  if (!Array.isArray(reply)) return undefined;
  return Number(reply[reply.findIndex(field => String(field) === 'proto') + 1]);
}
