import { Injectable } from '@nestjs/common';
import { expect } from '@jest/globals';

import {
  LeaderInterval,
  LeaderService,
  ScheduleModule,
  type RedisInput,
  type RedisFactory,
} from '../../lib/index.js';
import type { ConnectionFault } from './connection-faults.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { bootApp } from './nest-app.js';
import { RedisServer } from './redis-server.js';
import { startSentinel } from './sentinel.js';
import { TcpProxy } from './tcp-proxy.js';

export type Topology = 'single' | 'Sentinel' | 'Cluster';

/** A client library, by the names of its classes. */
export interface Library {
  readonly Redis: new (options: object) => ReturnType<RedisFactory>;
  readonly Cluster: new (nodes: readonly object[], options: object) => ReturnType<RedisFactory>;
}

/** Longer than the ttl, so that the lease is lost where the fault bars it. */
const FAULT_MS = 2500;
const SLOW_MS = 5000;
const QUICK = { interval: '300ms', ttl: '2s' } as const;
/** Where a pod recovers before its trust ends: on a busy machine, too. Once it has ended, the ttl is waited for. */
const STEADY = { interval: '300ms', ttl: '3s' } as const;
/** Where a reply takes 300 ms: a command may take a tenth of the ttl. */
const PATIENT = { interval: '1s', ttl: '10s' } as const;
const TIMINGS = { recovers: QUICK, 'recovers during it': STEADY, unharmed: PATIENT } as const;
const host = '127.0.0.1';

/**
 * After the fault a pod competes, claims and receives signals within this time, ms. On a quiet machine it takes 1.2 to
 * 1.8 s, of which 1 s is the head start of the old leader. A busy machine may cost one more round of connecting. A pod
 * whose client stays on a dead connection never competes again: that is the fault to find.
 */
const BOUND_MS = 6000;

/** A pod on a Redis of its own, behind a network that fails. Settles when all has been checked; rejects otherwise. */
export async function runCell(library: Library, topology: Topology, fault: ConnectionFault): Promise<void> {
  const cleanUps: (() => unknown)[] = [];
  try {
    await check(library, topology, fault, cleanUps);
  } finally {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  }
}

async function check(
  library: Library,
  topology: Topology,
  fault: ConnectionFault,
  cleanUps: (() => unknown)[],
): Promise<void> {
  const { server, proxies, input, made } = await SITES[topology](library, cleanUps);
  const isSlow = fault.effect === 'unharmed';
  const pod = await bootPod(input, TIMINGS[fault.effect], cleanUps);
  await eventually(() => pod.leader.isLeader() && pod.ticks.length > 0, { what: 'the pod leads and ticks' });
  const before = made();
  const lost: string[] = [];
  pod.leader.changes.subscribe(change => !change.isLeader && lost.push(change.reason));
  lost.length = 0;
  const faultAt = performance.now();
  await Promise.all(proxies.map(fault.begin));
  if (isSlow) {
    await lasts(SLOW_MS);
    expect(lost).toEqual([]);
    expect(made()).toBe(before);
    expect(pod.ticks.filter(at => at > faultAt + 1000).length).toBeGreaterThan(2);
    return;
  }
  if (fault.effect === 'recovers') {
    await lasts(FAULT_MS);
    await Promise.all(proxies.map(proxy => proxy.pass()));
  }
  await recovers(pod, server, fault.effect === 'recovers' ? performance.now() : faultAt, BOUND_MS);
}

/** Leads, starts ticks, and receives a request that stands nowhere but on the channel. */
async function recovers(pod: Pod, server: RedisServer, since: number, boundMs: number): Promise<void> {
  const within = (what: string) => ({ within: Math.max(1, since + boundMs - performance.now()), what });
  await eventually(
    () => pod.leader.isLeader() && pod.ticks.some(at => at > since),
    within('the pod leads and starts ticks'),
  );
  const token = pod.leader.term?.token ?? 0;
  const received = async () => {
    await server.command('PUBLISH', `{scheduler:${pod.name}:leader}:events`, `resign-requested:${token}:`);
    return !pod.leader.isLeader();
  };
  await eventually(received, { ...within('the pod receives signals'), every: 50 });
}

interface Pod {
  readonly name: string;
  readonly leader: LeaderService;
  /** When its job has started, by `performance.now()`. */
  readonly ticks: readonly number[];
}

async function bootPod(redis: RedisInput, leader: object, cleanUps: (() => unknown)[]): Promise<Pod> {
  const ticks: number[] = [];
  @Injectable()
  class Jobs {
    @LeaderInterval(100, { name: 'often' })
    run() {
      ticks.push(performance.now());
    }
  }
  const name = 'cell';
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: name, redis, leader })],
    providers: [Jobs],
  });
  cleanUps.push(() => app.close());
  return { name, leader: app.get(LeaderService), ticks };
}

interface Site {
  readonly server: RedisServer;
  readonly proxies: readonly TcpProxy[];
  readonly input: RedisInput;
  /** How many clients were made. */
  readonly made: () => number;
}

const SITES: Record<Topology, (library: Library, cleanUps: (() => unknown)[]) => Promise<Site>> = {
  async single({ Redis }, cleanUps) {
    const server = await startServer(cleanUps);
    const proxy = await startProxy(server.port, cleanUps);
    return {
      server,
      proxies: [proxy],
      ...counted(options => new Redis({ host, port: proxy.port, ...options })),
    };
  },

  async Sentinel({ Redis }, cleanUps) {
    const server = await startServer(cleanUps);
    const proxy = await startProxy(server.port, cleanUps);
    const sentinel = await startProxy(await startSentinel(server.port, cleanUps), cleanUps);
    const set = {
      sentinels: [{ host, port: sentinel.port }],
      name: 'main',
      natMap: { [`${host}:${server.port}`]: { host, port: proxy.port } },
    };
    return { server, proxies: [proxy, sentinel], ...counted(options => new Redis({ ...set, ...options })) };
  },

  /** By a ready client, the template of others. */
  async Cluster({ Cluster }, cleanUps) {
    const { server, proxy } = await startNode(cleanUps);
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => /cluster_state:ok/.test(String(await server.command('CLUSTER', 'INFO'))));
    const template = new Cluster([{ host, port: proxy.port }], { lazyConnect: true });
    let made = 0;
    const duplicate = template.duplicate.bind(template);
    template.duplicate = (...overrides: never[]) => {
      made += 1;
      return duplicate(...overrides);
    };
    return { server, proxies: [proxy], input: template, made: () => made };
  },
};

/** A node of a Cluster that gives the proxy's port as its own. */
async function startNode(
  cleanUps: (() => unknown)[],
  tries = 5,
): Promise<{ server: RedisServer; proxy: TcpProxy }> {
  const port = await freePort();
  const proxy = await startProxy(port, cleanUps);
  const announce = ['--cluster-announce-ip', host, '--cluster-announce-port', `${proxy.port}`];
  try {
    return { server: await startServer(cleanUps, ['--cluster-enabled', 'yes', ...announce], port), proxy };
  } catch (error) {
    // The port of the bus of a Cluster, 10,000 higher, may be taken.
    if (tries === 1 || !String(error).includes('did not start')) throw error;
    return startNode(cleanUps, tries - 1);
  }
}

function counted(make: (options: object) => ReturnType<RedisFactory>): Pick<Site, 'input' | 'made'> {
  let made = 0;
  const input: RedisFactory = ({ options }) => {
    made += 1;
    return make(options);
  };
  return { input, made: () => made };
}

async function startServer(cleanUps: (() => unknown)[], args: readonly string[] = [], port?: number) {
  const server = await RedisServer.start({ args, ...(port !== undefined && { port }) });
  cleanUps.push(() => server.dispose());
  return server;
}

async function startProxy(port: number, cleanUps: (() => unknown)[]): Promise<TcpProxy> {
  const proxy = await TcpProxy.start(port);
  cleanUps.push(() => proxy.close());
  return proxy;
}

function lasts(ms: number): Promise<unknown> {
  const until = performance.now() + ms;
  return eventually(() => performance.now() > until, { within: ms + 5000, what: `${ms} ms have passed` });
}
