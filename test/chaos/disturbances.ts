import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '../support/eventually.js';
import type { RedisServer } from '../support/redis-server.js';
import type { Dice } from './random/dice.js';
import { mono } from './random/mono.js';

/** As the architecture page has it. */
const EVENTS = '{scheduler:chaos:leader}:events';

/** Something that a healthy leader survives. */
export interface Disturbance {
  readonly what: string;
  /** Whether the connection that carries the lease closes: its leader may then be followed. */
  readonly closesLease: boolean;
  readonly inflict: (server: RedisServer, dice: Dice) => Promise<unknown>;
}

/** @param hasOwnPresence whether a connection of its own shows the presence, and that of the lease does not subscribe */
export function disturbancesOf(hasOwnPresence: boolean): readonly [Disturbance, ...Disturbance[]] {
  const subscribers: Disturbance = {
    what: 'CLIENT KILL TYPE pubsub',
    closesLease: !hasOwnPresence,
    inflict: server => server.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  };
  return [OVERFLOW, EVENTS_KILLED, subscribers, RESTART, ...(hasOwnPresence ? PRESENCE_KILLED : [])];
}

const EVENTS_KILLED: Disturbance = {
  what: 'connections for events killed',
  closesLease: false,
  inflict: server => kill(server, 'events'),
};

const OVERFLOW: Disturbance = {
  what: "subscribers' buffers run over",
  closesLease: false,
  inflict: async server => {
    const limit = 'client-output-buffer-limit';
    await server.command('CONFIG', 'SET', limit, 'pubsub 64kb 0 0');
    await server.command('PUBLISH', EVENTS, 'x'.repeat(1_000_000));
    await server.command('CONFIG', 'SET', limit, 'pubsub 32mb 8mb 60');
  },
};

const RESTART: Disturbance = {
  what: 'Redis restarted',
  closesLease: true,
  inflict: async (server, dice) => {
    await server.kill();
    await pause(dice.between(0, 2000));
    await server.restart();
    // A Cluster answers a moment later.
    await eventually(async () => (await server.command('EXISTS', EVENTS)) === 0);
  },
};

const PRESENCE_KILLED: readonly Disturbance[] = [
  {
    what: 'connections for presence killed',
    closesLease: false,
    inflict: server => kill(server, 'presence'),
  },
  {
    what: 'connections for presence killed as they come',
    closesLease: false,
    inflict: async (server, dice) => {
      const end = mono() + dice.between(300, 5000);
      while (mono() < end) await kill(server, 'presence');
    },
  },
];

async function kill(server: RedisServer, role: string): Promise<void> {
  const clients = String(await server.command('CLIENT', 'LIST'));
  for (const [, id = ''] of clients.matchAll(new RegExp(`^id=(\\d+) .*name=leader-schedule:${role} `, 'gm')))
    await server.command('CLIENT', 'KILL', 'ID', id);
}
