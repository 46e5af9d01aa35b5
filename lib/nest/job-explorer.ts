import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';

import { createJob, type JobDefaults } from '../core/job/create-job.js';
import { jobDefaultsOf } from '../core/job/job-defaults.js';
import type { ConfigReader, ProviderReader } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import type { ResolvedOptions } from '../core/options/options.js';
import { jobDefinitions } from '../decorators/job-metadata.js';
import { adoptJobs, type AdoptionResult } from './adopt-jobs.js';
import { adoptionLines, plainJobsLine } from './adoption-lines.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { jobHandler } from './job-handler.js';
import { MethodScanner, type FoundMethod } from './method-scanner.js';
import { refuseNameClashes, type DeclaredJob } from './name-clashes.js';
import { shortNamesWarning } from './short-names.js';
import { CREATED } from './local-jobs.js';
import { CompositionRoot } from './composition-root.js';

/** Finds the methods that `@LeaderCron` and its like stand on, or that `jobs.adopt` names, and makes jobs of them. */
@Injectable()
export class JobExplorer {
  private readonly logger = new ScheduleLog(OWN_CONTEXT);

  constructor(
    private readonly methods: MethodScanner,
    private readonly root: CompositionRoot,
    private readonly moduleRef: ModuleRef,
  ) {}

  /**
   * Throws what is wrong with a decorator: invalid options, an invalid expression, names taken.
   *
   * @returns the methods of @nestjs/schedule that became leader jobs
   */
  explore(options: ResolvedOptions, config?: ConfigReader): readonly FoundMethod[] {
    const get: ProviderReader = token => this.moduleRef.get(token, { strict: false });
    const defaults = { ...jobDefaultsOf(options), config, get };
    this.root.jobDefaults = defaults;
    const adopting = adoptJobs(this.methods.all(), options.adoption, defaults);
    const declared = [...this.decorated(defaults), ...adopting.adopted, ...this.created(defaults)];
    refuseNameClashes(declared);
    for (const { job, definedAt } of declared) this.root.jobs.add(job, definedAt);
    this.report(declared);
    if (options.adoption !== false) this.reportAdoption(adopting);
    else if (declared.length === 0) this.reportPlain(adopting);
    return adopting.adopted.map(({ plain }) => plain.found);
  }

  private report(declared: readonly DeclaredJob[]): void {
    for (const lost of this.methods.lost()) this.logger.warn(wrapped(lost));
    const shortNames = shortNamesWarning(declared);
    if (shortNames !== undefined) this.logger.warn(shortNames);
  }

  private reportAdoption(adopting: AdoptionResult): void {
    const { info, warnings } = adoptionLines(adopting);
    for (const line of info) this.logger.log(line);
    for (const warning of warnings) this.logger.warn(warning);
  }

  /** A forgotten `jobs.adopt` shows in nothing but ticks on every pod. */
  private reportPlain(adopting: AdoptionResult): void {
    const line = plainJobsLine(adopting);
    if (line !== undefined) this.logger.log(line);
  }

  private *decorated(defaults: JobDefaults): Generator<DeclaredJob> {
    for (const found of this.methods.all()) {
      for (const definition of jobDefinitions(found.method)) {
        const job = createJob(found.name, definition, jobHandler(found, withContext), defaults);
        yield { job, definedAt: `${found.name} in ${found.module}`, method: found };
      }
    }
  }

  /** Jobs that the application created before it initialized. */
  private *created(defaults: JobDefaults): Generator<DeclaredJob> {
    for (const draft of this.root.drafts.splice(0)) yield { job: draft(defaults), definedAt: CREATED };
  }
}

function withContext(context: JobContext): unknown[] {
  return [context];
}

function wrapped(method: string): string {
  return (
    `${method} is no job: a decorator above the one that schedules it replaced the method and copied no metadata. ` +
    'Put that decorator below, or have it copy what Reflect.getOwnMetadataKeys() names'
  );
}
