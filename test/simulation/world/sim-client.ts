import type { Timer } from '../../../lib/ports/clock.js';
import { RedisError, type Reply } from '../redis-double/reply.js';
import {
  defaultRetry,
  plain,
  replyError,
  type Connect,
  type SimClientOptions,
} from './sim-client-options.js';
import { SimCommands, type Command } from './sim-commands.js';
import type { SimConnection } from './sim-connection.js';
import type { SimProcess } from './sim-process.js';

type Status_ = 'wait' | 'connecting' | 'connect' | 'ready' | 'close' | 'reconnecting' | 'end';

/** An ioredis client as the adapters see it: its states, its events, its ways to fail. */
export class SimClient extends SimCommands {
  status: Status_ = 'wait';
  readonly isCluster = false;
  private connection: SimConnection | undefined;
  private queue: Command[] = [];
  private unfulfilled: Command[] = [];
  private offline: Command[] = [];
  private channels = new Set<string>();
  private previousChannels: readonly string[] = [];
  private protocol: 2 | 3 = 3;
  private retries = 0;
  private isClosingByHand = false;
  private reconnecting: Timer | undefined;

  constructor(
    private readonly process: SimProcess,
    private readonly open: Connect,
    readonly options: SimClientOptions,
  ) {
    super();
  }

  connect(): Promise<void> {
    if (this.status === 'connecting' || this.status === 'connect' || this.status === 'ready')
      return Promise.reject(new Error('Redis is already connecting/connected'));
    this.protocol = this.options.protocol ?? 3;
    this.setStatus('connecting');
    const limit = this.process.timer(this.options.connectTimeout ?? 10_000, () =>
      connection.destroy(
        Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'connect' }),
      ),
    );
    const connection: SimConnection = this.open({
      onOpen: () => {
        limit.cancel();
        void this.shakeHands(connection);
      },
      onReply: reply => this.onReply(connection, reply),
      onMessage: (channel, message) => this.onMessage(connection, channel, message),
      onClose: error => {
        limit.cancel();
        if (this.connection === connection) this.onClose(error);
      },
    });
    this.connection = connection;
    return new Promise((resolve, reject) => {
      const onReady = (): void => {
        this.removeListener('close', onClosed);
        resolve();
      };
      const onClosed = (): void => {
        this.removeListener('ready', onReady);
        reject(new Error('Connection is closed.'));
      };
      this.once('ready', onReady);
      this.once('close', onClosed);
    });
  }

  disconnect(reconnect = false): void {
    if (!reconnect) {
      this.isClosingByHand = true;
      this.reconnecting?.cancel();
      this.reconnecting = undefined;
    }
    if (this.status === 'wait') return this.onClose(undefined);
    const { connection } = this;
    if (connection === undefined) return;
    this.process.timer(this.options.disconnectTimeout ?? 2000, () => connection.destroy());
    connection.end();
  }

  duplicate(): never {
    throw new Error('A simulated client is made by the factory of its pod');
  }

  /** HELLO and the rest of what ioredis says first; then the client is ready. */
  private async shakeHands(connection: SimConnection): Promise<void> {
    this.setStatus('connect');
    const words = [
      ...(this.protocol === 3 ? [['HELLO', '3']] : []),
      ['CLIENT', 'SETNAME', 'sim'],
      ['CLIENT', 'SETINFO'],
    ];
    const answers = await Promise.allSettled(words.map(args => this.handshake(connection, args)));
    if (this.connection !== connection || this.status !== 'connect') return;
    const [hello] = answers;
    if (this.protocol === 3 && hello?.status === 'rejected') {
      const error = hello.reason instanceof Error ? hello.reason : new Error(String(hello.reason));
      if (!/NOPROTO|unknown command/.test(error.message)) return this.failFatally(error);
      this.protocol = 2;
      return this.shakeHands(connection);
    }
    this.onReady();
  }

  private handshake(connection: SimConnection, args: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) =>
      this.write(connection, { args, resolve, reject, timeout: undefined }),
    );
  }

  private failFatally(error: Error): void {
    this.flush(error);
    this.emitError(error);
    this.disconnect(true);
  }

  private onReady(): void {
    this.retries = 0;
    this.status = 'ready';
    const channels = this.previousChannels;
    this.previousChannels = [];
    if (channels.length > 0 && this.options.autoResubscribe !== false)
      this.subscribe(...channels).catch(() => undefined);
    const again = [
      ...(this.options.autoResendUnfulfilledCommands === false ? [] : this.unfulfilled),
      ...this.offline,
    ];
    this.unfulfilled = [];
    this.offline = [];
    for (const command of again) this.send(command);
    this.emit('ready');
  }

  protected override send(command: Command): void {
    if (this.status === 'wait') this.connect().catch(() => undefined);
    if (this.status === 'end') return command.reject(new Error('Connection is closed.'));
    const isSubscriber = this.protocol === 2 && this.channels.size > 0;
    if (isSubscriber && !/SUBSCRIBE|PING/.test(command.args[0] ?? ''))
      return command.reject(new Error('Connection in subscriber mode, only subscriber commands may be used'));
    const { connection } = this;
    if (this.status === 'ready' && connection?.isWritable === true) this.write(connection, command);
    else if (this.options.enableOfflineQueue === false)
      command.reject(new Error("Stream isn't writeable and enableOfflineQueue options is false"));
    else this.offline.push(command);
  }

  private write(connection: SimConnection, command: Command): void {
    const { commandTimeout } = this.options;
    if (commandTimeout !== undefined && command.timeout === undefined) {
      command.timeout = this.process.timer(commandTimeout, () =>
        command.reject(new Error('Command timed out')),
      );
    }
    this.queue.push(command);
    connection.write(command.args);
  }

  private onReply(connection: SimConnection, reply: Reply): void {
    if (this.connection !== connection) return;
    const command = this.queue.shift();
    if (command === undefined) return;
    command.timeout?.cancel();
    if (reply instanceof RedisError) return this.onErrorReply(command, replyError(reply));
    const [name, ...rest] = command.args;
    if (name === 'SUBSCRIBE') for (const channel of rest) this.channels.add(channel);
    if (name === 'UNSUBSCRIBE') for (const channel of rest) this.channels.delete(channel);
    command.resolve(plain(reply));
  }

  private onErrorReply(command: Command, error: Error): void {
    if (this.status === 'ready' && this.options.reconnectOnError?.(error) === true) this.disconnect(true);
    command.reject(error);
  }

  private onMessage(connection: SimConnection, channel: string, message: string): void {
    if (this.connection === connection && this.channels.has(channel)) this.emit('message', channel, message);
  }

  private onClose(error: Error | undefined): void {
    if (error !== undefined) this.emitError(error);
    const wasReady = this.status === 'ready';
    this.connection = undefined;
    if (wasReady) {
      this.previousChannels = [...this.channels];
      this.unfulfilled = this.queue;
    }
    this.channels = new Set();
    this.setStatus('close');
    const delayMs = this.isClosingByHand
      ? null
      : (this.options.retryStrategy ?? defaultRetry)(++this.retries);
    this.isClosingByHand = false;
    if (delayMs === null) {
      this.setStatus('end');
      return this.flush(new Error('Connection is closed.'));
    }
    this.setStatus('reconnecting');
    this.reconnecting = this.process.timer(delayMs, () => {
      this.reconnecting = undefined;
      this.connect().catch(() => undefined);
    });
    const limit = this.options.maxRetriesPerRequest === undefined ? 20 : this.options.maxRetriesPerRequest;
    if (limit !== null && this.retries % (limit + 1) === 0)
      this.flush(new Error(`Reached the max retries per request limit (which is ${limit}).`));
    if (!wasReady || this.unfulfilled.length === 0) this.unfulfilled = [];
    this.queue = [];
  }

  private flush(error: Error): void {
    const failed = [...this.offline, ...this.queue];
    this.offline = [];
    this.queue = [];
    this.unfulfilled = [];
    for (const command of failed) {
      command.timeout?.cancel();
      command.reject(error);
    }
  }

  private setStatus(status: Status_): void {
    this.status = status;
    this.emit(status);
  }

  private emitError(error: Error): void {
    if (this.status !== 'end' && !this.isClosingByHand && this.listenerCount('error') > 0)
      this.emit('error', error);
  }
}
