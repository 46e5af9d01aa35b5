import type {
  ControlStore,
  Pause,
  PauseRequest,
  RequestsPage,
  RunRequest,
  RunWish,
  StartRequest,
} from '../../ports/control-store.js';
import { ALL_JOBS, EXPIRED_SHOWN_MS, REQUESTS_A_PAGE } from '../../ports/control-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import { parsePause, parseRequests, parseStarts } from './codec/control-codec.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import {
  pauseJobs,
  requestAbort,
  readRequests,
  requestRun,
  requestStarts,
  rescheduleJob,
} from './redis-scripts.js';
import { slotOf } from './codec/run-codec.js';
import { integer, parseWords } from './codec/script-reply.js';

/** A hundred thousand years. */
export const FOR_EVER_MS = 3.2e15;

/** Pauses, overrides, requested and aborted runs, kept with the jobs: claims, renewals and heartbeats find them. */
export class RedisControlStore implements ControlStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async pause({ job, forMs, reason }: PauseRequest, signal: AbortSignal): Promise<Pause> {
    const lasts = Math.min(Math.ceil(forMs), FOR_EVER_MS);
    const args = [lasts, reason, job === ALL_JOBS ? '' : job];
    const reply = await this.connection.ask(pauseJobs, [this.keyOf(job), this.keys.jobs], args, signal);
    const [, from = '', until = ''] = parseWords(reply);
    return parsePause([from, until, reason]);
  }

  async resume(job: string, signal: AbortSignal): Promise<boolean> {
    const reply = await this.connection.ask(
      pauseJobs,
      [this.keyOf(job), this.keys.jobs],
      [0, '', ''],
      signal,
    );
    return parseWords(reply)[0] === '1';
  }

  async requestRun({ id, job }: RunWish, signal: AbortSignal): Promise<RunRequest> {
    const { requests, events } = this.keys;
    const keys = [requests, this.keys.job(job), this.keys.runs(job)];
    const reply = await this.connection.ask(requestRun, keys, [id, job, events], signal);
    return { id, job, tick: integer(parseWords(reply)[0], reply) };
  }

  async requestStarts(
    { podId, token, starts }: StartRequest,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const { lease, requests, jobs } = this.keys;
    const keys = [lease, requests, jobs, ...starts.map(({ job }) => this.keys.starts(job))];
    const perJob = starts.flatMap(({ job, handle, keptMs }) => [job, handle, Math.min(keptMs, FOR_EVER_MS)]);
    return parseStarts(await this.connection.ask(requestStarts, keys, [podId, token, ...perJob], signal));
  }

  async withdraw(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.connection.send(client => client.hdel(this.keys.requests, id), signal)) > 0;
  }

  async requests(after: string, signal: AbortSignal): Promise<RequestsPage> {
    const args = [after === '' ? '0' : after, REQUESTS_A_PAGE, EXPIRED_SHOWN_MS];
    return parseRequests(await this.connection.ask(readRequests, [this.keys.requests], args, signal));
  }

  async requestAbort(run: RunRef, signal: AbortSignal): Promise<boolean> {
    const keys = [this.keys.unfinished, this.keys.runs(run.job)];
    const args = [run.job, slotOf(run), run.runId, this.keys.events];
    return parseWords(await this.connection.ask(requestAbort, keys, args, signal))[0] === 'requested';
  }

  async reschedule(job: string, override: string | undefined, signal: AbortSignal): Promise<void> {
    const keys = [this.keys.job(job), this.keys.control, this.keys.jobs];
    await this.connection.ask(rescheduleJob, keys, [override ?? '', this.keys.events, job], signal);
  }

  private keyOf(job: string): string {
    return job === ALL_JOBS ? this.keys.control : this.keys.job(job);
  }
}
