import type { Candidacy } from '../../ports/candidate-store.js';
import type {
  AcquireAnswer,
  AcquireRequest,
  LeaseListener,
  LeaseStore,
  LeaseView,
  PodNote,
  ProbeAnswer,
  ProbeRequest,
  RenewAnswer,
  RenewRequest,
  ResignAnswer,
  ResignRequest,
} from '../../ports/lease-store.js';
import { candidacyArgs } from './codec/candidate-codec.js';
import type { EventsProbe } from './connection/events-probe.js';
import {
  isHolderSeen,
  parseAcquire,
  parseEvent,
  parseProbe,
  parseRead,
  parseRenew,
  parseResign,
  resignRequest,
} from './codec/lease-codec.js';
import type { RedisConnection } from './connection/redis-connection.js';
import type { RedisPresence } from './connection/redis-presence.js';
import type { RedisKeys } from './redis-keys.js';
import {
  acquireLease,
  probeLease,
  readLease,
  renewLease,
  requestResignation,
  resignLease,
  type Script,
} from './redis-scripts.js';

/** A holder that is missing for this long is gone; one that only reconnects is back before. */
const GONE_MS = 250;

export interface RedisLeaseStoreDeps {
  /** Carries the commands of the election and nothing else; with RESP3 it shows whether this process is there. */
  readonly lease: RedisConnection;
  /** Shows it otherwise. */
  readonly presence?: RedisPresence;
  /** Listens to the channel of events; without it candidates poll. */
  readonly events: RedisConnection | undefined;
  /** Judges the connection that listens. */
  readonly probe?: EventsProbe;
  readonly keys: RedisKeys;
}

/**
 * The lease in Redis. One connection carries the commands; its opening and closing are reported, because a
 * holder's trust lives with it, and that of the presence, by which others judge a holder.
 */
export class RedisLeaseStore implements LeaseStore {
  private readonly connection: RedisConnection;
  private readonly keys: RedisKeys;
  private listener: LeaseListener = () => undefined;

  constructor(private readonly deps: RedisLeaseStoreDeps) {
    const { lease, presence, events, keys } = deps;
    this.keys = keys;
    this.connection = lease;
    lease.watch({
      onOpen: () => this.listener({ kind: 'connected' }),
      onClose: cause => this.listener({ kind: 'disconnected', cause }),
    });
    presence?.watch({
      onLost: () => this.listener({ kind: 'presence-lost' }),
      onFound: () => this.listener({ kind: 'presence-found' }),
    });
    events?.watch({ onMessage: message => this.onMessage(message) });
  }

  /** Opens the connections; they come back by themselves from then on. */
  open(): void {
    this.deps.events?.open();
    this.connection.open();
  }

  watch(listener: LeaseListener): void {
    this.listener = listener;
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<AcquireAnswer> {
    const { lease, term, fence, alive, pods, control, events, job } = this.keys;
    const { podId, ttlMs, endedToken, evidence, proberRank = '', watched, pod, candidacy } = request;
    const keys = [lease, term, fence, pods, control, ...this.candidateKeys(candidacy), ...watched.map(job)];
    const asked = [podId, ttlMs, alive, evidence ? '1' : '0', GONE_MS, events, endedToken, proberRank];
    const args = [...asked, ...noteArgs(pod), ...candidacyArgs(candidacy)];
    const answer = parseAcquire(await this.askOf(acquireLease, keys, args, signal), candidacy);
    if (answer.kind === 'acquired') this.deps.probe?.onAcquired();
    else this.deps.probe?.onFollowing(answer.kind === 'held' ? answer.token : undefined);
    return answer;
  }

  async probe({ podId, token }: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer> {
    const { lease, term, alive } = this.keys;
    const args = [`${podId}|${token}`, `${alive}${podId}`];
    return parseProbe(await this.connection.ask(probeLease, [lease, term], args, signal));
  }

  async renew(request: RenewRequest, signal: AbortSignal): Promise<RenewAnswer> {
    const { podId, token, ttlMs, pod, candidacy } = request;
    const { lease, term, unfinished, requests, control, pods, jobs, alive } = this.keys;
    const keys = [lease, term, unfinished, requests, control, pods, ...this.candidateKeys(candidacy), jobs];
    const args = [podId, token, ttlMs, alive, ...noteArgs(pod), ...candidacyArgs(candidacy)];
    const answer = parseRenew(await this.askOf(renewLease, keys, args, signal), candidacy);
    if (answer.kind === 'renewed') this.deps.probe?.onRenewed(answer.requests);
    return answer;
  }

  async resign(request: ResignRequest, signal: AbortSignal): Promise<ResignAnswer> {
    const { lease, term, events, candidates } = this.keys;
    const { podId, token, state = 'resting', isHandOver = false } = request;
    const args = [podId, token, events, state, isHandOver ? '1' : '0'];
    return parseResign(await this.connection.ask(resignLease, [lease, term, candidates], args, signal));
  }

  async requestResignation(token: number, job: string, signal: AbortSignal): Promise<void> {
    const { control, events } = this.keys;
    const message = resignRequest(token, job);
    if (job === '')
      await this.connection.ask(requestResignation, [control], [token, events, message], signal);
    else await this.connection.send(client => client.publish(events, message), signal);
  }

  async read(signal: AbortSignal): Promise<LeaseView> {
    const { lease, term, fence } = this.keys;
    return parseRead(await this.connection.ask(readLease, [lease, term, fence], [], signal));
  }

  async close(): Promise<void> {
    this.listener = () => undefined;
    const { presence, events } = this.deps;
    await Promise.all([this.connection.close(), presence?.close(), events?.close()]);
  }

  /** Runs a script that records whether the holder is seen. */
  private async askOf(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<unknown> {
    const answered = this.deps.presence?.asked();
    const reply = await this.connection.ask(script, keys, args, signal);
    const isSeen = isHolderSeen(reply);
    if (isSeen !== undefined) answered?.(isSeen);
    return reply;
  }

  private candidateKeys(candidacy: Candidacy | undefined): readonly string[] {
    const { candidates, jobSet } = this.keys;
    const { page, jobSet: digest = '' } = candidacy ?? {};
    // The page of its job set that it announces, if there is one.
    return [candidates, jobSet(digest, page?.index ?? 0)];
  }

  private onMessage(message: string): void {
    const signal = parseEvent(message);
    if (signal !== undefined) this.listener(signal);
  }
}

function noteArgs(pod: PodNote | undefined): (string | number)[] {
  return [pod?.aheadMs ?? '', pod?.version ?? ''];
}
