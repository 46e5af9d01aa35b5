import type { Cluster, Redis } from 'ioredis';

import { nodeOf } from './cluster-node.js';
import type { Client } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';

/** An answer, and the reason if the replicas may not have the write. */
export interface Confirmed<Answers> {
  readonly answers: Answers;
  readonly doubt: string | undefined;
}

/** The one server that is asked, and how often its connection has closed. */
interface Server {
  readonly redis: Redis;
  readonly closings: () => number;
}

/** A replica that is away for longer was removed, or will have to copy everything before it is promoted. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * Strict mode: a grant counts only when every replica that may be promoted has it. WAIT counts the writes of its own
 * connection, so it is sent over the connection that wrote: in a Cluster, too, where a fail-over in between would send
 * it to another node, which has no write of it and confirms at once. A connection that was reopened confirms nothing.
 */
export class RedisReplicas {
  /** The most replicas that the server was seen to have of late: one that is away may come back, and be promoted. */
  private most = 0;
  private mostAt = -Infinity;
  /** Of the keys, in a Cluster. */
  private slot: number | undefined;
  private readonly closings = new WeakMap<Redis, number>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly key: string,
    private readonly wanted: () => number | undefined,
    private readonly commandTimeoutMs: number,
  ) {}

  /** Asks a server, and if something was granted, waits for its replicas. Rejects only when asking does. */
  async confirm<Answers>(
    ask: (server: Client | undefined) => Promise<Answers>,
    isGranted: (answers: Answers) => boolean,
    signal: AbortSignal,
  ): Promise<Confirmed<Answers>> {
    const wanted = this.wanted();
    if (wanted === undefined) return { answers: await ask(undefined), doubt: undefined };
    const { redis, closings } = await this.connection.send(client => this.server(client), signal);
    const before = closings();
    const [answers] = await Promise.all([this.asked(() => ask(redis)), this.countReplicas(redis, signal)]);
    if (!isGranted(answers)) return { answers, doubt: undefined };
    const asked = Math.max(1, wanted, this.most);
    // Counted again with the answer: a replica that has joined meanwhile may have confirmed instead of another one.
    const [acks] = await Promise.all([this.wait(redis, asked, signal), this.countReplicas(redis, signal)]);
    const needed = Math.max(asked, this.most);
    const isSure = acks >= needed && closings() === before;
    return {
      answers,
      doubt: isSure ? undefined : `Only ${acks} of ${needed} replicas are known to have the claim`,
    };
  }

  /** A single node does not follow its keys to the node they have moved to: the Cluster reads its slots again. */
  private async asked<Answers>(ask: () => Promise<Answers>): Promise<Answers> {
    const { client } = this.connection;
    try {
      return await ask();
    } catch (error) {
      if (client.isCluster) (client as Cluster).refreshSlotsCache();
      throw error;
    }
  }

  /** Where an ACL hides the number of replicas, the configured number is used. */
  private async countReplicas(redis: Redis, signal: AbortSignal): Promise<void> {
    const info = await this.connection.send(() => redis.info('replication'), signal).catch(() => '');
    const [, count] = /^connected_slaves:(\d+)/m.exec(info) ?? [];
    const isForgotten = performance.now() - this.mostAt > REMEMBERED_MS;
    if (count === undefined || (Number(count) < this.most && !isForgotten)) return;
    this.most = Number(count);
    this.mostAt = performance.now();
  }

  /** Half of the caller's time limit: the other half is for the release of an unconfirmed claim, and for the answer. */
  private async wait(redis: Redis, replicas: number, signal: AbortSignal): Promise<number> {
    const timeoutMs = Math.max(1, Math.floor(this.commandTimeoutMs / 2));
    return this.connection.send(() => redis.wait(replicas, timeoutMs), signal).catch(() => 0);
  }

  private async server(client: Client): Promise<Server> {
    if (!client.isCluster) return { redis: client as Redis, closings: () => this.connection.epoch };
    const cluster = client as Cluster;
    this.slot ??= Number(await cluster.cluster('KEYSLOT', this.key));
    const redis = nodeOf(cluster, this.slot);
    if (!this.closings.has(redis)) {
      this.closings.set(redis, 0);
      redis.on('close', () => this.closings.set(redis, (this.closings.get(redis) ?? 0) + 1));
    }
    return { redis, closings: () => this.closings.get(redis) ?? 0 };
  }
}
