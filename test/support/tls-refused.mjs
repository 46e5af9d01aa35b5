/**
 * A process whose applications close while a server refuses to shake hands by TLS. After each of them every TLS socket
 * that it has opened meets one more error, as it may from the library or from Node. Prints how many sockets there were.
 *
 * node test/support/tls-refused.mjs <folder of a build> <how many applications>
 */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as lasts } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [folder = '.', count = '20'] = process.argv.slice(2);
const entry = resolve(join(folder, 'dist/index.js'));
const require = createRequire(entry);
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { ScheduleModule } = await import(pathToFileURL(entry).href);

/** The functions that ioredis calls. */
const tls = require('node:tls');
const { connect } = tls;
/** @type {import('node:tls').TLSSocket[]} */
const sockets = [];
Reflect.set(tls, 'connect', (/** @type {unknown[]} */ ...args) => {
  const socket = Reflect.apply(connect, tls, args);
  sockets.push(socket);
  return socket;
});

// Without a certificate there is no cipher to agree on.
const server = tls.createServer({}).on('tlsClientError', () => undefined);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
const redis = { host: '127.0.0.1', port, tls: { rejectUnauthorized: false } };

let total = 0;
for (let at = 0; at < Number(count); at += 1) {
  class Application {}
  Module({ imports: [ScheduleModule.forRoot({ appName: `refused-${at}`, redis })] })(Application);
  const app = await NestFactory.createApplicationContext(Application, { logger: false });
  // While it connects, shakes hands, has been refused, waits for the next attempt.
  await lasts(at);
  await app.close();
  total += sockets.length;
  for (const socket of sockets.splice(0)) socket.emit('error', new Error('one more error'));
}
console.log(`closed ${count}, ${total > 0 ? 'by TLS' : 'without a socket'}`);
server.close();
