import type { Simulation } from '../simulation.js';
import { longestTimes } from '../timing-world.js';
import { BlameLog } from './blame.js';
import { StepLog } from './clock-steps.js';
import { ScheduleLog } from './eras.js';
import { LostRecords } from './lost-records.js';
import { PreferenceLog } from './preference.js';
import { ReadingLog } from './readings.js';
import { ReportLog } from './reported.js';
import type { Watch } from './watch.js';
import { WriteLog } from './writes.js';

/** The empty notes of the checks when a simulation begins. */
export function createWatch(simulation: Simulation): Watch {
  const { scenario, history } = simulation;
  return {
    scenario,
    history,
    simulation,
    longest: longestTimes(scenario),
    watermarks: new Map(),
    opened: new Map(),
    leases: new Map(),
    writes: new WriteLog(),
    lost: new LostRecords(),
    preference: new PreferenceLog(),
    probes: new Map(),
    readings: new ReadingLog(),
    blame: new BlameLog(),
    reports: new ReportLog(),
    removals: new WeakMap(),
    schedules: new ScheduleLog(),
    differences: new Map(),
    steps: new StepLog(),
    leftToThemselves: [],
    pastTerms: new Map(),
  };
}
