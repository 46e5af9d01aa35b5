import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { eventually } from '../../support/eventually.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
/** All bytes that the server has received, over all connections. */
let received: string;
let atServer: Set<Socket>;
let clients: Client[];

beforeEach(async () => {
  received = '';
  atServer = new Set();
  clients = [];
  // Answers every message in capitals.
  server = createServer(socket => {
    atServer.add(socket);
    socket.on('close', () => atServer.delete(socket)).on('error', () => {});
    socket.on('data', bytes => {
      received += bytes.toString();
      socket.write(bytes.toString().toUpperCase());
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.start((server.address() as AddressInfo).port);
});
afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  await proxy.close();
  for (const socket of atServer) socket.destroy();
  server.close();
  await once(server, 'close');
});

interface Client {
  readonly socket: Socket;
  readonly answers: () => string;
  readonly error: () => string | undefined;
}

async function connect(): Promise<Client> {
  const socket = createConnection(proxy.port, '127.0.0.1');
  let answers = '';
  let error: string | undefined;
  socket.on('data', bytes => (answers += bytes.toString()));
  socket.on('error', cause => (error = 'code' in cause ? String(cause.code) : cause.message));
  const client = { socket, answers: () => answers, error: () => error };
  clients.push(client);
  await eventually(() => socket.readyState !== 'opening', {
    what: 'the client is connected or refused',
  });
  return client;
}

/** Sends over a second connection and waits for the echo: what was sent before has had its time. */
async function roundTrip(): Promise<void> {
  const probe = await connect();
  probe.socket.write('probe.');
  await receives(probe, 'PROBE.');
  probe.socket.destroy();
}

const receives = (client: Client, text: string) =>
  eventually(() => client.answers() === text, {
    what: `the client receives ${text}, not ${client.answers()}`,
  });

const arrives = (text: string) =>
  eventually(() => received === text, { what: `${text} arrives at the server` });

const closes = (client: Client) =>
  eventually(() => client.socket.destroyed, { what: 'the client is cut off' });

describe('TcpProxy', () => {
  test('passes bytes on in both directions', async () => {
    const client = await connect();
    client.socket.write('hello');
    await receives(client, 'HELLO');
    expect(proxy.connections).toBe(1);
    expect(proxy.url).toBe(`redis://127.0.0.1:${proxy.port}`);
  });

  test('passes the end of either side on', async () => {
    const [one, two] = [await connect(), await connect()];
    await eventually(() => atServer.size === 2);
    one.socket.end();
    await eventually(() => atServer.size === 1, { what: 'the server sees the end' });
    for (const socket of atServer) socket.destroy();
    await closes(two);
    await eventually(() => proxy.connections === 0);
  });

  test('refuse cuts connections and refuses new ones, until it passes on the same port', async () => {
    const client = await connect();
    await proxy.refuse();
    await closes(client);
    expect(client.error()).toBe('ECONNRESET');
    const refused = await connect();
    expect(refused.error()).toBe('ECONNREFUSED');
    await eventually(() => proxy.connections === 0 && atServer.size === 0);

    await proxy.pass();
    await roundTrip();
  });

  test('reset cuts what exists, and nothing else', async () => {
    const client = await connect();
    proxy.reset();
    await closes(client);
    expect(client.error()).toBe('ECONNRESET');
    await roundTrip();
  });

  test('connects a client to a server that is away only to cut it off', async () => {
    server.close();
    await once(server, 'close');
    await closes(await connect());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});

describe('TcpProxy, which swallows bytes,', () => {
  test('swallow keeps connections open and loses their bytes for ever', async () => {
    const [busy, idle] = [await connect(), await connect()];
    await proxy.swallow();
    busy.socket.write('lost.');
    const late = await connect();
    late.socket.write('lost.');
    await eventually(() => proxy.lostBytes === 10, { what: 'both messages are lost' });
    await proxy.pass();
    await roundTrip();

    idle.socket.write('idle.');
    busy.socket.write('silent.');
    await receives(idle, 'IDLE.');
    await roundTrip();
    expect(received).toBe('probe.idle.probe.');
    expect(busy.answers() + late.answers()).toBe('');
    expect(busy.socket.destroyed || late.socket.destroyed).toBe(false);
  });

  test('swallow hides that an end has closed, until the network works again', async () => {
    const client = await connect();
    await eventually(() => atServer.size === 1);
    await proxy.swallow();
    client.socket.destroy();
    await connect();
    await eventually(() => atServer.size === 2);
    await proxy.pass();
    await eventually(() => atServer.size === 1, { what: 'only the second connection is left' });
  });

  test('swallow loses what was held', async () => {
    const client = await connect();
    await proxy.hold();
    client.socket.write('held.');
    await eventually(() => proxy.heldBytes === 5);
    await proxy.swallow();
    expect(proxy.heldBytes).toBe(0);
    expect(proxy.lostBytes).toBe(5);
    await proxy.pass();
    await roundTrip();
    expect(received).toBe('probe.');
  });

  test('dropReplies lets requests take effect and loses the answers', async () => {
    const client = await connect();
    await proxy.dropReplies();
    client.socket.write('applied.');
    await eventually(() => proxy.lostBytes === 'APPLIED.'.length, { what: 'the answer is lost' });
    expect(received).toBe('applied.');
    await proxy.pass();
    client.socket.write('again.');
    await arrives('applied.again.');
    await roundTrip();
    expect(client.answers()).toBe('');
  });
});

describe('TcpProxy, which holds or delays bytes,', () => {
  test('hold delays everything, in order, until it passes', async () => {
    const client = await connect();
    await proxy.hold();
    client.socket.write('one.');
    client.socket.write('two.');
    const late = await connect();
    await eventually(() => proxy.heldBytes === 8, { what: 'both messages are held' });
    expect(received).toBe('');
    await proxy.pass();
    await receives(client, 'ONE.TWO.');
    late.socket.write('late.');
    await receives(late, 'LATE.');
  });

  test('hold delivers what a client sent before it died', async () => {
    const client = await connect();
    await proxy.hold();
    client.socket.end('last words.');
    await closes(client);
    expect(proxy.heldBytes).toBe('last words.'.length);
    await proxy.pass();
    await arrives('last words.');
    await eventually(() => proxy.connections === 0);
  });

  test('delay makes each direction slower and keeps the order', async () => {
    const client = await connect();
    await proxy.delay(40);
    const sentMono = performance.now();
    client.socket.write('one.');
    client.socket.write('two.');
    await receives(client, 'ONE.TWO.');
    expect(performance.now() - sentMono).toBeGreaterThanOrEqual(80);
  });

  test('pass delivers at once what is delayed', async () => {
    const client = await connect();
    await proxy.delay(3_600_000);
    client.socket.write('slow.');
    await eventually(() => proxy.heldBytes === 5);
    await proxy.pass();
    await receives(client, 'SLOW.');
  });
});
