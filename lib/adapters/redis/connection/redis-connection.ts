import { setMaxListeners } from 'node:events';

import { printAs } from '../../../core/errors/print-as.js';
import type { Clock } from '../../../ports/clock.js';
import { AnswerWatch } from './answer-watch.js';
import { InvalidValues } from '../codec/invalid-values.js';
import type { Client } from './redis-client.js';
import { isOffline, isReplyError, unavailable } from './redis-errors.js';
import { RedisLink, type LinkListener } from './redis-link.js';
import { run, type Script } from '../redis-scripts.js';

export interface RedisConnectionDeps {
  /** Makes a client that is not open yet, whenever one is needed. */
  readonly make: () => Client;
  /** The first commands on every new connection, see `RedisLink`. */
  readonly verify: (client: Client) => Promise<unknown>;
  readonly clock: Clock;
  /** How long one attempt to open it may take, the first commands included, ms. */
  readonly openLimitMs: number;
  /** How long a command may be pending while nothing is answered before the client is replaced, ms. */
  readonly silenceMs: number;
  /** Informed of values in the answers of scripts that no script has written. */
  readonly invalid?: InvalidValues | undefined;
  /** Receives errors of this package's own code. @default they are thrown, uncaught */
  readonly onBug?: ((error: unknown) => void) | undefined;
}

/** One connection for scripts: it fails fast, comes back by itself, and is replaced when it does not answer. */
export class RedisConnection {
  private readonly link: RedisLink;
  private readonly answers: AnswerWatch;
  private readonly invalid: InvalidValues;
  private noteFirst = (): void => undefined;

  /** Resolves when it has been opened for the first time. */
  readonly opened = new Promise<void>(resolve => (this.noteFirst = resolve));

  constructor({ make, verify, clock, openLimitMs, silenceMs, invalid, onBug }: RedisConnectionDeps) {
    // Its clients hold passwords, and so do their sockets.
    printAs(this, () => 'RedisConnection');
    this.invalid = invalid ?? new InvalidValues();
    this.link = new RedisLink({ make, verify, clock, openLimitMs, onBug: onBug ?? throwUncaught });
    this.answers = new AnswerWatch(clock, silenceMs, () =>
      this.link.replace(new Error(`there was no answer for ${Math.round(silenceMs)} ms`)),
    );
    this.link.watch({ onOpen: () => this.noteFirst(), onClose: () => this.answers.reset() });
  }

  /** The client of now: never keep it. */
  get client(): Client {
    return this.link.client;
  }

  get isOpen(): boolean {
    return this.link.isOpen;
  }

  /** Changes whenever the connection is opened anew. */
  get epoch(): number {
    return this.link.epoch;
  }

  watch(listener: LinkListener): void {
    this.link.watch(listener);
  }

  /** Opens the connection; it comes back by itself from then on. */
  open(): void {
    this.link.open();
  }

  /**
   * Runs a script. Rejects with `StoreUnavailableError` on any failure. The signal ends the wait for the answer.
   *
   * @param server instead of whichever node of a Cluster has the keys
   */
  async ask(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
    server?: Client,
  ): Promise<unknown> {
    return this.invalid.takeFrom(
      await this.send(client => run(server ?? client, script, keys, args), signal),
    );
  }

  /** Sends any command, on the same terms. */
  async send<Reply>(command: (client: Client) => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
    const usable = this.usable(signal);
    const client = usable instanceof Promise ? await usable : usable;
    const { epoch } = this;
    const ended = (isAnswered: boolean): void => {
      if (this.epoch === epoch && this.isOpen) this.answers.ended(isAnswered);
    };
    this.answers.sent();
    try {
      const reply = await command(client);
      ended(true);
      return reply;
    } catch (cause) {
      ended(isReplyError(cause));
      if (isOffline(cause)) this.link.doubt(client, cause);
      throw unavailable(isOffline(cause) ? (this.link.reason ?? cause) : cause);
    }
  }

  /**
   * Opens it anew whenever another one has been, unless it has been itself meanwhile. Where a name stands for another
   * server now, connections to the old one may stay open; all of a process are to lead to the same.
   */
  follow(other: RedisConnection): void {
    let epoch: number | undefined;
    other.watch({
      onClose: () => (epoch ??= this.epoch),
      onOpen: () => {
        if (epoch === this.epoch) this.reopen();
        epoch = undefined;
      },
    });
  }

  /** Opens it anew, though nothing is known to be wrong with it; nothing when it is not open. */
  reopen(): void {
    this.answers.reset();
    this.link.reopen();
  }

  close(): Promise<void> {
    this.answers.reset();
    return this.link.close();
  }

  private usable(signal: AbortSignal): Client | Promise<Client> {
    // Commands that are sent together share one signal.
    setMaxListeners(0, signal);
    return this.link.usable(signal);
  }
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
