import type { Clock } from '../../../ports/clock.js';
import { parseEvent } from '../codec/lease-codec.js';
import type { RedisConnection } from './redis-connection.js';

/** A connection that has received nothing for this time is probed, so that none stays silent for ever. */
const PROBE_MS = 300_000;

/**
 * Judges the connection that only listens by answers too: nothing is pending there, so a half-open one would stay
 * unnoticed. It is asked to subscribe once more, which changes nothing; without an answer it is replaced.
 *
 * There is no timer, and next to no command: it is asked when the election takes its turn anyway and
 *  - the pod has begun to lead, which is when signals matter most, or another one has: it may have resigned unheard,
 *  - a signal was missed: there are more requests than before, and none was notified,
 *  - nothing was received for five minutes.
 */
export class EventsProbe {
  private receivedMono: number;
  private isAsking = false;
  /** How many requests waited when they were last counted. */
  private requests = 0;
  /** Token of the term that another pod was found to be in. */
  private followed: number | undefined;
  /** Whether a request was notified since. */
  private isNotified = false;

  constructor(
    private readonly events: RedisConnection,
    private readonly channel: string,
    private readonly clock: Clock,
  ) {
    this.receivedMono = clock.now().monoMs;
    events.watch({ onOpen: () => this.received(), onMessage: message => this.onMessage(message) });
  }

  onAcquired(): void {
    this.requests = 0;
    this.ask();
  }

  /** @param requests how many wait */
  onRenewed(requests: number): void {
    const isMissed = requests > this.requests && !this.isNotified;
    this.requests = requests;
    this.isNotified = false;
    if (isMissed) this.ask();
    else this.onTurn();
  }

  /** A follower has requested the lease. @param token of the term that holds it, if any */
  onFollowing(token: number | undefined): void {
    const isAnother = this.followed !== undefined && token !== undefined && token !== this.followed;
    this.followed = token ?? this.followed;
    if (isAnother) this.ask();
    else this.onTurn();
  }

  private onTurn(): void {
    if (this.clock.now().monoMs - this.receivedMono > PROBE_MS) this.ask();
  }

  private onMessage(message: string): void {
    if (parseEvent(message)?.kind === 'run-requested') this.isNotified = true;
    this.received();
  }

  private ask(): void {
    // One that is not open is being opened, with the same question.
    if (this.isAsking || !this.events.isOpen) return;
    this.isAsking = true;
    const { signal } = new AbortController();
    // Silence is noticed by the connection.
    this.events.send(client => client.subscribe(this.channel), signal).then(this.onSettled, this.onSettled);
  }

  private readonly onSettled = (): void => {
    this.isAsking = false;
    this.received();
  };

  private received(): void {
    this.receivedMono = this.clock.now().monoMs;
  }
}
