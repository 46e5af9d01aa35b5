import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

import { Client } from 'pg';

import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

/** Where distributions keep the programs of PostgreSQL, which are not on PATH. */
const DEBIAN = '/usr/lib/postgresql';
/** PostgreSQL refuses to be run by root. */
const UNPRIVILEGED = 65_534;

/** The folder with `postgres` and `initdb`; `undefined` where PostgreSQL is not installed. */
export function postgresFolder(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(':');
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(version => join(DEBIAN, version, 'bin')) : [];
  return [...onPath, ...versions].find(folder => existsSync(join(folder, 'initdb')));
}

/** A real PostgreSQL of one's own, empty, in a new folder, which never outlives this process. */
export class PostgresServer {
  static async start(programs: string): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'leader-schedule-postgres-'));
    const data = join(folder, 'data');
    const isRoot = userInfo().uid === 0;
    if (isRoot) chownSync(folder, UNPRIVILEGED, UNPRIVILEGED);
    const as = isRoot
      ? ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups']
      : [];
    const command = (program: string, ...args: string[]) => [...as, join(programs, program), ...args];
    const [initdb = '', ...args] = command('initdb', '-D', data, '-U', 'tester', '--auth=trust', '--no-sync');
    execFileSync(initdb, args, { stdio: 'ignore' });
    const port = await freePort();
    const options = ['-h', '127.0.0.1', '-p', `${port}`, '-k', folder, '-c', 'fsync=off'];
    const signals = (pid: number) => ({
      SIGTERM: ['kill', '-TERM', `${pid}`],
      SIGKILL: ['kill', '-KILL', `${pid}`],
      SIGSTOP: ['kill', '-STOP', `${pid}`],
      SIGCONT: ['kill', '-CONT', `${pid}`],
    });
    const server = new ServerProcess({ run: command('postgres', '-D', data, ...options), signals }, folder);
    const started = new PostgresServer(server, folder, port);
    await eventually(() => started.isReady(), { within: 20_000, every: 50, what: 'PostgreSQL answers' });
    return started;
  }

  private readonly clients: Client[] = [];

  private constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** A connection that is closed with the server. */
  async connect(): Promise<Client> {
    const client = new Client({
      host: '127.0.0.1',
      port: this.port,
      user: 'tester',
      database: 'postgres',
    });
    await client.connect();
    this.clients.push(client);
    return client;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.clients.map(client => client.end()));
    await this.server.end('SIGTERM');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    const client = await this.connect();
    await client.query('SELECT 1');
    return true;
  }
}
