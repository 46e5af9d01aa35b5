import type { FoundScheduler } from '../adapters/redis/redis-schedulers.js';
import type { RedisView } from '../adapters/redis/create-redis-view.js';
import { SystemClock } from '../adapters/system/system-clock.js';
import { SystemEntropy } from '../adapters/system/system-entropy.js';
import { StoreUnavailableError } from '../core/errors/errors.js';
import { keptName } from '../core/job/job-name.js';
import { peerError } from '../core/errors/missing-peer.js';
import { describedSchedule, parseDescription, type JobDescription } from '../core/job/job-description.js';
import type { JobStates, Pod } from '../ports/control-store.js';
import type { LeaseView } from '../ports/lease-store.js';
import type { PageListener } from '../ports/pages.js';
import { unknownJob } from '../client/lookup-errors.js';
import { Control, type ControlDeps, type KnownJob } from '../client/control.js';
import { callWithin, type Send } from '../ports/time.js';
import { NoSchedulerError } from './no-scheduler-error.js';
import { StoppedJobsReader, type StoppedJobs } from './stopped-jobs.js';
import type { Target } from './target.js';

const CLOCK = new SystemClock();
const CONNECT_MS = 3000;
const COMMAND_MS = 3000;
const SEARCH_MS = 5000;

/** The state of a scheduler, read at one moment. */
export interface Snapshot {
  readonly lease: LeaseView;
  readonly pods: readonly Pod[];
  /** By name. */
  readonly jobs: ReadonlyMap<string, JobDescription>;
  /** In the order of the jobs. */
  readonly states: JobStates;
}

/** The connection of one call to one scheduler. It connects with the first question, and must be closed. */
export class Session {
  readonly control: Control;
  private readonly stoppedJobs: StoppedJobsReader;
  private seen: Snapshot | undefined;

  static async open(target: Target): Promise<Session> {
    const { createRedisView, loadIoredis } = await import('../adapters/redis/create-redis-view.js');
    const { redis, leaderKey } = target;
    const timing = { commandTimeoutMs: COMMAND_MS, clock: CLOCK };
    try {
      await loadIoredis(redis);
      return new Session(createRedisView({ redis, leaseKey: leaderKey, ...timing }), target);
    } catch (cause) {
      throw peerError(cause, 'ioredis', IOREDIS_NEEDED);
    }
  }

  private constructor(
    private readonly view: RedisView,
    readonly target: Target,
  ) {
    this.stoppedJobs = new StoppedJobsReader(view.candidates);
    this.control = new Control({
      clock: CLOCK,
      entropy: new SystemEntropy(),
      find: job => this.find(job),
      ask: send => this.ask(send),
      emit: () => undefined,
      closed: new AbortController().signal,
    } satisfies ControlDeps);
  }

  /** Asks once. Rejects with `StoreUnavailableError` when there is no answer in time. */
  async ask<Answer>(
    send: (view: RedisView, signal: AbortSignal, onPage: PageListener) => Promise<Answer>,
  ): Promise<Answer> {
    await this.view.connect(CONNECT_MS);
    return within(COMMAND_MS, (signal, onPage) => send(this.view, signal, onPage));
  }

  /** Reads the scheduler again. Rejects with a `CliError` that lists the schedulers there are when there is none under this key. */
  async refresh(): Promise<Snapshot> {
    const snapshot = await this.ask(async (view, signal, onPage) => {
      const [lease, { pods }, announced] = await Promise.all([
        view.lease.read(signal),
        view.cluster.pods(signal, onPage),
        view.cluster.announced(signal, onPage),
      ]);
      const names = [...announced.keys()].sort();
      const jobs = new Map(names.map(name => [name, parseDescription(announced.get(name) ?? '')]));
      return { lease, pods, jobs, states: await view.cluster.states(names, signal, onPage) };
    });
    if (snapshot.lease.kind === 'free' && snapshot.pods.length === 0 && snapshot.jobs.size === 0)
      throw new NoSchedulerError(this.target.leaderKey, await this.others());
    this.seen = snapshot;
    return snapshot;
  }

  /** Reads again which jobs are stopped on which pods. */
  stopped(): Promise<StoppedJobs> {
    return this.ask((_, signal, onPage) => this.stoppedJobs.read(signal, onPage));
  }

  /** The newest snapshot, read now when there is none. */
  async snapshot(): Promise<Snapshot> {
    return this.seen ?? this.refresh();
  }

  /** The job of a name. Rejects with `UnknownJobError` when the leader has announced no such job. */
  async find(name: string): Promise<KnownJob> {
    const { jobs } = await this.snapshot();
    const job = jobs.get(keptName(name));
    if (job === undefined) throw unknownJob(name, [...jobs.keys()]);
    return { name: keptName(name), timeZone: describedSchedule(job)?.timeZone };
  }

  close(): Promise<void> {
    return this.view.close();
  }

  /** `undefined`: they cannot be searched, as with an ACL that forbids SCAN. */
  private others(): Promise<readonly FoundScheduler[] | undefined> {
    const found = within(2 * SEARCH_MS, () => this.view.schedulers(AbortSignal.timeout(SEARCH_MS)));
    return found.catch(() => undefined);
  }
}

async function within<Answer>(limitMs: number, send: Send<Answer>): Promise<Answer> {
  try {
    return await callWithin(CLOCK, limitMs, send, noAnswer);
  } catch (error) {
    throw error instanceof StoreUnavailableError ? withOwnRemedy(error) : error;
  }
}

const UNKNOWN_FATE = 'It is not known whether the command was executed: check before you repeat it';

function noAnswer(limitMs: number): StoreUnavailableError {
  const problem = `Redis gave no answer within ${limitMs} ms`;
  return new StoreUnavailableError({ problem, remedy: UNKNOWN_FATE });
}

/** Replaces the remedy of the stores, which is for a scheduler that goes on by itself. */
function withOwnRemedy({ problem, cause }: StoreUnavailableError): StoreUnavailableError {
  const isRefusal = cause instanceof Error && cause.name === 'ReplyError';
  const remedy = isRefusal ? 'That is the answer of Redis: see its password and its ACL' : UNKNOWN_FATE;
  return new StoreUnavailableError({ problem, remedy, cause });
}

const IOREDIS_NEEDED = {
  problem: 'The command line needs the package ioredis, which is not installed',
  remedy: 'Run `npm install ioredis`',
};
