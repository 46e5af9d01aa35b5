import { EventEmitter } from 'node:events';
import type { Timer } from '../../../lib/ports/clock.js';

/** A command that was requested and not answered yet. */
export interface Command {
  readonly args: readonly string[];
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  timeout: Timer | undefined;
}

/** The commands that the adapters use, under the names that ioredis gives them. */
export abstract class SimCommands extends EventEmitter {
  protected abstract send(command: Command): void;

  call(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.send({ args: [name.toUpperCase(), ...args.map(String)], resolve, reject, timeout: undefined });
    });
  }

  evalsha(sha: string, keys: number, ...rest: readonly (string | number)[]): Promise<unknown> {
    return this.call('EVALSHA', sha, keys, ...rest);
  }

  eval(text: string, keys: number, ...rest: readonly (string | number)[]): Promise<unknown> {
    return this.call('EVAL', text, keys, ...rest);
  }

  info(...sections: readonly string[]): Promise<unknown> {
    return this.call('INFO', ...sections);
  }

  wait(replicas: number, timeoutMs: number): Promise<unknown> {
    return this.call('WAIT', replicas, timeoutMs);
  }

  get(key: string): Promise<unknown> {
    return this.call('GET', key);
  }

  set(key: string, text: string, ...options: readonly (string | number)[]): Promise<unknown> {
    return this.call('SET', key, text, ...options);
  }

  hget(key: string, field: string): Promise<unknown> {
    return this.call('HGET', key, field);
  }

  /** As ioredis gives it: an object. */
  async hgetall(key: string): Promise<unknown> {
    return asObject(await this.call('HGETALL', key));
  }

  hdel(key: string, ...fields: readonly string[]): Promise<unknown> {
    return this.call('HDEL', key, ...fields);
  }

  publish(channel: string, message: string): Promise<unknown> {
    return this.call('PUBLISH', channel, message);
  }

  subscribe(...channels: readonly string[]): Promise<unknown> {
    return this.call('SUBSCRIBE', ...channels);
  }

  unsubscribe(...channels: readonly string[]): Promise<unknown> {
    return this.call('UNSUBSCRIBE', ...channels);
  }
}

/** Names and values in turn, as an object. */
export function asObject(reply: unknown): Record<string, string> {
  const words = Array.isArray(reply) ? reply.map(String) : [];
  return Object.fromEntries(words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? '']] : [])));
}
