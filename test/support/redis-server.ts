import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { redisLaunch, type OwnRedisSource } from './redis-launch.js';
import { onlyUrlGiven, redisSource } from './redis-source.js';
import { ServerProcess } from './server-process.js';

/** How a {@link RedisServer} is started. */
export interface RedisServerOptions {
  /** More arguments for redis-server, e.g. `['--maxmemory', '10mb']`; they win over those set here. Its log must stay as it is. */
  args?: readonly string[];
  /** The port to listen on; a free one by default. */
  port?: number;
  /** The password of clients; nothing by default. */
  password?: string;
  /** Whether every acknowledged write survives `stop()`, `kill()` and `restart()`; false by default. */
  persistence?: boolean;
}

/** Number of ports that are tried. */
const MOST_PORTS = 5;

/**
 * A real Redis server of one's own: on the loopback interface, in a new folder, without a configuration file.
 * It never outlives the process that started it, not even one that crashed.
 */
export class RedisServer {
  #process: ServerProcess | undefined;

  /** Resolves when the server answers PING; rejects with its output when it ends before, or after 15 s. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const source = redisSource();
    if (source.kind === 'url')
      throw new Error(`RedisServer.start needs a server of its own: ${onlyUrlGiven}.`);
    for (let tries = 1; ; tries += 1) {
      const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-redis-'));
      const server = new RedisServer(source, folder, options.port ?? (await freePort()), options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.dispose();
        // A port that was free a moment ago; or that of the bus of a Cluster, which is 10,000 higher.
        const isTaken = String(error).includes('Address already in use');
        if (!isTaken || options.port !== undefined || tries === MOST_PORTS) throw error;
      }
    }
  }

  private constructor(
    private readonly source: OwnRedisSource,
    private readonly folder: string,
    /** The port it listens on; it stays the same through `restart()`. */
    readonly port: number,
    private readonly options: RedisServerOptions,
  ) {}

  /** For ioredis, with the password if there is one. */
  get url(): string {
    const { password } = this.options;
    return `redis://${password ? `:${encodeURIComponent(password)}@` : ''}127.0.0.1:${this.port}`;
  }

  /** Shuts it down in an orderly way (SIGTERM); settles when the process is gone. */
  async stop(): Promise<void> {
    await this.#process?.end('SIGTERM');
  }

  /** Crashes it (SIGKILL), also while it is paused; settles when the process is gone. */
  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL');
  }

  /**
   * Starts it again on the same port, crashing it first if it still runs; its memory is empty unless
   * `persistence`. Settles as `start` does.
   */
  async restart(): Promise<void> {
    await this.kill();
    const server = new ServerProcess(
      redisLaunch(this.source, this.folder, this.port, this.#args()),
      this.folder,
    );
    this.#process = server;
    // Until ours is ready, another server on that port might answer.
    const isReady = () => server.output.includes('Ready to accept connections');
    await eventually(() => server.hasEnded || (isReady() && this.command('PING')), {
      within: 15_000,
      what: `the Redis server on port ${this.port} answers PING`,
    });
    if (server.hasEnded)
      throw new Error(`The Redis server on port ${this.port} did not start:\n${server.output}`);
  }

  /** Stops it where it is (SIGSTOP): connections stay open and can be opened, but nothing is answered. */
  async pause(): Promise<void> {
    await this.#process?.signal('SIGSTOP');
  }

  /** Lets it go on (SIGCONT): it answers everything that has arrived meanwhile. */
  async resume(): Promise<void> {
    await this.#process?.signal('SIGCONT');
  }

  /**
   * Sends one command over a connection of its own, e.g. `command('SET', 'key', 'value')`; replies have the shape
   * of RESP2. Rejects at once while the server is down, after 2 s while it is paused.
   */
  async command(name: string, ...args: (string | number)[]): Promise<unknown> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.port,
      ...(this.options.password && { password: this.options.password }),
      protocol: 2,
      lazyConnect: true,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectTimeout: 2_000,
      commandTimeout: 2_000,
    });
    // The rejected promise names the failure.
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      // On a closed connection, disconnect() would leave a timer of 2 s behind.
      if (client.status !== 'end') client.disconnect();
    }
  }

  /** Crashes it and removes its folder; for `afterAll`. */
  async dispose(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  #args(): string[] {
    const { password, persistence, args = [] } = this.options;
    const durability = persistence
      ? ['--appendonly', 'yes', '--appendfsync', 'always']
      : ['--appendonly', 'no'];
    return ['--save', '', ...durability, ...(password ? ['--requirepass', password] : []), ...args];
  }
}
