import type {
  Announcement,
  ClusterStore,
  JobStates,
  PodsView,
  RequestOutcome,
  RunRequest,
  StoredNames,
  SweepRequest,
} from '../../ports/control-store.js';
import type { PageListener } from '../../ports/pages.js';
import { parseOutcome, parsePods, parseStates, parseSweep } from './codec/control-codec.js';
import { inChunks } from './in-chunks.js';
import type { Client } from './connection/redis-client.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { readPages } from './read-pages.js';
import { announceJobs, readJobs, readEntries, readRequest, sweepJobs } from './redis-scripts.js';
import { slotOf } from './codec/run-codec.js';
import { parseWords } from './codec/script-reply.js';

/** Scripts of more jobs would hold up everybody else for longer than a few milliseconds. */
const JOBS_A_CALL = 125;
/** Of jobs that no pod has. */
const SWEPT_A_CALL = 50;
const NAMES_A_PAGE = 250;
/** Candidates that were not seen for this time are not shown; the leader forgets them. */
const FORGET_MS = 600_000;

/** The state of the scheduler in Redis, for display. */
export class RedisClusterStore implements ClusterStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async announce({ podId, token, jobs, isFirst = true }: Announcement, signal: AbortSignal): Promise<void> {
    const { lease, specs } = this.keys;
    const page = jobs.flatMap(({ job, description }) => [job, description]);
    const args = [podId, token, isFirst ? '1' : '0', ...page];
    await this.connection.ask(announceJobs, [lease, specs], args, signal);
  }

  async announced(signal: AbortSignal, onPage?: PageListener): Promise<ReadonlyMap<string, string>> {
    return (await this.entriesOf(this.keys.specs, signal, onPage)).entries;
  }

  async states(jobs: readonly string[], signal: AbortSignal, onPage?: PageListener): Promise<JobStates> {
    const ask = async (chunk: readonly string[]) => [await this.statesOf(chunk, signal)];
    const pages = await inChunks(jobs, JOBS_A_CALL, ask, onPage);
    const { now = 0, pause } = pages[0] ?? {};
    return { now, pause, jobs: pages.flatMap(page => page.jobs) };
  }

  async outcome(request: RunRequest, signal: AbortSignal): Promise<RequestOutcome> {
    const { id, job, tick } = request;
    const slot = slotOf({ tick, runId: id, manual: true });
    const keys = [this.keys.requests, this.keys.job(job), this.keys.runs(job)];
    return parseOutcome(request, slot, await this.connection.ask(readRequest, keys, [id, slot], signal));
  }

  async pods(signal: AbortSignal, onPage?: PageListener): Promise<PodsView> {
    const { now, entries } = await this.entriesOf(this.keys.pods, signal, onPage);
    const pods = parsePods(entries).filter(({ seenAt }) => seenAt >= now - FORGET_MS);
    return { now, pods: pods.sort((a, b) => a.since - b.since) };
  }

  /** Reads a hash page by page. */
  private async entriesOf(key: string, signal: AbortSignal, onPage?: PageListener) {
    const { now, words } = await readPages(this.connection, readEntries, [key], signal, onPage);
    const entries = new Map<string, string>();
    for (let at = 0; at < words.length; at += 2) entries.set(words[at] ?? '', words[at + 1] ?? '');
    return { now, entries };
  }

  async leave(podId: string, signal: AbortSignal): Promise<void> {
    const { pods, candidates } = this.keys;
    const forget = (client: Client) => Promise.all([pods, candidates].map(key => client.hdel(key, podId)));
    await this.connection.send(forget, signal);
  }

  async jobNames(after: string, signal: AbortSignal): Promise<StoredNames> {
    const args = [after === '' ? '0' : after, NAMES_A_PAGE, 'set'];
    const reply = await this.connection.ask(readEntries, [this.keys.jobs], args, signal);
    const [next = '0', ...names] = parseWords(reply);
    return { names, next: next === '0' ? undefined : next };
  }

  async sweep(request: SweepRequest, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const swept = await inChunks(request.absent, SWEPT_A_CALL, async (absent, number) => {
      const present = number === 0 ? request.present : [];
      return [await this.sweepChunk({ ...request, absent, present }, signal)];
    });
    return swept.includes(undefined) ? undefined : swept.flatMap(names => names ?? []);
  }

  private async sweepChunk(
    { podId, token, absent, present, kept }: SweepRequest,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const { lease, jobs, unfinished, requests, removed, job, runs, index, starts } = this.keys;
    const perJob = absent.flatMap(name => [job(name), runs(name), index(name), starts(name)]);
    const keys = [lease, jobs, unfinished, requests, removed, ...perJob];
    const term = [podId, token, kept.leastMs, kept.mostMs, kept.unknownMs];
    return parseSweep(await this.connection.ask(sweepJobs, keys, [...term, ...absent, ...present], signal));
  }

  private async statesOf(jobs: readonly string[], signal: AbortSignal): Promise<JobStates> {
    const keys = [this.keys.control, ...jobs.map(this.keys.job)];
    return parseStates(jobs, await this.connection.ask(readJobs, keys, [], signal));
  }
}
