import { errorFacts } from '../../../core/errors/error-facts.js';
import { printAs } from '../../../core/errors/print-as.js';
import type { ConnectionOptions } from './create-connection.js';
import { isUncounted, PresenceConnection, UNCOUNTED } from './presence-connection.js';
import type { Client } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { isReplyError } from './redis-errors.js';

export interface RedisPresenceDeps extends Omit<ConnectionOptions, 'invalid'> {
  readonly channel: string;
  /** Informed of why there is no presence, or of `undefined`: it is seen. Not while a connection breaks. */
  readonly onResult: (reason: string | undefined) => void;
}

/** Informed of the presence where a connection of its own shows it. */
export interface PresenceListener {
  /** It was seen by the server, or may have been, and is no more. */
  readonly onLost: () => void;
  /** It is there (again). */
  readonly onFound: () => void;
}

/** Receives whether the server has seen the presence when it executed a script. */
export type SeenReceiver = (isSeen: boolean) => void;

/**
 * Keeps a subscription to the channel of presence of this candidate: when the process dies the kernel closes its
 * sockets, Redis drops the subscription, and the other candidates can see that it is gone. Nothing is ever
 * published there.
 *
 * Where a subscriber may go on to send commands (RESP3), the connection that carries the lease subscribes: its end
 * suspends the trust of a leader. With RESP2 (ioredis 5), and in a Cluster, a connection of its own does. Where the
 * server refuses, there is no presence, and the lease works by its ttl alone.
 */
export class RedisPresence {
  private own: PresenceConnection | undefined;
  private listener: PresenceListener | undefined;
  private isClosed = false;

  constructor(private readonly deps: RedisPresenceDeps) {
    // The options hold passwords.
    printAs(this, () => 'RedisPresence');
  }

  watch(listener: PresenceListener): void {
    this.listener = listener;
  }

  /**
   * Announces the presence, before anything else is asked on a new connection that carries the lease. Settles when what
   * is sent on this connection has been written, which need not have been answered, and the first time when a connection
   * of its own is open, if that is soon; never rejects.
   */
  async announce(client: Client, election: RedisConnection): Promise<void> {
    // Its nodes have connections of their own.
    const protocol = client.isCluster ? 2 : await protocolOf(client);
    if (protocol === undefined || this.isClosed) return;
    if (protocol === 3) return this.subscribe(client);
    if (this.own?.isGivenUp === false) return;
    this.own = this.connect(election);
    await this.own?.settled;
  }

  /** A script is being sent that records whether the server sees the presence. */
  asked(): SeenReceiver {
    return this.own?.asked() ?? (() => undefined);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.own?.close();
  }

  private subscribe(client: Client): void {
    const { channel, onResult } = this.deps;
    this.own?.close().catch(() => undefined);
    this.own = undefined;
    const refused = (command: string) => (error: unknown) => {
      if (isReplyError(error)) onResult(`${command} was refused: ${error.message}`);
    };
    client.subscribe(channel).catch(refused('SUBSCRIBE'));
    // As the scripts of the election do.
    const counted = client.call('PUBSUB', 'NUMSUB', channel).then(count => {
      onResult(isUncounted(count) ? UNCOUNTED : undefined);
    });
    counted.catch(refused('PUBSUB'));
  }

  /** A factory may have no client for it: that costs the presence alone. */
  private connect(election: RedisConnection): PresenceConnection | undefined {
    try {
      return new PresenceConnection({
        ...this.deps,
        election,
        onLost: () => this.listener?.onLost(),
        onFound: () => this.listener?.onFound(),
      });
    } catch (cause) {
      this.deps.onResult(`a connection of its own could not be made: ${errorFacts(cause).errorMessage}`);
      return undefined;
    }
  }
}

/**
 * The protocol of a connection: no ACL can refuse HELLO, and a server before 6.2 takes none without a version.
 * `undefined` when the connection breaks.
 */
async function protocolOf(client: Client): Promise<number | undefined> {
  try {
    const reply: unknown = await client.call('HELLO');
    return Array.isArray(reply) && Number(reply[reply.findIndex(isProtocol) + 1]) === 3 ? 3 : 2;
  } catch (error) {
    return isReplyError(error) ? 2 : undefined;
  }
}

/** The answer to HELLO is pairs of names and values. */
function isProtocol(field: unknown): boolean {
  return String(field) === 'proto';
}
