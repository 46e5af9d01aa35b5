import { setTimeout as sleep } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

import type { Duration } from '../core/options/duration.js';
import { waitMs } from '../core/run/pause-input.js';
import { SchedulerView } from '../client/scheduler-view.js';
import type { ScheduleStatus } from '../client/status.js';

const STUCK = 'No pod leads, though Redis answers';
const OVERDUE = 'Jobs are overdue: no pod has decided about their last ticks';

/** Options of `ScheduleHealthIndicator.isHealthy`. */
export interface ScheduleHealthOptions {
  /** The state when no pod has led for longer than any fail-over takes, though Redis answers. @default 'degraded' */
  readonly stuck?: 'degraded' | 'down';
  /** The state when a job is overdue: no pod has decided about its last tick. @default 'degraded' */
  readonly overdue?: 'degraded' | 'down';
  /** Time limit of the check, at least 1 ms; set it below the timeout of the caller. @default '500ms' */
  readonly timeout?: Duration;
}

/**
 * Says to @nestjs/terminus how the scheduler is, as this pod sees it. A follower is as well as a leader. Redis away is
 * `degraded` and never `down`: a restart of the pod would not bring it back, and would end what it does meanwhile.
 * terminus 11 has no `degraded`: there it is `up`, with the reason as `message`.
 */
@Injectable()
export class ScheduleHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly scheduler: SchedulerView,
  ) {}

  /**
   * Asks how the scheduler is. Settles within the `timeout`; rejects with `InvalidOptionsError` only.
   *
   * @param key under which the result stands in the answer of the health check
   */
  async isHealthy<const Key extends string>(
    key: Key,
    options: ScheduleHealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const check = this.indicators.check(key);
    const { verdict, data } = await this.judge(waitMs(options.timeout ?? '500ms'), options);
    if (verdict === 'up') return check.up(data);
    if (verdict === 'down') return check.down(data);
    // terminus 11 knows `up` and `down` only.
    return hasDegraded(check) ? check.degraded(data) : check.up(data);
  }

  private async judge(limitMs: number, options: ScheduleHealthOptions): Promise<Judgement> {
    const status = await this.statusWithin(limitMs);
    if (typeof status !== 'string') return judge(status, options);
    return { verdict: 'degraded', data: { message: status, role: roleOf(this.scheduler.isLeader()) } };
  }

  /** How it is; in words, why that is not known. */
  private async statusWithin(limitMs: number): Promise<ScheduleStatus | string> {
    const isDone = new AbortController();
    const late = sleep(limitMs, `Redis has not answered within ${limitMs} ms`, { signal: isDone.signal });
    try {
      return await Promise.race([this.scheduler.status(), late]);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      late.catch(() => undefined);
      isDone.abort();
    }
  }
}

/** Not in terminus 11. */
function hasDegraded(check: object): boolean {
  return 'degraded' in check;
}

interface Judgement {
  readonly verdict: 'up' | 'degraded' | 'down';
  readonly data: Record<string, unknown>;
}

function judge(status: ScheduleStatus, { stuck, overdue }: ScheduleHealthOptions): Judgement {
  const data = detailsOf(status);
  const { isStoreAvailable, storeError, isStuck } = status;
  if (!isStoreAvailable) return { verdict: 'degraded', data: { message: storeError, ...data } };
  if (isStuck) return { verdict: stuck ?? 'degraded', data: { message: STUCK, ...data } };
  if (status.overdue.length > 0)
    return { verdict: overdue ?? 'degraded', data: { message: OVERDUE, ...data } };
  const { jobDifference } = status;
  if (jobDifference === undefined || jobDifference.isInformation) return { verdict: 'up', data };
  // Never down: a restart would bring the same jobs again.
  return { verdict: 'degraded', data: { message: jobDifference.message, ...data } };
}

function detailsOf({ isLeader, leader, token, leaseRemainingMs, overdue, pause: ofAll }: ScheduleStatus) {
  // In RAM mode the lease does not end, and JSON has no word for that.
  const remaining = Number.isFinite(leaseRemainingMs) && { leaseRemainingMs: Math.round(leaseRemainingMs) };
  return {
    role: roleOf(isLeader),
    leader: leader?.podId ?? null,
    ...(isLeader && { token, ...remaining }),
    overdue: overdue.map(({ job }) => job),
    paused: ofAll !== undefined,
  };
}

function roleOf(isLeader: boolean): 'leader' | 'follower' {
  return isLeader ? 'leader' : 'follower';
}
