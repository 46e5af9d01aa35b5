import type { SimServer } from '../world/sim-server.js';
import { keys, type Watch } from './watch.js';

/** A server has started: of the jobs that it knows nothing about the beginning comes again. */
export function onServerStart({ scenario, opened }: Watch, server: SimServer): void {
  for (const { name } of scenario.jobs) if (markOf(server, name) === 0) opened.delete(name);
}

/** A server has executed a script: marks never go back. */
export function lookAtMarks(watch: Watch, server: SimServer): void {
  const { scenario, history, marks, simulation } = watch;
  for (const { name: job } of scenario.jobs) {
    const mark = markOf(server, job);
    if (server === simulation.redis.master) noteOpening(watch, server, job, mark);
    const id = `${server.name} ${job}`;
    const before = marks.get(id) ?? 0;
    if (mark < before)
      history.violated('the mark of a job goes back', `${job} from ${before} to ${mark} on ${server.name}`);
    if (mark !== before) marks.set(id, mark);
  }
}

/** A job is opened when it gets its schedule; a server that has lost that opens it anew. */
function noteOpening({ opened, unscheduled }: Watch, server: SimServer, job: string, mark: number): void {
  if (mark === 0) return;
  const hasSchedule = hashOf(server, job)?.has('schedule') === true;
  if (!opened.has(job) || (hasSchedule && unscheduled.has(job))) opened.set(job, mark);
  if (hasSchedule) unscheduled.delete(job);
  else unscheduled.add(job);
}

/** Where a job stands; 0 when a server does not know it. */
export function markOf(server: SimServer, job: string): number {
  return Number(hashOf(server, job)?.get('hwm') ?? 0);
}

function hashOf(server: SimServer, job: string): ReadonlyMap<string, string> | undefined {
  const hash = server.double.data.value(keys.job(job));
  return hash instanceof Map ? hash : undefined;
}
