import { createJob, type JobDefaults } from '../core/job/create-job.js';
import type { CronTimeInput } from '../core/schedule/cron-schedule.js';
import { InvalidOptionsError } from '../core/errors/errors.js';
import { hasFactories } from '../core/job/given-options.js';
import type { ScheduleFactory, WithFactories } from '../core/job/job-definition.js';
import { BUILT_IN_POLICY } from '../core/job/job-policy-options.js';
import type { Job, JobHandler } from '../core/job/job.js';
import type { CreateJobOptions } from '../interfaces/create-job-options.interface.js';
import { askStores, knownJob } from './root-access.js';
import { toJobRun } from '../client/run-view.js';
import type { JobInfo, JobSubject } from '../client/job-info.js';
import type { CompositionRoot } from './composition-root.js';

/** Of a draft no more is checked than that it can be a job at all; the application's own defaults come later. */
const ANY_DEFAULTS: JobDefaults = { policy: BUILT_IN_POLICY, ttlMs: 0 };

/** The jobs of this process. `ScheduleService` is its public face. */
export class LocalJobs {
  constructor(private readonly root: CompositionRoot) {}

  create(
    name: string,
    cronTime: CronTimeInput | ScheduleFactory,
    handler: JobHandler,
    options: WithFactories<CreateJobOptions>,
  ): void {
    const place = `create(${JSON.stringify(name)}, …)`;
    if (typeof handler !== 'function') throw noHandler(place, handler);
    const definition = { place, cronTime, options: { ...options, name } };
    const make = (defaults: JobDefaults): Job => createJob(name, definition, handler, defaults);
    const { jobDefaults, drafts } = this.root;
    if (jobDefaults !== undefined) return this.add(make(jobDefaults));
    // A setting that a function gives cannot be read yet.
    if (!hasFactories(definition)) make(ANY_DEFAULTS);
    drafts.push(make);
  }

  remove(name: string): void {
    const job = knownJob(this.root, name);
    this.root.jobs.remove(job.name);
    this.root.inContext(() => this.root.parts?.engine.remove(job));
  }

  async list(): Promise<readonly JobInfo[]> {
    const { jobs } = this.root.jobs;
    const names = jobs.map(({ name }) => name);
    const [states, running] = await askStores(this.root, ({ cluster, history }, signal, onPage) =>
      Promise.all([cluster.states(names, signal, onPage), history.running(signal, onPage)]),
    );
    const runs = running.map(toJobRun);
    // Loaded late: with the descriptions it takes longer to load than the rest of this package. A module keeps for ever
    // the context in which it was first loaded.
    const { jobInfo } = await this.root.inContext(() => import('../client/job-info.js'));
    const infos = jobs.map((job, index) => jobInfo(this.subjectOf(job), states.jobs[index], states, runs));
    return infos.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private add(job: Job): void {
    const { jobs, parts, inContext } = this.root;
    jobs.add(job, CREATED);
    try {
      inContext(() => parts?.engine.add(jobs.find(job.name) ?? job));
    } catch (error) {
      jobs.remove(job.name);
      throw error;
    }
  }

  private subjectOf(job: Job): JobSubject {
    const engine = this.root.parts?.engine;
    return {
      name: job.name,
      schedule: engine?.activeScheduleOf(job)?.schedule ?? job.schedule,
      isStopped: engine?.isStopped(job) ?? true,
      stoppedOn: this.root.parts?.jobSets?.stoppedOn(job.name) ?? [],
      definedIn: this.root.jobs.definedAt(job.name),
    };
  }
}

/** Where a job was written that was made at run time. */
export const CREATED = 'created at run time';

function noHandler(place: string, received: unknown): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: `${place} got a handler that is no function`,
    received,
    remedy: 'Give a function that takes a JobContext',
  });
}
