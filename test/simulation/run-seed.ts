import type { Counters, Violation } from './history.js';
import { scenarioOf, type Scenario, type ScenarioWishes } from './scenario.js';
import { Simulation } from './simulation.js';

/** The result of a seed. */
export interface Verdict {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  readonly counters: Counters;
  readonly trace: readonly string[];
}

/** Runs the scenario of a seed. Deterministic: the same seed and code give the same verdict. */
export function runSeed(seed: number, wishes: ScenarioWishes, withTrace = false): Promise<Verdict> {
  return runScenario(scenarioOf(seed, wishes), withTrace);
}

/** Runs a scenario. An error that is thrown meanwhile is a violation like others. */
export async function runScenario(scenario: Scenario, withTrace = false): Promise<Verdict> {
  const simulation = new Simulation(scenario);
  const { history } = simulation;
  if (withTrace) history.trace = [];
  const onRejection = (error: unknown): void => history.violated('nothing rejects unheard', textOf(error));
  process.on('unhandledRejection', onRejection);
  try {
    await simulation.run();
  } catch (error) {
    history.violated('nothing throws', textOf(error));
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  const { violations, counters, trace = [] } = history;
  return { seed: scenario.seed, scenario, violations, counters, trace };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
