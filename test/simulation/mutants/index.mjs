import { abortMutants } from './aborts.mjs';
import { blockedMutants } from './blocked.mjs';
import { candidateMutants } from './candidates.mjs';
import { claimMutants } from './claims.mjs';
import { clockMutants } from './clock.mjs';
import { connectionMutants } from './connection.mjs';
import { delayMutants } from './delays.mjs';
import { electionMutants } from './election.mjs';
import { endlessMutants } from './endless.mjs';
import { jobMutants } from './jobs.mjs';
import { leaseMutants } from './lease.mjs';
import { presenceMutants } from './presence.mjs';
import { preferenceMutants } from './preference.mjs';
import { removalMutants } from './removal.mjs';
import { reportMutants } from './reports.mjs';
import { runMutants } from './runs.mjs';
import { scheduleMutants } from './schedules.mjs';
import { startMutants } from './starts.mjs';
import { storedValueMutants } from './stored-values.mjs';
import { termMutants } from './terms.mjs';
import { tickMutants } from './ticks.mjs';
import { timingMutants } from './timing.mjs';

/**
 * Ways to break the library, each of which a rule of the simulator must notice. Each text that is replaced
 * occurs exactly once in its file; otherwise the mutant is outdated, and the gate reports it.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} file below the root
 * @property {readonly { find: string, replace: string }[]} changes
 * @property {boolean} [isRare] whether hundreds of scenarios may pass before it shows
 * @property {string} [rule] the rule that must catch it: another one may do so by chance
 * @property {object} [wishes] scenarios in which it shows soon; without them any scenario will do
 *
 * @type {readonly Mutant[]}
 */
export const mutants = [
  ...leaseMutants,
  ...presenceMutants,
  ...electionMutants,
  ...preferenceMutants,
  ...candidateMutants,
  ...termMutants,
  ...claimMutants,
  ...tickMutants,
  ...delayMutants,
  ...scheduleMutants,
  ...runMutants,
  ...startMutants,
  ...blockedMutants,
  ...abortMutants,
  ...endlessMutants,
  ...removalMutants,
  ...reportMutants,
  ...jobMutants,
  ...connectionMutants,
  ...storedValueMutants,
  ...clockMutants,
  ...timingMutants,
];
