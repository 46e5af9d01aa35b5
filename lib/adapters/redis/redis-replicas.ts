import type { Cluster, Redis } from 'ioredis';

import type { RedisConnection } from './redis-connection.js';

/** What was answered, and, if the replicas may not have it, why. */
export interface Confirmed<Answers> {
  readonly answers: Answers;
  readonly doubt: string | undefined;
}

/**
 * Strict mode: what was granted counts only when every replica that may be promoted has it. WAIT speaks of the
 * connection that wrote, so it goes over the same one, and a connection opened anew in between confirms nothing.
 */
export class RedisReplicas {
  /** The most replicas that the server was seen to have: one that is away may come back, and be promoted. */
  private seen = 1;

  constructor(
    private readonly connection: RedisConnection,
    private readonly key: string,
    private readonly wanted: () => number | undefined,
    private readonly commandTimeoutMs: number,
  ) {}

  /** Asks, and if something was granted, waits for the replicas. Rejects only when asking does. */
  async confirm<Answers>(
    ask: () => Promise<Answers>,
    isGranted: (answers: Answers) => boolean,
    signal: AbortSignal,
  ): Promise<Confirmed<Answers>> {
    const wanted = this.wanted();
    if (wanted === undefined) return { answers: await ask(), doubt: undefined };
    const { epoch } = this.connection;
    const [answers] = await Promise.all([ask(), this.look(signal)]);
    if (!isGranted(answers)) return { answers, doubt: undefined };
    const needed = Math.max(wanted, this.seen);
    const acks = await this.wait(needed, signal);
    const isSure = acks >= needed && this.connection.epoch === epoch;
    return {
      answers,
      doubt: isSure ? undefined : `Only ${acks} of ${needed} replicas are known to have the claim`,
    };
  }

  /** Where the server does not tell (an ACL), the number that was configured has to do. */
  private async look(signal: AbortSignal): Promise<void> {
    const info = await this.onServer(server => server.info('replication'), signal).catch(() => '');
    const [, count = '0'] = /^connected_slaves:(\d+)/m.exec(info) ?? [];
    this.seen = Math.max(this.seen, Number(count));
  }

  /** Half of what the asker waits: the other half is for giving back what was not confirmed, and for saying so. */
  private async wait(replicas: number, signal: AbortSignal): Promise<number> {
    const timeoutMs = Math.max(1, Math.floor(this.commandTimeoutMs / 2));
    return this.onServer(server => server.wait(replicas, timeoutMs), signal).catch(() => 0);
  }

  /** In a Cluster it is the node of our slot that is asked, over the connection that carries our scripts. */
  private onServer<Reply>(ask: (server: Redis) => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    const { client } = this.connection;
    return this.connection.send(
      async () => ask(client.isCluster ? await nodeOf(client as Cluster, this.key) : (client as Redis)),
      signal,
    );
  }
}

async function nodeOf(cluster: Cluster, key: string): Promise<Redis> {
  const slot = Number(await cluster.cluster('KEYSLOT', key));
  const [master] = cluster.slots[slot] ?? [];
  const node = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === master);
  if (node === undefined) throw new Error('the node that has the keys is not known');
  return node;
}
