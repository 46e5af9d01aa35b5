import type {
  Adoption,
  AdoptAnswer,
  AdoptRequest,
  Claim,
  ClaimAnswer,
  ClaimRequest,
  FinishAnswer,
  FinishRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  OpenAnswer,
  OpenedWatermark,
  OpenRequest,
  ReleaseAnswer,
  RunStore,
  UnfinishedPage,
} from '../../ports/run-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import { inChunks } from './in-chunks.js';
import type { Client } from './connection/redis-client.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { RedisReplicas } from './connection/redis-replicas.js';
import { adoptRuns, claimTicks, finishRuns, heartbeatRuns, openJobs, releaseRun } from './redis-scripts.js';
import {
  lockedFacts,
  parseAdoptions,
  parseClaims,
  parseFinishes,
  parseHeartbeats,
  parseOpen,
  parseRelease,
  reasonField,
  retentionArgs,
  slotOf,
} from './codec/run-codec.js';
import { readUnfinished } from './unfinished-runs.js';

export interface RedisRunStoreOptions {
  /** How long the caller waits for an answer. */
  readonly commandTimeoutMs: number;
  /**
   * Strict mode: how many replicas must have a claim before its run starts; at least as many as the server was
   * ever seen to have, and one. `undefined`: off.
   */
  readonly replicas?: () => number | undefined;
}

/** More in one script would hold up everybody else for longer than a few milliseconds. */
const CLAIMS_A_CALL = 125;
const RUNS_A_CALL = 250;
const ADOPTIONS_A_CALL = 50;

/** Of this many jobs the keys are kept. */
const MAX_KEYS = 10_000;

/** Claims and runs in Redis, by one script an operation; the server's clock is the only one that counts. */
export class RedisRunStore implements RunStore {
  private readonly replicas: RedisReplicas;
  private readonly keysOf = new Map<string, readonly string[]>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
    { commandTimeoutMs, replicas = () => undefined }: RedisRunStoreOptions,
  ) {
    this.replicas = new RedisReplicas(connection, keys.lease, replicas, commandTimeoutMs);
  }

  async open({ podId, token, jobs }: OpenRequest, signal: AbortSignal): Promise<OpenAnswer> {
    const answers = await inChunks(jobs, RUNS_A_CALL, async chunk => {
      const names = chunk.map(({ job }) => job);
      const keys = [
        this.keys.lease,
        this.keys.jobs,
        this.keys.removed,
        ...names.map(this.keys.job),
        ...names.map(this.keys.index),
      ];
      const perJob = chunk.flatMap(({ job, schedule, from = '', override = '' }) => [
        job,
        schedule,
        from,
        override,
      ]);
      const args = [podId, token, ...perJob];
      return [parseOpen(await this.connection.ask(openJobs, keys, args, signal))];
    });
    return merged(answers);
  }

  async claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly ClaimAnswer[]> {
    const { answers, doubt } = await this.replicas.confirm(
      server =>
        inChunks(request.claims, CLAIMS_A_CALL, chunk => this.claimChunk(request, chunk, signal, server)),
      claimed => claimed.some(isGranted),
      signal,
    );
    // Not released here: the caller may have stopped waiting, and may claim again under the same run id.
    if (doubt === undefined) return answers;
    return answers.map(answer => (isGranted(answer) ? { kind: 'failed', message: doubt } : answer));
  }

  async heartbeat(
    { lockMs, runs }: HeartbeatRequest,
    signal: AbortSignal,
  ): Promise<readonly HeartbeatAnswer[]> {
    return inChunks(runs, RUNS_A_CALL, async chunk => {
      const keys = [this.keys.unfinished, ...chunk.map(({ job }) => this.keys.runs(job))];
      const args = [lockMs, ...chunk.flatMap(run => [run.job, slotOf(run), run.runId])];
      return parseHeartbeats(await this.connection.ask(heartbeatRuns, keys, args, signal));
    });
  }

  async finish(requests: readonly FinishRequest[], signal: AbortSignal): Promise<readonly FinishAnswer[]> {
    return inChunks(requests, CLAIMS_A_CALL, async chunk => {
      const keys = [this.keys.unfinished, ...chunk.flatMap(({ job }) => this.jobKeys(job))];
      const args = [this.keys.events, ...chunk.flatMap(finishArgs)];
      return parseFinishes(await this.connection.ask(finishRuns, keys, args, signal));
    });
  }

  async release(run: RunRef, signal: AbortSignal): Promise<ReleaseAnswer> {
    const keys = [this.keys.unfinished, this.keys.job(run.job), this.keys.runs(run.job)];
    const args = [run.job, slotOf(run), run.runId, this.keys.events];
    return parseRelease(await this.connection.ask(releaseRun, keys, args, signal));
  }

  async unfinished(after: string, signal: AbortSignal): Promise<UnfinishedPage> {
    return readUnfinished(this.connection, this.keys, after, signal);
  }

  async adopt(request: AdoptRequest, signal: AbortSignal): Promise<readonly AdoptAnswer[]> {
    const { answers, doubt } = await this.replicas.confirm(
      server =>
        inChunks(request.orphans, ADOPTIONS_A_CALL, (chunk, at) =>
          this.adoptChunk(request, chunk, at, signal, server),
        ),
      adopted => adopted.some(isRecovered),
      signal,
    );
    if (doubt === undefined) return answers;
    return answers.map(answer => (isRecovered(answer) ? { kind: 'unconfirmed' } : answer));
  }

  private async claimChunk(
    { podId, token, lockMs }: ClaimRequest,
    claims: readonly Claim[],
    signal: AbortSignal,
    server: Client | undefined,
  ): Promise<ClaimAnswer[]> {
    const { lease, unfinished, jobs, control, requests } = this.keys;
    const keys = [
      lease,
      unfinished,
      jobs,
      control,
      requests,
      ...claims.flatMap(({ job }) => this.jobKeys(job)),
    ];
    const args = [podId, token, lockMs, ...claims.flatMap(claim => claimArgs(claim, lockMs))];
    return parseClaims(await this.connection.ask(claimTicks, keys, args, signal, server));
  }

  private async adoptChunk(
    { podId, token, lockMs }: AdoptRequest,
    orphans: readonly Adoption[],
    at: number,
    signal: AbortSignal,
    server: Client | undefined,
  ): Promise<AdoptAnswer[]> {
    const { lease, unfinished, control, settled, events } = this.keys;
    const perOrphan = orphans.flatMap(({ orphan }) => this.jobKeys(orphan.job));
    const keys = [lease, unfinished, control, settled, ...perOrphan];
    const args = [
      podId,
      token,
      lockMs,
      events,
      at,
      ...orphans.flatMap(orphan => adoptionArgs(orphan, lockMs)),
    ];
    return parseAdoptions(await this.connection.ask(adoptRuns, keys, args, signal, server));
  }

  /** Kept, because a text that is put together is copied with each command. */
  private jobKeys(job: string): readonly string[] {
    const known = this.keysOf.get(job);
    if (known !== undefined) return known;
    if (this.keysOf.size >= MAX_KEYS) this.keysOf.clear();
    const keys = [this.keys.job(job), this.keys.runs(job), this.keys.index(job)];
    this.keysOf.set(job, keys);
    return keys;
  }
}

function claimArgs(claim: Claim, lockMs: number): (string | number)[] {
  const { job, tick, runId, intent, reason, overlap, retention, facts, recover } = claim;
  const request = claim.isRequested === true ? (claim.handle ?? runId) : '';
  const wish = [intent, reasonField(reason), overlap, ...retentionArgs(retention)];
  const noted = intent === 'run' ? lockedFacts(facts, lockMs) : JSON.stringify(facts);
  return [job, slotOf(claim), tick, runId, ...wish, noted, recover ? 1 : 0, request];
}

function finishArgs(request: FinishRequest): (string | number)[] {
  const { job, tick, runId, state, attempt, retention, facts } = request;
  const outcome = [state, attempt, ...retentionArgs(retention), JSON.stringify(facts)];
  return [job, slotOf(request), tick, runId, ...outcome];
}

function adoptionArgs(
  { orphan, wish, runId, retention, facts }: Adoption,
  lockMs: number,
): (string | number)[] {
  const { job, tick } = orphan;
  const renewed = [wish, runId, ...retentionArgs(retention), lockedFacts(facts, lockMs)];
  return [job, slotOf(orphan), tick, orphan.runId, ...renewed];
}

function isGranted(answer: ClaimAnswer | undefined): boolean {
  return answer?.kind === 'go' || answer?.kind === 'mine';
}

function isRecovered(answer: AdoptAnswer | undefined): boolean {
  return answer?.kind === 'recovered';
}

/** The answer to several calls: fenced if any is; by the latest of their clocks. */
function merged(answers: readonly OpenAnswer[]): OpenAnswer {
  let now = 0;
  const watermarks: OpenedWatermark[] = [];
  for (const answer of answers) {
    if (answer.kind === 'fenced') return answer;
    now = Math.max(now, answer.now);
    watermarks.push(...answer.watermarks);
  }
  return { kind: 'opened', now, watermarks };
}
