import { monitorEventLoopDelay } from 'node:perf_hooks';

import { ModulesContainer } from '@nestjs/core';
import { CronTime } from 'cron';

/** The wall clock, finer than Date. */
const wallNow = () => performance.timeOrigin + performance.now();

/** Reports to the parent, which may be gone. @param {object} message */
export function report(message) {
  process.send?.(message, () => {});
}

/** The figures of a pod since the last reset. */
export class Meter {
  /** @type {{ job: number, tick: number, at: number, early: boolean }[]} */
  #runs = [];
  /** @type {{ count: number, from: number, to: number }[]} */
  #claims = [];
  #datesComputed = 0;
  #cpuFrom = process.cpuUsage();
  #loop = monitorEventLoopDelay({ resolution: 5 });

  /** @param {string | undefined} mode `each` or `cpu`, see pod.mjs */
  constructor(mode) {
    this.reportsEach = mode === 'each';
    if (mode === 'cpu') return;
    this.#loop.enable();
    this.#countDates();
  }

  /** A handler was called. @param {number} job @param {number} tick */
  note(job, tick) {
    const at = wallNow();
    // By the clock that the scheduler uses.
    this.#runs.push({ job, tick, at, early: Date.now() < tick });
    if (this.reportsEach) report({ type: 'run', job, tick, at });
  }

  /** Times each call of the claim script(s) from here on. */
  watchClaims(app) {
    const { runs } = compositionRootOf(app).parts.stores;
    const claim = runs.claim.bind(runs);
    runs.claim = async (request, signal) => {
      const from = performance.now();
      const answers = await claim(request, signal);
      this.#claims.push({ count: request.claims.length, from, to: performance.now() });
      return answers;
    };
  }

  reset() {
    this.#runs = [];
    this.#claims = [];
    this.#datesComputed = 0;
    this.#loop.reset();
    this.#cpuFrom = process.cpuUsage();
  }

  figures() {
    const { user, system } = process.cpuUsage(this.#cpuFrom);
    return {
      runs: this.#runs,
      claims: this.#claims,
      datesComputed: this.#datesComputed,
      cpuMs: (user + system) / 1000,
      loopMaxMs: this.#loop.max / 1e6,
      rss: process.memoryUsage.rss(),
      peakRss: process.resourceUsage().maxRSS * 1024,
    };
  }

  /** How often cron computes a date, by luxon. */
  #countDates() {
    const compute = Reflect.get(CronTime.prototype, 'getNextDateFrom');
    const count = () => (this.#datesComputed += 1);
    CronTime.prototype.getNextDateFrom = function (...args) {
      count();
      return compute.apply(this, args);
    };
  }
}

/** The package does not export the class; its name is kept. */
function compositionRootOf(app) {
  for (const module of app.get(ModulesContainer).values())
    for (const { instance, name } of module.providers.values())
      if (name === 'CompositionRoot') return instance;
  throw new Error('No provider is called CompositionRoot.');
}
