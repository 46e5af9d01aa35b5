import { EngineCluster, type JobSpec } from './engine-harness.js';
import { SECOND } from './durations.js';

/** Pod `a` leads and keeps its lease, but can claim nothing any more. */
export async function zombieLeads(specs?: readonly JobSpec[]) {
  const cluster = new EngineCluster(specs);
  const a = await cluster.started('a');
  const b = await cluster.started('b');
  await cluster.advance(1.5 * SECOND);
  a.runs.fault = 'hangs';
  return { cluster, a, b };
}

/** Pod `a` has run the first tick, no pod the next five; now `b` leads, and `c` follows. */
export async function afterAGap(specs: readonly JobSpec[]) {
  const cluster = new EngineCluster(specs);
  const a = await cluster.started('a');
  await cluster.advance(1.5 * SECOND);
  await a.engine.shutdown(0);
  await cluster.advance(5 * SECOND);
  return { cluster, b: await cluster.started('b'), c: await cluster.started('c') };
}
