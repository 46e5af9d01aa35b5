import { oldestFirst } from '../../core/run/run-order.js';
import type { UnfinishedPage, UnfinishedRun } from '../../ports/run-store.js';
import { slotOf, type OpenRun } from './ram-jobs.js';

/** Runs of a page; their position is "<live until>|<slot>|<job>". */
const RUNS_A_PAGE = 200;

/** The runs after a position, in the order in which their locks expire, oldest tick first. Empty: from the start. */
export function pageOfUnfinished(open: readonly OpenRun[], after: string, now: number): UnfinishedPage {
  const behind = open.filter(run => after === '' || isBehind(run, after)).sort(byLapse);
  const page = behind.slice(0, RUNS_A_PAGE);
  const last = page.at(-1);
  const runs = page.map(run => toUnfinished(run, now)).sort(oldestFirst);
  return { runs, next: last !== undefined && behind.length > page.length ? placeOf(last) : undefined };
}

function toUnfinished({ record, liveUntil }: OpenRun, now: number): UnfinishedRun {
  const { job, tick, runId, manual, handle, attempt } = record;
  return { job, tick, runId, manual, handle, liveMs: Math.max(0, liveUntil - now), attempt };
}

/** By the instant at which their locks lapse. */
function byLapse(a: OpenRun, b: OpenRun): number {
  if (a.liveUntil !== b.liveUntil) return a.liveUntil - b.liveUntil;
  return memberOf(a) < memberOf(b) ? -1 : 1;
}

function isBehind(run: OpenRun, place: string): boolean {
  const liveUntil = Number.parseInt(place, 10);
  if (run.liveUntil !== liveUntil) return run.liveUntil > liveUntil;
  return memberOf(run) > place.slice(place.indexOf('|') + 1);
}

function placeOf(run: OpenRun): string {
  return `${run.liveUntil}|${memberOf(run)}`;
}

function memberOf({ record }: OpenRun): string {
  return `${slotOf(record)}|${record.job}`;
}
