import type { ScheduleEvent } from '../../../lib/core/events.js';
import { describe } from '../describe.js';
import { onEventOfBlame } from './blame.js';
import { onStepReported } from './clock-steps.js';
import { onDifferent } from './differences.js';
import { checkBeliefs, onElected } from './leaders.js';
import { onElectedByJobs, onHandedOver } from './preference.js';
import { onOverdue, onResigned } from './reported.js';
import { onSkipped } from './left-to-themselves.js';
import type { Watch } from './watch.js';

/** Each event of each pod, as the checks see it. */
export function onEvent(watch: Watch, process: string, event: ScheduleEvent): void {
  const { history } = watch;
  history.note(() => `${process} ${describe(event)}`);
  checkDurations(watch, event);
  if (event.type === 'leader.elected') {
    history.termSince.set(event.term.token, event.term.since.getTime());
    onElected(watch, process, event.term.token);
  }
  onPreference(watch, process, event);
  if (event.type === 'clock.stepped') onStepReported(watch, process, event);
  if (event.type === 'job.overdue') onOverdue(watch, process, event);
  if (event.type === 'leader.lost' && event.reason === 'resigned') onResigned(watch, process);
  if (event.type === 'jobs.different') onDifferent(watch, process, event);
  if (event.type === 'leader.elected' || event.type === 'leader.resumed') checkBeliefs(watch);
  if ('tick' in event) onTickEvent(watch, process, event);
}

const WHOLE = 'durations of events are whole milliseconds';

function checkDurations({ history }: Watch, event: ScheduleEvent): void {
  for (const [name, value] of Object.entries(event)) {
    if (!name.endsWith('Ms') || value === undefined) continue;
    history.judge(WHOLE);
    if (!Number.isInteger(value)) history.violated(WHOLE, `${event.type} has ${name} ${String(value)}`);
  }
}

function onPreference(watch: Watch, process: string, event: ScheduleEvent): void {
  const { preference } = watch;
  const atMs = watch.simulation.world.nowMs;
  onEventOfBlame(watch, process, event);
  if (event.type === 'leader.elected') onElectedByJobs(watch, process);
  if (event.type === 'leader.unsteady') preference.unsteadyAt.set(process, atMs);
  if (event.type !== 'leader.lost') return;
  const { reason, term } = event;
  if (reason === 'lease-lost') preference.lostAt.set(process, atMs);
  else if (reason !== 'deadline') preference.freed = { atMs, holder: process };
  // A person wanted it, or a listener of the application.
  if (reason === 'resigned') preference.restingFrom.set(process, atMs);
  if (reason === 'handed-over') onHandedOver(watch, process, term.since.getTime());
}

function onTickEvent(watch: Watch, process: string, event: Extract<ScheduleEvent, { tick: Date }>): void {
  const { history } = watch;
  const runId = 'runId' in event ? event.runId : undefined;
  const { type, job } = event;
  const since = 'since' in event ? event.since.getTime() : undefined;
  const tick = event.tick.getTime();
  const reason = 'reason' in event ? event.reason : 'outcome' in event ? event.outcome : undefined;
  const reported = { type, job, tick, since, runId, reason, process, atMs: watch.simulation.world.nowMs };
  history.reported.push(reported);
  if (type === 'job.failed' && runId !== undefined) history.giveUp(runId);
  if (type === 'job.skipped') onSkipped(watch, reported);
}
