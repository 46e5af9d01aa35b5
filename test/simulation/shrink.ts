import type { Fault } from './faults.js';
import { runScenario } from './run-seed.js';
import type { Scenario } from './scenario.js';

/** More tries than this are not worth waiting for. */
const MAX_TRIES = 300;

/**
 * Makes a failing scenario smaller for as long as it breaks the same rule: fewer faults, fewer jobs, fewer pods,
 * shorter faults. Resolves to the smallest found.
 */
export async function shrink(failing: Scenario, rule: string): Promise<Scenario> {
  let smallest = failing;
  let tries = 0;
  const stillFails = async (scenario: Scenario): Promise<boolean> => {
    tries += 1;
    const { violations } = await runScenario(scenario);
    return violations.some(violation => violation.rule === rule);
  };
  for (let isSmaller = true; isSmaller && tries < MAX_TRIES;) {
    isSmaller = false;
    for (const candidate of smallerOnes(smallest)) {
      if (tries >= MAX_TRIES) break;
      if (!(await stillFails(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** The boldest cuts first. */
function* smallerOnes(scenario: Scenario): Generator<Scenario> {
  const { faults, jobs, pods } = scenario;
  for (let size = faults.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at < faults.length; at += size)
      yield { ...scenario, faults: faults.toSpliced(at, size) };
  if (jobs.length > 1)
    for (let at = 0; at < jobs.length; at += 1) yield { ...scenario, jobs: jobs.toSpliced(at, 1) };
  if (pods.length > 1)
    for (let at = 0; at < pods.length; at += 1) yield { ...scenario, pods: pods.toSpliced(at, 1) };
  for (const [at, fault] of faults.entries()) {
    const shorter = shortened(fault);
    if (shorter !== undefined) yield { ...scenario, faults: faults.with(at, shorter) };
  }
}

function shortened(fault: Fault): Fault | undefined {
  if (!('forMs' in fault) || fault.forMs < 100) return undefined;
  return { ...fault, forMs: Math.round(fault.forMs / 2) };
}
