/*
 * Of the ticks that were missed, `latest` catches up the newest one and none before it.
 */
import type { JobPlan } from '../scenario.js';
import { dueOf } from './due.js';
import { dueIn } from './eras.js';
import type { Watch } from './watch.js';

const NEWEST = 'a job with catchUp `latest` runs no older tick';

/** Clocks of servers that follow each other differ by up to this, ms. */
const CLOCK_ERROR_MS = 120;

/** A record that was written about a tick. */
interface Written {
  readonly slot: string;
  readonly state: string;
  readonly packed: string;
}

/**
 * A missed tick is claimed. The tick to catch up is chosen after the term of the claim has begun: a newer tick that
 * was due by then would have been caught up instead. It counts if it is one of the schedule by which the pod has
 * opened the job: a server that was left behind may have given it another one than the master. Only the first record of a tick
 * counts: one that was released, or waited for a run, is claimed again whatever fell due meanwhile.
 */
export function onMadeUp(
  watch: Pick<Watch, 'history' | 'schedules' | 'writes'>,
  plan: JobPlan,
  { slot, state, packed }: Written,
): void {
  if (plan.catchUp !== 'latest' || slot.includes('@')) return;
  const { history, schedules, writes } = watch;
  const id = `${plan.name} ${slot}`;
  const isFirst = !writes.known.has(id);
  writes.known.add(id);
  if (state !== 'claimed' || !packed.includes('"catchUp":true')) return;
  const since = history.termSince.get(Number(packed.split('|', 3)[2]));
  if (!isFirst) return history.leaveOut(NEWEST, 'it was released, or waited');
  if (since === undefined) return history.leaveOut(NEWEST, 'the start of its term was not reported');
  const isByAnother = history.clockSteps.some(({ byMs }) => byMs < 0);
  if (isByAnother) return history.leaveOut(NEWEST, 'the clock of Redis was set back since its term began');
  history.judge(NEWEST);
  const process = /"pod":"([^"]*)"/.exec(packed)?.[1] ?? '';
  const active = schedules.active.get(`${process} ${plan.name}`);
  const schedulesOfTick = [dueIn(watch, plan), ...(active === undefined ? [] : [dueOf(active.cron)])];
  const newer = Math.max(...schedulesOfTick.map(due => due.next(Number(slot)) ?? Infinity));
  if (newer <= since - CLOCK_ERROR_MS)
    history.violated(NEWEST, `${plan.name} runs ${slot} in a term since ${since}, and ${newer} was due`);
}
