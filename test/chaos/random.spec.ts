import { it } from '@jest/globals';

import { describeWithRedis } from '../support/describe-with-redis.js';
import { redisSource } from '../support/redis-source.js';
import { runChaos } from './random/chaos-run.js';
import { judge } from './random/judge.js';
import { report } from './random/report.js';
import type { TopologyName } from './random/topologies/topology.js';

/** How long faults go on in each round; `npm run chaos -- --minutes 60` goes on for longer. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 20);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
const TIMINGS = { pods: 3, ttlMs: 2000, intervalMs: 500 };
/** Two at once take half the time, and the machine is busy as in life. */
const ROUNDS = [
  ['single', 'sentinel'],
  ['persistent', 'cluster'],
] as const;
const STARTING_AND_SETTLING_MS = 150_000;

describeWithRedis('random chaos on real processes', () => {
  for (const round of ROUNDS) {
    const topologies = round.filter(isPossible);
    it(
      `breaks no promise on these: ${topologies.join(', ')}`,
      async () => {
        process.stderr.write(`Random chaos on ${topologies.join(' and ')}: CHAOS_SEED=${SEED}\n`);
        await Promise.all(topologies.map(breaksNoPromise));
      },
      SECONDS * 1000 + STARTING_AND_SETTLING_MS,
    );
  }
});

/** Sentinels and a Cluster need one loopback interface for all their servers, which containers do not have. */
function isPossible(topology: TopologyName): boolean {
  return redisSource().kind === 'binary' || topology === 'single' || topology === 'persistent';
}

async function breaksNoPromise(topology: TopologyName): Promise<void> {
  const lines: string[] = [];
  const { evidence } = await runChaos({
    ...TIMINGS,
    topology,
    seed: SEED,
    forMs: SECONDS * 1000,
    strict: topology === 'sentinel' || topology === 'cluster',
    say: line => lines.push(line),
  });
  const verdict = judge(evidence);
  if (verdict.convictions.length === 0) return;
  throw new Error([`On ${topology}, with CHAOS_SEED=${SEED}:`, ...lines, report(verdict)].join('\n'));
}
