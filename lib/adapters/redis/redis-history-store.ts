import { newestFirst } from '../../core/run/run-order.js';
import type { HistoryQuery, HistoryStore, RunRecord } from '../../ports/history-store.js';
import type { PageListener } from '../../ports/pages.js';
import { inChunks } from './in-chunks.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { readPages } from './read-pages.js';
import { readEntries, readHistory } from './redis-scripts.js';
import { parseRemembered } from './codec/run-codec.js';
import { integer, list, payload } from './codec/script-reply.js';
import { parseHistory, showRemembered } from './codec/shown-records.js';
import { readRunning } from './unfinished-runs.js';

/** One call reads about this many records, of at most this many jobs. */
const RECORDS_A_CALL = 300;
const JOBS_A_CALL = 125;

/** The past as Redis keeps it. Records that cannot be read are shown as unreadable. */
export class RedisHistoryStore implements HistoryStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async history(
    query: HistoryQuery,
    signal: AbortSignal,
    onPage: PageListener = () => undefined,
  ): Promise<readonly RunRecord[]> {
    const { job, before = Infinity, limit, states = [] } = query;
    if (limit <= 0) return [];
    const instant = typeof before === 'number' ? before : before.tick;
    const upTo = instant === Infinity ? '+inf' : Math.ceil(instant) - 1;
    const range = { upTo, from: '-inf', limit, states };
    const older =
      job === undefined ? this.ofAll(range, signal, onPage) : this.read([job], range, signal, onPage);
    const found = [...(await this.beside(query, signal, onPage)), ...(await older)];
    return found.sort(newestFirst).slice(0, limit);
  }

  /** The runs with the tick of the run at which the page begins, and after it. */
  private async beside(
    { job, before, states = [] }: HistoryQuery,
    signal: AbortSignal,
    onPage: PageListener,
  ): Promise<RunRecord[]> {
    if (typeof before !== 'object') return [];
    const range = { upTo: before.tick, from: before.tick, limit: 1, states };
    const jobs = job === undefined ? await this.jobs(signal, onPage) : [job];
    return (await this.read(jobs, range, signal, onPage)).filter(record => newestFirst(before, record) < 0);
  }

  private async jobs(signal: AbortSignal, onPage: PageListener): Promise<string[]> {
    const { words } = await readPages(this.connection, readEntries, [this.keys.jobs, 'set'], signal, onPage);
    return [...new Set(words)];
  }

  async last(job: string, which: 'run' | 'success', signal: AbortSignal): Promise<RunRecord | undefined> {
    const field = which === 'run' ? 'lastRun' : 'lastSuccess';
    const remembered = await this.connection.send(client => client.hget(this.keys.job(job), field), signal);
    if (remembered === null) return undefined;
    // A record that cannot be read proves no success.
    return which === 'run' ? showRemembered(job, remembered) : parseRemembered(job, remembered);
  }

  async running(signal: AbortSignal, onPage: PageListener = () => undefined): Promise<readonly RunRecord[]> {
    return (await readRunning(this.connection, this.keys, signal, onPage)).sort(newestFirst);
  }

  /**
   * Of many jobs only those are read whose newest run is among the newest of all: no other one has any among them. So
   * two reads of each job suffice, and the records of as many jobs as runs are wanted.
   */
  private async ofAll(range: Range, signal: AbortSignal, onPage: PageListener): Promise<RunRecord[]> {
    const jobs = await this.jobs(signal, onPage);
    const newest = await this.read(jobs, { ...range, limit: 1, isBrief: true }, signal, onPage);
    const heads = newest.sort(newestFirst).slice(0, range.limit);
    // The tick of an unreadable record says nothing about its position.
    const isAll = heads.length < range.limit || heads.some(({ state }) => state === 'unreadable');
    const from = isAll ? range.from : (heads.at(-1)?.tick ?? range.from);
    return this.read([...new Set(heads.map(({ job }) => job))], { ...range, from }, signal, onPage);
  }

  private async read(
    jobs: readonly string[],
    range: Range,
    signal: AbortSignal,
    onPage: PageListener,
  ): Promise<RunRecord[]> {
    const size = Math.max(1, Math.min(JOBS_A_CALL, Math.floor(RECORDS_A_CALL / range.limit)));
    if (jobs.length === 0) return [];
    return inChunks(jobs, size, chunk => this.readChunk(chunk, range, signal, onPage), onPage);
  }

  /** One call after the other: Redis serves others in between. No call follows when the caller waits no longer. */
  private async readChunk(
    jobs: readonly string[],
    range: Range,
    signal: AbortSignal,
    onPage: PageListener,
  ): Promise<RunRecord[]> {
    const found: RunRecord[] = [];
    for (let at = 0, where = ''; at < jobs.length && !signal.aborted; onPage()) {
      const page = await this.readPage(jobs.slice(at), range, where, signal);
      found.push(...page.records);
      at += page.done;
      where = page.where;
    }
    return found;
  }

  /** Reads as much as one call may, and says how many jobs are done and where to go on with the one after them. */
  private async readPage(
    jobs: readonly string[],
    { upTo, from, limit, states, isBrief = false }: Range,
    where: string,
    signal: AbortSignal,
  ): Promise<Page> {
    const keys = jobs.flatMap(job => [this.keys.runs(job), this.keys.index(job)]);
    const args = [
      upTo,
      from,
      Math.min(limit, Number.MAX_SAFE_INTEGER),
      where,
      isBrief ? '1' : '0',
      ...states,
    ];
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

/** The answer of one call. */
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
  /** Whether to leave the facts out: the order of runs needs none. */
  readonly isBrief?: boolean;
}
