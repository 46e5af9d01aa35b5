import type { Counter, Gauge } from 'prom-client';

import type { LossReason, ScheduleEvent } from '../core/events.js';
import type { SchedulerView } from '../client/scheduler-view.js';
import type { MetricMaker } from './metric-maker.js';
import type { StatusReader } from './status-reader.js';

type Change = 'elected' | 'suspended' | 'resumed' | LossReason;

/** Each is exposed from the beginning: what is not there yet has no increase. */
const CHANGES: readonly Change[] = [
  'elected',
  'suspended',
  'resumed',
  'deadline',
  'lease-lost',
  'resigned',
  'handed-over',
  'shutdown',
];

/** The metrics of the election. */
export class ElectionMetrics {
  private readonly changes: Counter;
  private readonly stores: Gauge;

  constructor(maker: MetricMaker, scheduler: SchedulerView, status: StatusReader) {
    maker.gauge('is_leader', gauge => gauge.set(scheduler.isLeader() ? 1 : 0));
    this.changes = maker.counter('leadership_changes_total');
    for (const change of CHANGES) this.changes.inc({ change }, 0);
    maker.counter('lease_renewals_total', counter => countRenewals(counter, status));
    maker.gauge('lease_remaining_seconds', async gauge =>
      gauge.set(((await status.read())?.leaseRemainingMs ?? 0) / 1000),
    );
    maker.gauge('clock_ahead_seconds', gauge => readClock(gauge, status));
    this.stores = maker.gauge('store_available');
    for (const source of ['lease', 'runs']) this.stores.set({ source }, 1);
  }

  onEvent(event: ScheduleEvent): void {
    const change = changeOf(event);
    if (change !== undefined) this.changes.inc({ change });
    if (event.type === 'store.unavailable') this.stores.set({ source: event.source }, 0);
    if (event.type === 'store.recovered') this.stores.set({ source: event.source }, 1);
  }
}

function changeOf(event: ScheduleEvent): Change | undefined {
  switch (event.type) {
    case 'leader.elected':
      return 'elected';
    case 'leader.suspended':
      return 'suspended';
    case 'leader.resumed':
      return 'resumed';
    case 'leader.lost':
      return event.reason;
    default:
      return undefined;
  }
}

/** The elector counts, and here its counts are copied. */
async function countRenewals(counter: Counter, status: StatusReader): Promise<void> {
  const renewals = (await status.read())?.renewals;
  if (renewals === undefined) return;
  counter.reset();
  for (const [answer, count] of Object.entries(renewals)) counter.inc({ answer }, Number(count));
}

async function readClock(gauge: Gauge, status: StatusReader): Promise<void> {
  const aheadMs = (await status.read())?.clockAheadMs;
  if (aheadMs === undefined) gauge.remove();
  else gauge.set(aheadMs / 1000);
}
