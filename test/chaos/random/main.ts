/*
 * The program behind `npm run chaos`; see `chaos.mjs`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runChaos, type ChaosOutcome, type ChaosSettings } from './chaos-run.js';
import { judge, type Verdict } from './judge.js';
import { merged, report } from './report.js';
import { TOPOLOGIES, type TopologyName } from './topologies/topology.js';

/** The evidence of a conviction is left here, for analysis. */
const EVIDENCE_FOLDER = '.build/chaos-evidence';
const LONGEST_ROUND_MS = 5 * 60_000;

/** Runs rounds until the time is up. Resolves to whether nothing happened that must not. */
export async function main(args: string[]): Promise<boolean> {
  const { minutes, seed, topologies, isStrict, keepAll, ...others } = settingsOf(args);
  const forMs = Math.min(LONGEST_ROUND_MS, (minutes * 60_000) / topologies.length);
  const rounds = Math.max(1, Math.round((minutes * 60_000) / forMs));
  const verdicts: Verdict[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const topology = topologies[round % topologies.length] ?? 'single';
    verdicts.push(
      await playRound(
        { ...others, topology, strict: isStrict(topology), forMs, seed: seed + round },
        keepAll,
      ),
    );
  }
  const verdict = merged(verdicts);
  if (rounds > 1) console.log(`\nAll ${rounds} rounds, ${minutes} minutes of faults:\n\n${report(verdict)}`);
  console.log(
    verdict.convictions.length === 0 ? '\nAcquitted.' : `\n${verdict.convictions.length} convictions.`,
  );
  return verdict.convictions.length === 0;
}

async function playRound(settings: Omit<ChaosSettings, 'say'>, keepAll: boolean): Promise<Verdict> {
  console.log(`\n${titleOf(settings)}`);
  const outcome = await runChaos({ ...settings, say: line => console.log(line) });
  const verdict = judge(outcome.evidence);
  console.log(`\n${outcome.evidence.faults.length} faults\n\n${report(verdict)}`);
  if (keepAll || verdict.convictions.length > 0) await keep(settings, outcome, verdict);
  return verdict;
}

function titleOf({
  topology,
  seed,
  forMs,
  pods,
  ttlMs,
  intervalMs,
  strict,
}: Omit<ChaosSettings, 'say'>): string {
  const again = `--topology ${topology} --seed ${seed} --minutes ${Number((forMs / 60_000).toFixed(2))}`;
  return (
    `${topology}${strict ? ', strict' : ''}: ${pods} pods, ttl ${ttlMs} ms, interval ${intervalMs} ms, seed ${seed}` +
    `\n  (again: npm run chaos -- ${again} --pods ${pods} --ttl ${ttlMs} --interval ${intervalMs})`
  );
}

/** Leaves the evidence and the logs of the pods behind. */
async function keep(
  { topology, seed }: Pick<ChaosSettings, 'topology' | 'seed'>,
  { evidence, logs }: ChaosOutcome,
  { convictions }: Verdict,
): Promise<void> {
  const folder = join(EVIDENCE_FOLDER, `${topology}-${seed}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'evidence.json'), JSON.stringify(evidence));
  await writeFile(join(folder, 'convictions.json'), JSON.stringify(convictions, undefined, 2));
  for (const [name, log] of Object.entries(logs)) await writeFile(join(folder, `${name}.log`), log);
  console.log(`\nThe evidence is in ${folder}.`);
}

/** A fail-over of Redis forgets claims, unless they wait for the replicas. */
const REPLICATED: readonly TopologyName[] = ['sentinel', 'cluster'];

function settingsOf(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
      topology: { type: 'string', default: 'mix' },
      pods: { type: 'string', default: '3' },
      ttl: { type: 'string', default: '2000' },
      interval: { type: 'string', default: '500' },
      consistency: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const { topology, consistency } = values;
  return {
    minutes: numberOf('minutes', values.minutes),
    seed: numberOf('seed', values.seed),
    pods: numberOf('pods', values.pods),
    ttlMs: numberOf('ttl', values.ttl),
    intervalMs: numberOf('interval', values.interval),
    topologies: topology === 'mix' ? TOPOLOGIES : [oneOf('topology', topology, TOPOLOGIES)],
    keepAll: values.keep,
    isStrict: (name: TopologyName) =>
      consistency === undefined ? REPLICATED.includes(name) : consistency === 'strict',
  };
}

function numberOf(name: string, value: string): number {
  if (Number(value) > 0) return Number(value);
  throw new Error(`--${name} takes a number above 0, not ${value}.`);
}

function oneOf<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
  const choice = choices.find(one => one === value);
  if (choice !== undefined) return choice;
  throw new Error(`--${name} takes one of ${choices.join(', ')} and mix, not ${value}.`);
}
