import type { EventEmitter } from 'node:events';

import type { Client } from './redis-client.js';

/** Without a connection there is nothing to wait for, and ioredis might never say that it has ended. */
const NOT_CONNECTED = ['wait', 'connecting', 'reconnecting', 'close', 'end'];
const CLOSE_LIMIT_MS = 1000;

/** Ends a client for ever, in the background. No failure of it is an unhandled error. */
export function retire(client: Client): void {
  guardSockets(client);
  if (client.status !== 'end') client.disconnect();
}

/** Closes a client; settles when it has closed. */
export function closed(client: Client): Promise<void> {
  const isConnected = !NOT_CONNECTED.includes(client.status);
  const ended = new Promise<void>(resolve => {
    if (!isConnected) return resolve();
    const limit = setTimeout(resolve, CLOSE_LIMIT_MS);
    client.once('end', () => {
      clearTimeout(limit);
      resolve();
    });
  });
  retire(client);
  return ended;
}

const guarded = new WeakSet<EventEmitter>();

/**
 * Attaches a lasting `error` listener to the socket of a client, now and whenever there is a new one. ioredis listens
 * once; a TLS socket that is closed while it shakes hands may have a second error, which would end the process.
 */
export function guardSockets(client: Client): void {
  guardSocket(client);
  if (guarded.has(client)) return;
  guarded.add(client);
  // The socket is made in the same turn, after this event.
  client.on('connecting', () => setImmediate(() => guardSocket(client)));
  client.on('connect', () => guardSocket(client));
  // A Sentinel is asked before there is a socket.
  client.on('error', () => guardSocket(client));
  client.on('+node', (node: Client) => guardSockets(node));
}

function guardSocket(client: Client): void {
  const { stream } = client as { readonly stream?: EventEmitter };
  if (stream === undefined || guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => undefined);
}
