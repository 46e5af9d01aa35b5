import type { SimServer } from '../world/sim-server.js';
import { wasSetBack } from './clock.js';
import { forgetEras, haveSchedulesChanged } from './eras.js';
import { keys, type Watch } from './watch.js';

/** A server has started: of the jobs that it knows nothing about the beginning comes again. */
export function onServerStart(watch: Watch, server: SimServer): void {
  const { scenario, opened, writes, removals } = watch;
  writes.begin(server);
  removals.set(server, server.replication.log.length);
  for (const { name } of scenario.jobs) {
    if (watermarkOf(server, name) > 0) continue;
    opened.delete(name);
    forgetEras(watch, name);
  }
}

/** A server has executed a script: watermarks never go back. */
export function checkWatermarks(watch: Watch, server: SimServer): void {
  const { scenario, history, watermarks, opened, simulation } = watch;
  const known = watermarks.get(server.name) ?? new Map<string, number>();
  watermarks.set(server.name, known);
  for (const { name: job } of scenario.jobs) {
    const mark = watermarkOf(server, job);
    if (server === simulation.redis.master && mark > 0 && !opened.has(job)) opened.set(job, mark);
    const before = known.get(job) ?? 0;
    // In the future it is brought back to what has run.
    if (mark < before && !wasSetBack(watch))
      history.violated(
        'the watermark of a job goes back',
        `${job} from ${before} to ${mark} on ${server.name}`,
      );
    if (mark !== before) known.set(job, mark);
  }
}

/** A server has executed a script: how far jobs have come. */
export function noteWatermarks(watch: Watch, server: SimServer): void {
  const { scenario, schedules } = watch;
  if (!haveSchedulesChanged(watch)) return;
  for (const { name } of scenario.jobs)
    schedules.watermarks.set(name, Math.max(schedules.watermarks.get(name) ?? 0, watermarkOf(server, name)));
}

/** Where a job stands; 0 when a server does not know it. */
export function watermarkOf(server: SimServer, job: string): number {
  return Number(hashOf(server, job)?.get('hwm') ?? 0);
}

function hashOf(server: SimServer, job: string): ReadonlyMap<string, string> | undefined {
  const hash = server.double.data.value(keys.job(job));
  return hash instanceof Map ? hash : undefined;
}
