import { Injectable } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';

import { createJob } from '../core/job/create-job.js';
import { UnsupportedJobError } from '../core/errors/errors.js';
import type { ConfigReader } from '../core/job/job-definition.js';
import type { JobHandler } from '../core/job/job.js';
import type { ResolvedOptions } from '../core/options/options.js';
import { jobDefinitions } from '../decorators/job-metadata.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { isShared, MethodScanner, type InstanceWrapper } from './method-scanner.js';
import { CREATED } from './local-jobs.js';
import { CompositionRoot } from './composition-root.js';

type Instance = Record<string, JobHandler>;

/** Finds the methods that `@LeaderCron` and its like stand on and makes jobs of them. */
@Injectable()
export class JobExplorer {
  private readonly logger = new ScheduleLog(OWN_CONTEXT);

  constructor(
    private readonly methods: MethodScanner,
    private readonly root: CompositionRoot,
  ) {}

  /** Throws what is wrong with a decorator: invalid options, an invalid expression, a name taken. */
  explore({ jobDefaults, jobSettings, timing }: ResolvedOptions, config?: ConfigReader): void {
    const defaults = { policy: jobDefaults, ttlMs: timing.ttlMs, settings: jobSettings, config };
    this.root.jobDefaults = defaults;
    for (const { wrapper, isController, key, name, method } of this.methods.all()) {
      for (const definition of jobDefinitions(method)) {
        const handler = handlerOf(wrapper, key, name, isController);
        const job = createJob(name, definition, handler, defaults);
        this.root.jobs.add(job, `${name} in ${wrapper.host?.name ?? 'an unknown module'}`);
      }
    }
    for (const lost of this.methods.lost()) this.logger.warn(wrapped(lost));
    for (const draft of this.root.drafts.splice(0)) this.root.jobs.add(draft(defaults), CREATED);
  }
}

function wrapped(method: string): string {
  return (
    `${method} is no job: a decorator above the one that schedules it replaced the method and copied no metadata. ` +
    'Put that decorator below, or have it copy what Reflect.getOwnMetadataKeys() names'
  );
}

/** Reads the method at each call, so that one replaced later (by a spy, a proxy) is the one that runs. */
function handlerOf(wrapper: InstanceWrapper, key: string, name: string, isController: boolean): JobHandler {
  if (isShared(wrapper)) {
    const instance = wrapper.instance as Instance;
    return context => instance[key]?.(context);
  }
  const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  if (isController || moduleRef === undefined) {
    throw new UnsupportedJobError({
      problem: 'A job stands in a request-scoped controller, which exists only while a request is handled',
      received: name,
      remedy: 'Move the method to a provider: a request-scoped one gets an instance of its own for each run',
    });
  }
  return async context => {
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId(context, contextId);
    const instance = await moduleRef.resolve<Instance>(wrapper.token, contextId, { strict: true });
    return instance[key]?.(context);
  };
}
