/*
 * Jobs that tick once a term: at a delay after it began, by the clock of Redis.
 */
import type { JobPlan } from '../scenario.js';
import { overAtMs } from '../history.js';
import { EPOCH } from '../world/world.js';
import type { Watch } from './watch.js';

const INSTANT = 'a job that ticks once a term ticks its delay after one began';
const EVERY = 'a job that ticks once a term ticks in every one';

/** A take-over, runs of dead pods included. */
const TAKEOVER_MS = 5000;
/** Faults in spite of which a leader that stays decides what is due. */
const HARMLESS: ReadonlySet<string> = new Set([
  'abort',
  'run-now',
  'script-flush',
  'resign',
  'stop',
  'crash',
]);

/** How long after the beginning of a term a job ticks, ms; `undefined`: it ticks otherwise. */
export function termDelayMs({ cron }: Pick<JobPlan, 'cron'>): number | undefined {
  const [, ms] = /^@timeout (\d+)ms$/.exec(cron) ?? [];
  return ms === undefined ? undefined : Number(ms);
}

/** No tick is of another instant, and the last term has had its own. */
export function checkTerms(watch: Watch, plan: JobPlan): void {
  const delayMs = termDelayMs(plan);
  if (delayMs === undefined) return;
  checkInstants(watch, plan, delayMs);
  checkLastTerm(watch, plan, delayMs);
}

/** A tick that was released may be that of an earlier term. */
export function checkInstants({ history }: Pick<Watch, 'history'>, { name }: JobPlan, delayMs: number): void {
  const instants = [...history.termSince].map(([token, since]) => ({ token, tick: since + delayMs }));
  for (const call of history.calls) {
    if (call.job !== name || call.manual) continue;
    history.judge(INSTANT);
    if (!instants.some(({ token, tick }) => tick === call.tick && token <= call.token))
      history.violated(INSTANT, `${name} ${call.tick} on ${call.process}, in the term ${call.token}`);
  }
}

function checkLastTerm({ history, scenario, simulation }: Watch, plan: JobPlan, delayMs: number): void {
  const { faults, endsAtMs, hasResigningListener } = scenario;
  const term = history.terms.at(-1);
  const since = history.termSince.get(term?.token ?? NaN);
  const leader = simulation.pods.find(({ id, isStopping }) => id === term?.process && !isStopping);
  const isJudged =
    faults.every(({ kind }) => HARMLESS.has(kind)) &&
    hasResigningListener !== true &&
    (plan.jitterMs ?? 0) === 0 &&
    leader?.has(plan.name) === true;
  if (!isJudged || since === undefined) return;
  const tick = since + delayMs;
  const dueMs = tick - EPOCH;
  const byMs = dueMs + TAKEOVER_MS;
  if (byMs > endsAtMs) return;
  const calls = history.calls.filter(({ job }) => job === plan.name);
  const isBlocked = calls.some(
    call => call.tick !== tick && call.startedAtMs <= byMs && overAtMs(call) >= dueMs - TAKEOVER_MS,
  );
  if (isBlocked && plan.overlap !== 'allow') return;
  history.judge(EVERY);
  if (!calls.some(call => call.tick === tick && call.startedAtMs <= byMs))
    history.violated(EVERY, `${plan.name} does not start ${tick} in the term ${term?.token}`);
}
