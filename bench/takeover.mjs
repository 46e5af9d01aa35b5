/* The leader is killed: how late the next tick is, and how long no pod leads. */
import { setTimeout as pause } from 'node:timers/promises';

import { leaderOf } from './fail-over.mjs';
import { inTurn, now, startPod } from './processes.mjs';
import { percentile, round, spread } from './stats.mjs';

const SECONDLY = '* * * * * *';
const YEARLY = '0 0 1 1 *';
/** A leader that is killed this long before or after a second may be in the middle of a run, ms. */
const [BEFORE_RUN_MS, AFTER_RUN_MS] = [20, 100];

/** SIGKILL of the leader, at default timings in the real run. @param {{ redisUrl: string, smoke: boolean }} context */
export async function crash({ redisUrl, smoke }) {
  const timing = smoke ? { ttl: 4000, interval: 1000 } : { ttl: 10_000, interval: 3000 };
  const plan = { redisUrl, ...timing, clusters: smoke ? 1 : 10, rounds: smoke ? 1 : 5 };
  const acts = [
    async () => tickRows(await killLeaders({ ...plan, name: 'ticks', cron: SECONDLY, fast: true }), plan),
    async () =>
      workRows(await killLeaders({ ...plan, name: 'work', cron: SECONDLY, fast: true, workMs: 300 })),
    async () => replacedRow(await killLeaders({ ...plan, name: 'idle', cron: YEARLY, fast: true }), plan),
    async () => ttlRow(await killLeaders({ ...plan, name: 'ttl', cron: YEARLY, fast: false }), plan),
  ];
  return (await inTurn(acts, smoke)).flat();
}

function tickRows({ kills, runs }, { ttl }) {
  const what = `crash, ttl ${ttl / 1000} s, a job each second`;
  const late = kills.flatMap(kill => (kill.late === undefined ? [] : [kill.late]));
  const replaced = kills.map(kill => kill.replaced);
  return [
    { what: `${what}: the next tick is late by`, result: spread(late, 'ms'), goal: 'p99 ≤ 500 ms' },
    { what: `${what}: ticks`, result: runs, goal: 'none lost, none doubled' },
    { what: `${what}: another pod leads after`, result: spread(replaced, 'ms'), goal: '' },
  ];
}

/**
 * A run that was cut short counts as live until its run lock lapses. Then the blocked ticks are caught up, and
 * the ticks that fall due while such a run goes on are skipped, as the job's overlap says.
 */
function workRows({ kills, runs }) {
  const what = 'crash in the middle of a run of 300 ms';
  const resumed = kills.map(kill => kill.resumed);
  return [
    { what: `${what}: the job runs again after`, result: spread(resumed, 'ms'), goal: '' },
    { what: `${what}: ticks`, result: runs.replace('lost', 'skipped by policy'), goal: 'none doubled' },
  ];
}

function replacedRow({ kills }, { interval }) {
  const samples = kills.map(({ replaced }) => replaced);
  const goal = `≤ ${interval + 400} ms`;
  return [{ what: 'crash, no tick due: another pod leads after', result: spread(samples, 'ms'), goal }];
}

function ttlRow({ kills }, { ttl }) {
  const samples = kills.map(({ replaced }) => replaced);
  const goal = ttl === 10_000 ? '7.0–10.1 s' : '';
  return [{ what: 'crash, by TTL alone: another pod leads after', result: spread(samples, 'ms'), goal }];
}

/** Rounds of killing, several clusters side by side; what dies is replaced when the round is over. */
export async function killLeaders(plan) {
  const clusters = Array.from({ length: plan.clusters }, (_, index) => new Cluster(plan, index));
  const kills = [];
  for (let round_ = 0; round_ < plan.rounds; round_ += 1) {
    await Promise.all(clusters.map(cluster => cluster.complete()));
    // The standby must have been connected for a second, and have probed the leader.
    await pause(plan.settleMs ?? 1500);
    kills.push(...(await Promise.all(clusters.map(cluster => cluster.killLeader()))));
  }
  const ticks = clusters.map(cluster => cluster.ticks());
  const sum = field => ticks.reduce((total, each) => total + each[field], 0);
  const latest = round(Math.max(...ticks.map(each => each.latest)));
  await Promise.all(clusters.map(cluster => cluster.end()));
  // A pod that had lost its lease just before it was killed shows nothing.
  const ofLeaders = kills.filter(({ replaced }) => replaced >= 0);
  const runs = `${sum('due')} due, ${sum('lost')} lost, ${sum('doubled')} doubled, none later than ${latest} ms`;
  return { kills: ofLeaders, runs };
}

/** A leader and its standby. */
class Cluster {
  /** @type {ReturnType<typeof startPod>[]} */
  #pods = [];
  /** The runs of all pods, also of killed ones. */
  #runs = [];
  #watchesTicks;
  #workMs;
  #interval;
  #environment;

  constructor({ redisUrl, redis, name, cron, fast, ttl, interval, workMs = 0 }, index) {
    this.#watchesTicks = cron === SECONDLY;
    this.#workMs = workMs;
    this.#interval = interval;
    this.#environment = {
      VARIANT: 'redis',
      ...(redis ?? { REDIS_URL: redisUrl }),
      SCHEDULE_APP_NAME: `crash-${name}-${index}`,
      SCHEDULE_LEADER_TTL: `${ttl}ms`,
      SCHEDULE_LEADER_INTERVAL: `${interval}ms`,
      SCHEDULE_LEADER_FAST_TAKEOVER: `${fast}`,
      JOBS: '1',
      CRON: cron,
      REPORT: 'each',
      WORK_MS: `${workMs}`,
      // Ticks that its run lock blocks are caught up, one by one.
      ...(workMs > 0 && { SCHEDULE_JOBS_DEFAULTS_CATCH_UP: 'all' }),
    };
  }

  /** Starts what is missing of two pods; settles when both are up and one leads. */
  async complete() {
    while (this.#pods.length < 2) this.#pods.push(startPod(this.#environment));
    await Promise.all(this.#pods.map(pod => pod.reported('ready')));
    while (!this.#pods.some(pod => pod.isLeader())) await pause(5);
    if (!this.#watchesTicks) return;
    await Promise.any(this.#pods.map(pod => pod.reported('run')));
  }

  async killLeader() {
    await pause(Math.random() * this.#interval);
    const leader = await this.#victim();
    const standby = this.#pods.find(pod => pod !== leader);
    const [killedAt, killedAtWall] = [now(), Date.now()];
    leader.kill();
    const isLast = message => message === standby.messages.findLast(({ type }) => type === 'leadership');
    const { at } = await standby.reported('leadership', message => message.isLeader && isLast(message));
    const replaced = at - killedAt;
    this.#pods = [standby];
    if (!this.#watchesTicks) return { replaced };
    const next = await standby.reported('run', run => run.at > killedAtWall);
    // The ticks of a second or two, so that a late one is seen; and those that are caught up after a run lock has lapsed.
    await pause(this.#workMs > 0 ? 8000 : 2000);
    this.#collect(leader);
    return {
      replaced,
      resumed: next.at - killedAtWall,
      late: this.#lateness(nextSecond(killedAtWall), standby),
    };
  }

  /** The leader: in the middle of a run where runs take a time, else between two. */
  async #victim() {
    if (this.#workMs > 0) return this.#podThatRuns();
    // A run that is cut short holds up the job until its lock lapses: `workRows` shows that.
    const past = (Date.now() + BEFORE_RUN_MS) % 1000;
    if (this.#watchesTicks) await pause(Math.max(0, BEFORE_RUN_MS + AFTER_RUN_MS - past));
    return leaderOf(this.#pods);
  }

  async #podThatRuns() {
    const from = Date.now();
    const runs = async pod => pod.reported('run', run => run.at > from).then(() => pod);
    const runner = await Promise.any(this.#pods.map(runs));
    await pause(this.#workMs / 3);
    return runner;
  }

  #lateness(tick, standby) {
    const run = [...this.#runs, ...runsOf(standby)].find(each => each.tick === tick);
    return run && run.at - run.tick;
  }

  /** Every second between the first run and the last must have been run once. */
  ticks() {
    this.#pods.forEach(pod => this.#collect(pod));
    const counts = new Map();
    for (const { tick } of this.#runs) counts.set(tick, (counts.get(tick) ?? 0) + 1);
    const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())];
    const due = this.#runs.length === 0 ? 0 : (last - first) / 1000 + 1;
    const doubled = [...counts.values()].filter(count => count > 1).length;
    const latest = percentile(
      this.#runs.map(({ tick, at }) => at - tick),
      1,
    );
    return { due, lost: due - counts.size, doubled, latest };
  }

  async end() {
    await Promise.all(this.#pods.map(pod => pod.end()));
  }

  #collect(pod) {
    this.#runs.push(...runsOf(pod));
  }
}

function nextSecond(wallMs) {
  return Math.ceil(wallMs / 1000) * 1000;
}

function runsOf({ messages }) {
  return messages.filter(({ type }) => type === 'run');
}
