import { createServer } from 'node:net';
import { once } from 'node:events';

/**
 * A TCP port of the loopback interface without a listener.
 *
 * It lies below the range from which systems take the local ports of outgoing connections. Otherwise, while a
 * server is down, another connection could occupy its port, or a client that keeps dialling it could be given
 * that very port as its own and end up connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
