import { isDeepStrictEqual } from 'node:util';
import type { Redis } from 'ioredis';
import { RedisDouble } from '../redis-double/redis-double.js';
import { RedisError, Status, type Reply } from '../redis-double/reply.js';
import type { Session } from '../redis-double/server-commands.js';
import { dumpOf, type Dump } from './dump.js';

/** A reply as it is compared: errors by their code, statuses by their text. */
type Plain = string | number | null | { readonly error: string } | readonly Plain[];

/** A real Redis and its double, given the same commands. Every difference throws. */
export class Pair {
  readonly double: RedisDouble;
  /** The last time of the real server's clock, Unix ms. */
  private nowMs = 0;
  private isTimed = true;
  private readonly session: Session = { channels: new Set(), protocol: 2, onMessage: () => undefined };

  private readonly listening: Session = { channels: new Set(), protocol: 3, onMessage: () => undefined };

  /** @param listener a second connection, which only subscribes */
  constructor(
    private readonly real: Redis,
    private readonly listener: Redis,
  ) {
    this.double = new RedisDouble(() => this.nowMs);
    this.double.sessions.add(this.session).add(this.listening);
  }

  /** By the clock of the real server, Unix ms. */
  async now(): Promise<number> {
    await this.readClock();
    return this.nowMs;
  }

  /** Subscribes on both, or ends the subscription. */
  async listen(channel: string, isWanted: boolean): Promise<void> {
    if (isWanted) await this.listener.subscribe(channel);
    else await this.listener.unsubscribe(channel);
    this.double.execute(this.listening, [isWanted ? 'SUBSCRIBE' : 'UNSUBSCRIBE', channel]);
  }

  /** Empties both. */
  async clear(): Promise<void> {
    this.isTimed = true;
    await this.command(['FLUSHALL']);
    await this.command(['SCRIPT', 'FLUSH']);
  }

  /** Gives both a command and compares the answers; `normalize` takes away what may differ. */
  async command(args: readonly string[], normalize = (reply: Plain): Plain => reply): Promise<unknown> {
    await this.readClock();
    return this.compare(args, await this.ask(args), normalize);
  }

  /** The same for a script of ours, whose answer begins with the server's time: the double uses that time. */
  async script(args: readonly string[], normalize = (reply: Plain): Plain => reply): Promise<unknown> {
    const reply = await this.ask(args);
    const head: unknown = Array.isArray(reply) ? reply[0] : undefined;
    // A list where something invalid was found.
    const now: unknown = Array.isArray(head) ? head[0] : head;
    if (typeof now === 'string' && /^\d{13}$/.test(now)) this.nowMs = Number(now);
    else {
      this.isTimed = false;
      await this.readClock();
    }
    return this.compare(args, reply, normalize);
  }

  /**
   * Compares all that both keep. A script that failed has not returned its time: the times that it wrote may then
   * differ a little.
   */
  async compareStates(): Promise<void> {
    await this.readClock();
    const real = await dumpOf(async args => plainOf((await this.ask(args)) as Reply) as Reply);
    const double = await dumpOf(async args => plainOf(this.double.execute(this.session, args)) as Reply);
    if (!sameDumps(real, double, this.isTimed)) {
      throw new Error(
        `The states differ.\nreal:   ${JSON.stringify(real)}\ndouble: ${JSON.stringify(double)}`,
      );
    }
  }

  private compare(args: readonly string[], reply: unknown, normalize: (reply: Plain) => Plain): unknown {
    const real = normalize(plainOf(reply as Reply));
    const double = normalize(plainOf(this.double.execute(this.session, args)));
    const isSame = this.isTimed ? isDeepStrictEqual(real, double) : isSameButForTimes(real, double);
    if (!isSame) {
      const shown = args.map(arg => (arg.length > 300 ? `${arg.slice(0, 40)}…` : arg));
      throw new Error(
        `The answers to ${JSON.stringify(shown)} differ.\nreal:   ${JSON.stringify(real)}\ndouble: ${JSON.stringify(double)}`,
      );
    }
    return reply;
  }

  private async readClock(): Promise<void> {
    const [seconds, micros] = (await this.real.time()).map(Number);
    this.nowMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  private async ask([name = '', ...args]: readonly string[]): Promise<unknown> {
    return this.real.call(name, ...args).catch((error: unknown) => {
      if (error instanceof Error) return error;
      throw error;
    });
  }
}

/** Two key lifetimes may differ by what the clock moved on between the two servers. */
const LAG_MS = 500;

function sameDumps(real: Dump, double: Dump, isTimed: boolean): boolean {
  const isEnding = (key: string): boolean =>
    [real[key], double[key]].some(
      entry => entry !== undefined && entry.ttlMs !== -1 && entry.ttlMs <= LAG_MS,
    );
  const [keys, others] = [real, double].map(dump => Object.keys(dump).filter(key => !isEnding(key)));
  if (keys === undefined || !isDeepStrictEqual(keys, others)) return false;
  return keys.every(key => {
    const [a, b] = [real[key], double[key]];
    if (a === undefined || b === undefined) return false;
    const isSame = isTimed ? isDeepStrictEqual(a.value, b.value) : isSameButForTimes(a.value, b.value);
    return isSame && a.type === b.type && Math.abs(a.ttlMs - b.ttlMs) <= LAG_MS;
  });
}

function isSameButForTimes(a: unknown, b: unknown): boolean {
  const [timesA, timesB] = [a, b].map(value =>
    [...JSON.stringify(value).matchAll(/\b\d{13}\b/g)].map(Number),
  );
  const [restA, restB] = [a, b].map(value => JSON.stringify(value).replace(/\b\d{13}\b/g, 'time'));
  return (
    restA === restB && timesA?.every((time, at) => Math.abs(time - (timesB?.[at] ?? 0)) <= LAG_MS) === true
  );
}

function plainOf(reply: Reply | Error): Plain {
  if (reply instanceof Error || reply instanceof RedisError) return { error: codeOf(reply.message) };
  if (reply instanceof Status) return reply.text;
  if (typeof reply === 'string') return withoutPlaces(reply);
  if (typeof reply === 'number' || reply === null) return reply;
  return reply.map(plainOf);
}

/** Lua's own error messages name lines and variables that the double does not know. */
function withoutPlaces(text: string): string {
  return text.startsWith('user_script:') ? 'user_script' : text;
}

function codeOf(message: string): string {
  const [code = ''] = message.split(' ');
  return code === 'ERR' && !/script: [\da-f]{40}/.test(message) ? message : code;
}
