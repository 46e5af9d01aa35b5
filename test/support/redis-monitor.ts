import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** A command that a server executes, as MONITOR prints it: special bytes stay escaped. */
export interface ExecutedCommand {
  /** The address of the client; `lua` for what a script executes. */
  readonly source: string;
  /** In lower case. */
  readonly name: string;
  /** The first argument; empty without one. */
  readonly key: string;
}

const ANSWER_WITHIN_MS = 10_000;
const EXECUTED = /^\+\S+ \[\d+ (?<source>\S+)\] "(?<name>\w+)"(?: "(?<key>(?:[^"\\]|\\.)*)")?/;

/**
 * Reads what a Redis server executes, by MONITOR. The monitor of ioredis 6 ends with "Command queue state error"
 * on a busy server: it takes a line that comes in one packet with the answer OK for another answer.
 */
export class RedisMonitor {
  /** Resolves when the server prints its commands; rejects when it refuses to. */
  static async start(port: number, onCommand: (command: ExecutedCommand) => void): Promise<RedisMonitor> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    // A server that is disposed of resets it.
    socket.on('error', () => undefined);
    const lines = createInterface({ input: socket });
    const answered = once(lines, 'line', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    lines.on('line', line => {
      const { source, name, key = '' } = EXECUTED.exec(line)?.groups ?? {};
      if (source !== undefined && name !== undefined) onCommand({ source, name: name.toLowerCase(), key });
    });
    socket.write('MONITOR\r\n');
    const [answer] = await answered;
    if (answer !== '+OK') {
      socket.destroy();
      throw new Error(`Redis answered ${JSON.stringify(answer)} to MONITOR.`);
    }
    return new RedisMonitor(() => socket.destroy());
  }

  private constructor(readonly close: () => void) {}
}
