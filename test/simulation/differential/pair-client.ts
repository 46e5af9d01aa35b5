import type { Client } from '../../../lib/adapters/redis/connection/redis-client.js';
import { asObject } from '../world/sim-commands.js';
import type { Pair } from './pair.js';

/** The part of a client that the adapters use, served by both servers; the answers are the real one's. */
export function clientOf(pair: Pair): Client {
  const scripted =
    (name: string) =>
    async (text: string, keys: number, ...rest: readonly (string | number)[]) => {
      const normalize = rest.at(-1) === 'set' ? withoutOrder : withoutTtl;
      const reply = await pair.script([name, text, String(keys), ...rest.map(String)], normalize);
      if (reply instanceof Error) throw reply;
      return reply;
    };
  const plain =
    (name: string) =>
    async (...args: readonly (string | number)[]) => {
      const reply = await pair.command([name, ...args.map(String)]);
      if (reply instanceof Error) throw reply;
      return reply;
    };
  const client = {
    status: 'ready',
    isCluster: false,
    on: (event: string, listener: () => void) => {
      if (event === 'ready') listener();
      return client;
    },
    once: () => client,
    disconnect: () => undefined,
    evalsha: scripted('EVALSHA'),
    eval: scripted('EVAL'),
    hget: plain('HGET'),
    hgetall: async (key: string) => asObject(await plain('HGETALL')(key)),
    hdel: plain('HDEL'),
    get: plain('GET'),
    set: plain('SET'),
    publish: plain('PUBLISH'),
    subscribe: () => Promise.resolve(),
  };
  return client as unknown as Client;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** A page of a set: the server's time, where to go on, and members in no order. */
function withoutOrder<Reply>(reply: Reply): Reply {
  if (!Array.isArray(reply)) return reply;
  return [...reply.slice(0, 2), ...reply.slice(2).map(String).toSorted(byText)] as Reply;
}

/** PTTL uses the server's own clock, which has moved on since the script read it: 'held' names it. */
export function withoutTtl<Reply>(reply: Reply): Reply {
  if (!Array.isArray(reply) || reply[1] !== 'held') return reply;
  const ttl = Number(reply[4]);
  return reply.with(4, ttl > 0 ? 'some' : String(ttl)) as Reply;
}
