import { printAs } from '../../../core/errors/print-as.js';
import type { Timer } from '../../../ports/clock.js';
import { serverOf } from './cluster-node.js';
import { connectionOf, type ConnectionOptions } from './create-connection.js';
import { connectTimeoutOf, createClient, createClientLike, type Client } from './redis-client.js';
import type { RedisConnection } from './redis-connection.js';
import { isReplyError } from './redis-errors.js';

/** The reason for no presence on a server, or a proxy, that does not count what subscribes there. */
export const UNCOUNTED = 'PUBSUB NUMSUB does not count subscribers of this connection';
/** The first attempts may take this many connect timeouts before it is said that there is no presence. */
const FIRST_TIMEOUTS = 4;
/** The first acquisition waits for it for this time at most, ms: a term that begins with presence is known to have it. */
const AWAITED_MS = 200;
/** How often in a row it is opened anew because the server does not see it, before it is given up. */
const MOST_UNSEEN = 3;

export interface PresenceConnectionDeps extends ConnectionOptions {
  /** Carries the lease: in a Cluster it knows the node that has it. */
  readonly election: RedisConnection;
  readonly channel: string;
  /** See `RedisPresenceDeps`. */
  readonly onResult: (reason: string | undefined) => void;
  /** See `PresenceListener`. */
  readonly onLost: () => void;
  readonly onFound: () => void;
}

/**
 * A connection that shows that this process lives, and does nothing else.
 *
 * It may drop while the process and the connection that carries the lease are in order, and that must cost no term:
 *  - when it closes, its owner renews at once: the renewal clears a finding of others, and records that there is no
 *    presence to judge by, until it is back;
 *  - a candidate that does not see the holder publishes that, and the holder renews at once: it may not know that the
 *    server has dropped the connection, or that the keys have moved to another server;
 *  - each script that records the presence answers whether it saw it: where it did not, although the connection is
 *    open, the connection is opened anew, in a Cluster to the node that has the keys by then.
 * In a Cluster scripts count only the subscribers of their own node: the master that has the keys is subscribed at.
 */
export class PresenceConnection {
  isGivenUp = false;
  private readonly connection: RedisConnection;
  /** Whether the term may say that this process is present. */
  private isRecorded = false;
  private isCounted = false;
  private unseen = 0;
  private failure = 'no answer in time';
  private readonly limit: Timer;
  private readonly wait: Timer;
  private noteSettled = (): void => undefined;

  /** Resolves when the first attempt has succeeded or failed, or takes long: the lease waits for it no more. */
  readonly settled = new Promise<void>(resolve => (this.noteSettled = resolve));

  /** Throws when no client can be made. */
  constructor(private readonly deps: PresenceConnectionDeps) {
    // The options hold passwords.
    printAs(this, () => 'PresenceConnection');
    this.connection = connectionOf(
      () => this.make(),
      client => this.subscribe(client),
      deps,
    );
    this.connection.watch({
      onOpen: () => this.onOpen(),
      onClose: ({ problem }) => this.onClose(problem),
    });
    const limitMs = FIRST_TIMEOUTS * connectTimeoutOf(deps.commandTimeoutMs);
    this.limit = deps.clock.timer(limitMs, () =>
      deps.onResult(`its connection could not be opened: ${this.failure}`),
    );
    this.wait = deps.clock.timer(AWAITED_MS, this.noteSettled);
    this.connection.open();
  }

  /** A script is being sent that records whether the server sees it. The result takes the answer. */
  asked(): (isSeen: boolean) => void {
    const { isOpen, epoch } = this.connection;
    if (isOpen) this.isRecorded = true;
    return isSeen => {
      this.isRecorded = isSeen;
      if (isSeen) this.onSeen();
      else if (isOpen && this.connection.isOpen && this.connection.epoch === epoch) this.onUnseen();
    };
  }

  close(): Promise<void> {
    this.isGivenUp = true;
    this.limit.cancel();
    this.wait.cancel();
    this.noteSettled();
    return this.connection.close();
  }

  private make(): Client {
    const { redis, election, leaseKey, commandTimeoutMs } = this.deps;
    const { client } = election;
    if (!client.isCluster) return createClient(redis, 'presence', commandTimeoutMs);
    return createClientLike(serverOf(client, leaseKey), 'presence', commandTimeoutMs);
  }

  private async subscribe(client: Client): Promise<void> {
    try {
      await client.subscribe(this.deps.channel);
    } catch (error) {
      if (isRefusal(error)) this.giveUp(`SUBSCRIBE was refused: ${error.message}`);
      throw error;
    }
  }

  private onOpen(): void {
    this.limit.cancel();
    this.noteSettled();
    this.deps.onFound();
    if (!this.isCounted) this.count().catch((error: unknown) => this.deps.onBug?.(error));
  }

  private onClose(problem: string): void {
    this.failure = problem;
    this.noteSettled();
    if (!this.isRecorded) return;
    this.isRecorded = false;
    this.deps.onLost();
  }

  /** On the server that executes the scripts of the election, as they do. */
  private async count(): Promise<void> {
    const { election, channel, leaseKey, onResult } = this.deps;
    try {
      const count: unknown = await serverOf(election.client, leaseKey).call('PUBSUB', 'NUMSUB', channel);
      this.isCounted = !isUncounted(count);
      onResult(this.isCounted ? undefined : UNCOUNTED);
    } catch (error) {
      if (isReplyError(error)) this.giveUp(`PUBSUB was refused: ${error.message}`);
    }
  }

  private onSeen(): void {
    this.unseen = 0;
    // The count may have got no answer.
    if (!this.isCounted) this.deps.onResult(undefined);
    this.isCounted = true;
  }

  private onUnseen(): void {
    this.unseen += 1;
    if (this.unseen > MOST_UNSEEN) this.giveUp(UNCOUNTED);
    else this.connection.reopen();
  }

  private giveUp(reason: string): void {
    this.deps.onResult(reason);
    this.close().catch(() => undefined);
  }
}

/** Whether the server counts no subscriber: the answer is the channel and its subscribers, or with RESP3 of some clients a map. */
export function isUncounted(reply: unknown): boolean {
  return Array.isArray(reply) && Number(reply[1]) === 0;
}

/** Whether it will be refused again: for want of rights, or by a server that does not know the command. */
function isRefusal(error: unknown): error is Error {
  return isReplyError(error) && /^NOPERM|unknown command/.test(error.message);
}
