import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { RedisServer } from '../../support/redis-server.js';
import { useLabs } from '../support/use-labs.js';
import { Lab, LONG, SHORT } from './lab.js';

const { openRedisLab } = useLabs('runs', Lab.of);
let master: RedisServer;
let replica: RedisServer;
const strict = { replicas: () => 1, commandTimeoutMs: 300 };

/** On a busy machine a replica may take longer than that; the tick, which the run has already, is claimed again. */
const granted = (lab: Lab, second: number, runId: string, lockMs = LONG) =>
  eventually(
    async () => ['go', 'mine'].includes((await lab.claimOne(second, runId, {}, lockMs))?.kind ?? ''),
    { what: 'the claim is granted' },
  );

const isLinked = async () =>
  String(await master.command('INFO', 'replication')).includes('state=online') &&
  String(await replica.command('INFO', 'replication')).includes('master_link_status:up');

async function startPair(): Promise<void> {
  master = await RedisServer.start({ args: ['--repl-diskless-sync-delay', '0'] });
  replica = await RedisServer.start({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
  await eventually(isLinked, { what: 'the replica follows' });
}

async function disposePair(): Promise<void> {
  await Promise.all([master.dispose(), replica.dispose()]);
}

/** A Cluster of one master and one replica. */
async function startCluster() {
  const args = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
  const [node, follower] = [await RedisServer.start({ args }), await RedisServer.start({ args })];
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await follower.command('CLUSTER', 'MEET', '127.0.0.1', node.port);
  const id = String(await node.command('CLUSTER', 'MYID'));
  await eventually(() => follower.command('CLUSTER', 'REPLICATE', id), { what: 'it knows its master' });
  const follows = async () =>
    String(await node.command('INFO', 'replication')).includes('state=online') &&
    /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO')));
  await eventually(follows, { what: 'the replica follows' });
  return { node, follower };
}

describeWithRedis('a claim in strict mode', () => {
  beforeAll(startPair);
  afterEach(() => replica.resume());
  afterAll(disposePair);

  it('starts a run when the replica has its claim', async () => {
    const { lab, keys } = await openRedisLab(master, strict);
    await granted(lab, 1, 'x');
    expect(String(await replica.command('HVALS', keys.runs('job')))).toContain('claimed|x|');
  });

  it('does not confirm a claim that the replica does not have; released, it starts when the replica is back', async () => {
    const { lab } = await openRedisLab(master, strict);
    await replica.pause();
    const [answer] = await lab.claim([lab.wish(1, 'x')]);
    expect(answer).toEqual({ kind: 'failed', message: expect.stringContaining('replicas') });
    expect(await lab.release(lab.run(1, 'x'))).toBe('released');
    await replica.resume();
    await granted(lab, 1, 'y');
  });

  it('does not confirm a recovery that the replica does not have', async () => {
    const { lab } = await openRedisLab(master, strict);
    await granted(lab, 1, 'x', SHORT);
    await lab.stores.pass(SHORT);
    await replica.pause();
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'unconfirmed' });
    expect(await lab.release(lab.run(1, 'new'))).toBe('released');
  });
});

describeWithRedis('the replicas that strict mode requires', () => {
  beforeAll(startPair);
  afterEach(() => replica.resume());
  afterAll(disposePair);

  it('wants more replicas than are configured when there are more, and the more there have been', async () => {
    const second = await RedisServer.start({ args: ['--replicaof', `127.0.0.1 ${master.port}`] });
    const online = (count: number) => async () =>
      String(await master.command('INFO', 'replication')).split('state=online').length === count + 1;
    await eventually(online(2), { what: 'two replicas follow' });
    const { lab } = await openRedisLab(master, strict);
    await granted(lab, 1, 'x');
    await lab.finish(lab.run(1, 'x'));
    await second.dispose();
    await eventually(online(1), { what: 'one replica is left' });
    expect(await lab.claimOne(2, 'y')).toEqual({
      kind: 'failed',
      message: expect.stringContaining('of 2 replicas'),
    });
  });

  it('does not trust a connection that was opened anew, nor wants a replica for what is not granted', async () => {
    const { lab } = await openRedisLab(master, { ...strict, commandTimeoutMs: 5 * SECOND });
    await lab.claimOne(5, 'x');
    await replica.pause();
    expect(await lab.claimOne(4, 'y')).toEqual({ kind: 'past' });
    const claim = lab.claim([lab.wish(1, 'z', { job: 'other' })]);
    await eventually(async () => String(await master.command('CLIENT', 'LIST')).includes('cmd=wait'), {
      what: 'it waits for the replica',
      every: 2,
    });
    await master.command('CLIENT', 'KILL', 'TYPE', 'normal');
    expect(await claim).toEqual([{ kind: 'failed', message: expect.stringContaining('replicas') }]);
  });
});

describeWithRedis('strict mode elsewhere', () => {
  it('asks the node of a Cluster that has its keys', async () => {
    const { node, follower } = await startCluster();
    const { lab } = await openRedisLab(node, { ...strict, cluster: true });
    await granted(lab, 1, 'x');
    await follower.pause();
    expect(await lab.claimOne(1, 'y', { job: 'other' })).toMatchObject({ kind: 'failed' });
    await follower.resume();
    await Promise.all([node.dispose(), follower.dispose()]);
  });

  it('requires one replica where none has been seen', async () => {
    const lonely = await RedisServer.start();
    const { lab } = await openRedisLab(lonely, { ...strict, replicas: () => 0 });
    expect(await lab.claimOne(1, 'x')).toMatchObject({ kind: 'failed' });
    await lonely.dispose();
  });
});
