import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { RedisLink, type LinkListener } from '../../../../../lib/adapters/redis/connection/redis-link.js';
import { SECOND } from '../../../../support/durations.js';
import { VirtualClock } from '../../../../support/virtual-clock.js';

let clock: VirtualClock;
let bugs: unknown[];
let clients: Redis[];

beforeEach(() => {
  clock = new VirtualClock();
  bugs = [];
  clients = [];
});

afterEach(() => {
  for (const client of clients) client.disconnect();
});

/** A link whose clients connect to nothing, and are ready when a test says so. */
function linkWith(listener: LinkListener, verify = () => Promise.resolve()): RedisLink {
  const make = (): Redis => {
    const client = new Redis({ lazyConnect: true });
    client.connect = () => Promise.resolve();
    clients.push(client);
    return client;
  };
  const link = new RedisLink({ make, verify, clock, openLimitMs: SECOND, onBug: error => bugs.push(error) });
  link.watch(listener);
  link.open();
  return link;
}

it('is open when the first commands on a ready client were answered', async () => {
  const link = linkWith({});
  expect(link.isOpen).toBe(false);
  clients[0]?.emit('ready');
  await clock.advance(0);
  expect(link.isOpen).toBe(true);
  expect(bugs).toEqual([]);
});

it('gets another client when the first commands are refused, and reports no bug', async () => {
  const closed: unknown[] = [];
  linkWith({ onClose: ({ cause }) => closed.push(cause) }, () => Promise.reject(new Error('refused')));
  clients[0]?.emit('ready');
  await clock.advance(SECOND / 10);
  expect(clients).toHaveLength(2);
  expect(closed).toEqual([new Error('refused')]);
  expect(bugs).toEqual([]);
});

it.each([
  ['opening', 'onOpen', () => Promise.resolve()],
  ['a refusal', 'onClose', () => Promise.reject(new Error('refused'))],
] as const)('reports an error that a listener of %s throws, and goes on', async (_, of, verify) => {
  const bug = new TypeError('a bug');
  const listener = (): never => {
    throw bug;
  };
  let informed = 0;
  const link = linkWith({ [of]: listener }, verify);
  link.watch({ [of]: () => (informed += 1) });
  clients[0]?.emit('ready');
  await clock.advance(SECOND / 10);
  expect(bugs).toEqual([bug]);
  expect(informed).toBe(1);
  expect(clients).toHaveLength(of === 'onOpen' ? 1 : 2);
});
