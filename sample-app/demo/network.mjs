import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  server.close();
  return port;
}

/**
 * A cable between a pod and Redis that can be cut: while it is, bytes vanish and no connection closes, as behind
 * a switch that lost its power. Connections of that time are gone for ever, as with a firewall that forgot them.
 *
 * @param {{ host: string, port: number }} target
 */
export async function startCable(target) {
  let cut = false;
  const sockets = new Set();
  const server = createServer(client => {
    const upstream = connect(target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.on('data', bytes => cut || to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!cut) to.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: /** @type {import('node:net').AddressInfo} */ (server.address()).port,
    cut: () => void (cut = true),
    repair: () => {
      for (const socket of sockets) socket.destroy();
      cut = false;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Resolves when something listens; rejects after 15 s. @param {{ host: string, port: number }} target */
export async function reachable(target) {
  for (const deadline = Date.now() + 15_000; ;) {
    const socket = connect(target);
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      socket.destroy();
    }
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}
