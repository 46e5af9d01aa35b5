import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Commands that read a whole key, or all that a test asks about it. */
const WHOLE =
  /^(get|hgetall|hlen|smembers|sadd|zcard|zrange|zrevrange|zrangebyscore|zrem|zcount|hscan|sscan|strlen)$/i;
/** Long values are only those that the test itself writes. */
const MOST = 5000;

/** The fields that scripts and clients of the scheduler have read in Redis, as MONITOR reports them. */
export class Reads {
  private readonly fields = new Map<string, Set<string>>();

  private constructor(private readonly sockets: readonly Socket[]) {
    for (const socket of sockets) {
      createInterface({ input: socket }).on('line', line => this.note(line.slice(0, MOST)));
      socket.on('error', () => undefined);
    }
  }

  /** Of each of the servers on these ports. */
  static async of(ports: readonly number[]): Promise<Reads> {
    const sockets = ports.map(port => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map(socket => once(socket, 'connect')));
    for (const socket of sockets) socket.write('MONITOR\r\n');
    return new Reads(sockets);
  }

  /** Forgets what was read of a key, and notes it from now on. */
  watch(key: string): void {
    this.fields.set(key, new Set());
  }

  /** Whether a field, or the whole key where it is empty, was read since. */
  hasRead(key: string, field: string): boolean {
    const read = this.fields.get(key);
    return read !== undefined && (read.has('*') || read.has(field) || (field === '' && read.size > 0));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private note(line: string): void {
    if (!line.includes(' lua] ')) return;
    const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) => word);
    const [command = '', key = '', ...rest] = words;
    const read = this.fields.get(key);
    if (read === undefined) return;
    if (WHOLE.test(command)) read.add('*');
    for (const word of rest) read.add(word);
  }
}
