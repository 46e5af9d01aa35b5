import { keys } from './checks/watch.js';
import type { Berth, Simulation } from './simulation.js';

/**
 * A user overwrites the first page of the job set that a pod has published: it says that the pod has all jobs of the
 * scenario and one more. It is as long as before, so that its pod takes it for its own.
 */
export function forgePage({ redis, scenario, history }: Simulation, { pod }: Berth): void {
  const { data } = redis.master.double;
  const notes = data.value(keys.candidates);
  const note = notes instanceof Map ? (notes.get(pod?.id ?? '') ?? '') : '';
  const key = keys.jobSet(note.split('|')[2] ?? '', 0);
  const page = data.value(key);
  if (typeof page !== 'string') return;
  const names = [...scenario.jobs.map(({ name }) => name), 'forged'];
  const forged = JSON.stringify({ app: 'sim', version: '1', jobs: names.map(name => [name, '', {}, false]) });
  if (forged.length > page.length) return;
  data.put(key, forged.padEnd(page.length), data.expiresAt(key));
  history.note(() => `${key} is forged`);
}
