import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { redisSource } from './redis-source.js';
import { ServerProcess } from './server-process.js';

/** A Sentinel that watches one master under the name `main`; its configuration is a file that it rewrites. Resolves to its port. */
export async function startSentinel(
  masterPort: number,
  cleanUps: (() => unknown)[],
  password?: string,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'leader-schedule-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const auth = password === undefined ? '' : `sentinel auth-pass main "${password}"\n`;
  await writeFile(
    file,
    `port ${port}\nsentinel monitor main 127.0.0.1 ${masterPort} 1\nsentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n${auth}`,
  );
  const source = redisSource();
  if (source.kind !== 'binary') throw new Error('A Sentinel needs redis-server as a program.');
  const kill = (signal: string) => (pid: number) => ['kill', `-${signal}`, `${pid}`];
  const signals = (pid: number) => ({
    SIGTERM: kill('TERM')(pid),
    SIGKILL: kill('KILL')(pid),
    SIGSTOP: kill('STOP')(pid),
    SIGCONT: kill('CONT')(pid),
  });
  const sentinel = new ServerProcess({ run: [source.path, file, '--sentinel'], signals }, folder);
  cleanUps.push(async () => {
    await sentinel.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  await eventually(() => sentinel.output.includes('+monitor master main'), { what: 'the Sentinel watches' });
  return port;
}
