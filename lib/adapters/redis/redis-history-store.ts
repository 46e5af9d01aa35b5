import { newestFirst } from '../../core/run-order.js';
import type { HistoryQuery, HistoryStore, RunRecord } from '../../ports/history-store.js';
import type { PageListener } from '../../ports/pages.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { readHistory } from './redis-scripts.js';
import { parseHistory, parseRemembered } from './run-codec.js';
import { integer, list, payload } from './script-reply.js';
import { readRunning } from './unfinished-runs.js';

/** About so many records are read in one call. */
const RECORDS_A_CALL = 500;

/** The past as Redis keeps it. Records that cannot be read are left out. */
export class RedisHistoryStore implements HistoryStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async history(query: HistoryQuery, signal: AbortSignal): Promise<readonly RunRecord[]> {
    const { job, before = Infinity, limit, states = [] } = query;
    if (limit <= 0) return [];
    const instant = typeof before === 'number' ? before : before.tick;
    const upTo = instant === Infinity ? '+inf' : Math.ceil(instant) - 1;
    const range = { upTo, from: '-inf', limit, states };
    const older = job === undefined ? this.ofAll(range, signal) : this.read([job], range, signal);
    const found = [...(await this.beside(query, signal)), ...(await older)];
    return found.sort(newestFirst).slice(0, limit);
  }

  /** What has the same tick as the run from which on the past is asked for, and comes after it. */
  private async beside(
    { job, before, states = [] }: HistoryQuery,
    signal: AbortSignal,
  ): Promise<RunRecord[]> {
    if (typeof before !== 'object') return [];
    const range = { upTo: before.tick, from: before.tick, limit: 1, states };
    const jobs = job === undefined ? await this.jobs(signal) : [job];
    return (await this.read(jobs, range, signal)).filter(record => newestFirst(before, record) < 0);
  }

  private jobs(signal: AbortSignal): Promise<string[]> {
    return this.connection.send(client => client.smembers(this.keys.jobs), signal);
  }

  async last(job: string, which: 'run' | 'success', signal: AbortSignal): Promise<RunRecord | undefined> {
    const field = which === 'run' ? 'lastRun' : 'lastSuccess';
    const remembered = await this.connection.send(client => client.hget(this.keys.job(job), field), signal);
    return remembered === null ? undefined : parseRemembered(job, remembered);
  }

  async running(signal: AbortSignal, onPage: PageListener = () => undefined): Promise<readonly RunRecord[]> {
    return (await readRunning(this.connection, this.keys, signal, onPage)).sort(newestFirst);
  }

  /**
   * Of many jobs most are asked for their newest run only, when that is too old for anything of theirs to be among
   * the newest of all.
   */
  private async ofAll(range: Range, signal: AbortSignal): Promise<RunRecord[]> {
    const jobs = await this.jobs(signal);
    const newest = (await this.read(jobs, { ...range, limit: 1 }, signal)).sort(newestFirst);
    const from = newest[range.limit - 1]?.tick;
    if (from === undefined) return this.read(jobs, range, signal);
    const tooOld = new Set(newest.filter(({ tick }) => tick < from).map(({ job }) => job));
    return this.read(
      jobs.filter(job => !tooOld.has(job)),
      { ...range, from },
      signal,
    );
  }

  private async read(jobs: readonly string[], range: Range, signal: AbortSignal): Promise<RunRecord[]> {
    const size = Math.max(1, Math.floor(RECORDS_A_CALL / range.limit));
    const found: RunRecord[] = [];
    // One call after the other: Redis serves others in between, and is left alone when nobody waits any more.
    for (let at = 0, where = ''; at < jobs.length && !signal.aborted;) {
      const page = await this.readPage(jobs.slice(at, at + size), range, where, signal);
      found.push(...page.records);
      at += page.done;
      where = page.where;
    }
    return found;
  }

  /** Reads as much as one call may, and says how many jobs are done and where to go on with the one after them. */
  private async readPage(
    jobs: readonly string[],
    { upTo, from, limit, states }: Range,
    where: string,
    signal: AbortSignal,
  ): Promise<Page> {
    const keys = jobs.flatMap(job => [this.keys.runs(job), this.keys.index(job)]);
    const args = [upTo, from, Math.min(limit, Number.MAX_SAFE_INTEGER), where, ...states];
    const reply = await this.connection.ask(readHistory, keys, args, signal);
    const lists = payload(reply);
    const [done, next] = list(lists.at(-1), reply);
    return {
      records: parseHistory(jobs.slice(0, lists.length - 1), reply),
      done: integer(done, reply),
      where: String(next),
    };
  }
}

/** What one call has read. */
interface Page {
  readonly records: readonly RunRecord[];
  readonly done: number;
  readonly where: string;
}

/** Which part of the past is read. */
interface Range {
  readonly upTo: string | number;
  readonly from: string | number;
  /** Of each job. */
  readonly limit: number;
  readonly states: readonly string[];
}
