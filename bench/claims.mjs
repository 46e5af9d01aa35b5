/* The cost of a claim without the engine. */
import { Redis } from 'ioredis';

import { startRedis } from './processes.mjs';
import { median, percentile, round, shortSpread } from './stats.mjs';
import { claimOf, leaderStores } from './stores.mjs';

const BLOCK = 250;
const BLOCKS = 20;

/** Claims a second, beside the least that a lock a tick can cost: one SET NX. @param {{ redisUrl: string, smoke: boolean }} context */
export async function claims({ redisUrl, smoke }) {
  const [rounds, each] = smoke ? [1, 100] : [20, 1000];
  const stores = await leaderStores(redisUrl, 'claims');
  const figures = { alone: [], aloneLock: [], together: [], togetherLock: [], tick: [] };
  for (let turn = 0; turn < rounds; turn += 1) {
    const tick = Math.floor(Date.now() / 1000) * 1000 - (rounds - turn) * 1000;
    const set = index => stores.operator.set(`lock:${turn}:${index}`, 'x', 'PX', 60_000, 'NX');
    const many = Array.from({ length: each }, (_, index) => claimOf(`job-${index}`, tick));
    const more = many.map(({ job }) => claimOf(`${job}-alone`, tick));
    figures.aloneLock.push(await rate(each, () => oneByOne(more, (_, index) => set(`alone-${index}`))));
    figures.alone.push(await rate(each, () => oneByOne(more, claim => granted(stores, [claim]))));
    figures.togetherLock.push(await rate(each, () => Promise.all(many.map((_, index) => set(index)))));
    figures.together.push(await rate(each, () => granted(stores, many)));
    figures.tick.push(await rate(each, () => finished(stores, [...many, ...more])));
  }
  await stores.close();
  const millis = typical => round((each / typical(figures.together)) * 1000);
  const best = rates => Math.max(...rates);
  const beside = (own, lock) =>
    `${perSecond(figures[own])}; SET NX alone ${perSecond(figures[lock])}: ${round(median(figures[lock]) / median(figures[own]))} times its cost`;
  return [
    { what: 'claims, one after the other', result: beside('alone', 'aloneLock'), goal: '' },
    {
      what: `claims, ${each} together`,
      result: `${beside('together', 'togetherLock')}; ${each} in ${millis(median)} ms, at best ${millis(best)}`,
      goal: smoke ? '' : '≤ 50 ms',
    },
    {
      what: `ends of runs, ${2 * each} together`,
      result: perSecond(figures.tick.map(figure => 2 * figure)),
      goal: '',
    },
  ];
}

/** The cost that strict mode adds to a claim, with one replica. @param {{ smoke: boolean }} context */
export async function strict({ smoke }) {
  const master = await startRedis();
  const replica = await startRedis(['--replicaof', '127.0.0.1', `${master.port}`]);
  await isLinked(replica.url);
  const normal = await leaderStores(master.url, 'normal');
  const careful = await leaderStores(master.url, 'strict', 1);
  const samples = { normal: [], strict: [] };
  for (let index = 0; index < (smoke ? BLOCK / 5 : BLOCKS * BLOCK); index += 1) {
    samples.normal.push(await timed(() => granted(normal, [claimOf(`job-${index}`, 1)])));
    samples.strict.push(await timed(() => granted(careful, [claimOf(`job-${index}`, 1)])));
  }
  await Promise.all([normal.close(), careful.close()]);
  master.stop();
  replica.stop();
  const extra = share => round(median(extraByBlock(samples, share)));
  return [
    {
      what: 'strict mode, one replica: a claim',
      result: `${shortSpread(samples.strict, 'ms')}; normal ${shortSpread(samples.normal, 'ms')}: extra p50 ${extra(0.5)} ms, p99 ${extra(0.99)}`,
      goal: 'extra ≤ 1.1 ms at p99',
    },
  ];
}

/** Block by block, so that a moment in which the machine was busy does not decide. */
function extraByBlock({ normal, strict: careful }, share) {
  const starts = normal.flatMap((_, index) => (index % BLOCK === 0 ? [index] : []));
  const of = (samples, start) => percentile(samples.slice(start, start + BLOCK), share);
  return starts.map(start => of(careful, start) - of(normal, start));
}

/** The memory that the history takes. */
export async function memory() {
  const redis = await startRedis();
  const stores = await leaderStores(redis.url, 'memory');
  const used = async () => Number(/^used_memory:(\d+)/m.exec(await stores.operator.info('memory'))?.[1]);
  const since = Math.floor(Date.now() / 1000) * 1000 - 1_000_000;
  const ticks = Array.from({ length: 1000 }, (_, index) => since + index * 1000);
  const write = ticksOfJobs =>
    oneByOne(ticksOfJobs, claim => granted(stores, [claim]).then(() => finished(stores, [claim])));
  await write(ticks.map(tick => claimOf('warm-up', tick)));
  const before = await used();
  await write(ticks.map(tick => claimOf('job', tick)));
  const between = await used();
  await write(ticks.map((tick, index) => claimOf(`job-${index}`, tick)));
  const [oneJob, manyJobs] = [between - before, (await used()) - between];
  await stores.close();
  redis.stop();
  return [
    {
      what: 'Redis memory per 1,000 history records',
      result: `of one job ${round(oneJob / 1024)} KiB; one each of 1,000 jobs ${round(manyJobs / 1024)} KiB, the jobs' own keys included`,
      goal: '',
    },
  ];
}

async function granted(stores, asked) {
  const answers = await stores.claim(asked);
  const refused = answers.find(({ kind }) => kind !== 'go');
  if (refused) throw new Error(`A claim was answered ${JSON.stringify(refused)}.`);
}

async function finished(stores, runs) {
  const answers = await stores.finish(runs);
  const refused = answers.find(answer => answer !== 'finished');
  if (refused) throw new Error(`The end of a run was answered ${refused}.`);
}

async function oneByOne(items, act) {
  for (const [index, item] of items.entries()) await act(item, index);
}

/** Calls a second. */
async function rate(count, act) {
  return (count / (await timed(act))) * 1000;
}

async function timed(act) {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

function perSecond(rates) {
  return `${Math.round(median(rates)).toLocaleString('en')} a second`;
}

async function isLinked(url) {
  const redis = new Redis(url);
  while (!/master_link_status:up/.test(await redis.info('replication')))
    await new Promise(resolve => setTimeout(resolve, 20));
  redis.disconnect();
}
