import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core';

import { createJob, type JobDefaults } from './core/create-job.js';
import { UnsupportedJobError } from './core/errors.js';
import type { JobHandler } from './core/job.js';
import type { ResolvedOptions } from './core/options.js';
import { jobDefinitions } from './decorators/leader-cron.decorator.js';
import { ScheduleRuntime } from './schedule.runtime.js';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Instance = Record<string, JobHandler>;

/** Finds the methods that `@LeaderCron` stands on and makes jobs of them. */
@Injectable()
export class ScheduleExplorer {
  /** Providers that are known under several tokens have one instance: its methods are one job each. */
  private readonly seen = new Set<object>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly runtime: ScheduleRuntime,
  ) {}

  /** Throws what is wrong with a decorator: invalid options, an invalid expression, a name taken. */
  explore({ jobDefaults, timing }: ResolvedOptions): void {
    const defaults = { policy: jobDefaults, ttlMs: timing.ttlMs };
    for (const wrapper of this.discovery.getProviders()) this.exploreOne(wrapper, false, defaults);
    for (const wrapper of this.discovery.getControllers()) this.exploreOne(wrapper, true, defaults);
  }

  private exploreOne(wrapper: InstanceWrapper, isController: boolean, defaults: JobDefaults): void {
    const prototype = prototypeOf(wrapper);
    const identity: unknown = isShared(wrapper) ? wrapper.instance : wrapper;
    if (
      prototype === undefined ||
      typeof identity !== 'object' ||
      identity === null ||
      this.seen.has(identity)
    )
      return;
    this.seen.add(identity);
    for (const key of this.scanner.getAllMethodNames(prototype)) {
      const method: unknown = prototype[key];
      if (typeof method !== 'function') continue;
      for (const definition of jobDefinitions(method)) {
        const name = `${className(wrapper, prototype)}.${key}`;
        const handler = handlerOf(wrapper, key, name, isController);
        const job = createJob(name, definition, handler, defaults);
        this.runtime.jobs.add(job, `${name} in ${wrapper.host?.name ?? 'an unknown module'}`);
      }
    }
  }
}

/** Looks the method up at each call, so that one replaced later (by a spy, a proxy) is the one that runs. */
function handlerOf(wrapper: InstanceWrapper, key: string, name: string, isController: boolean): JobHandler {
  if (isShared(wrapper)) {
    const instance = wrapper.instance as Instance;
    return context => instance[key]?.(context);
  }
  const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  if (isController || moduleRef === undefined) {
    throw new UnsupportedJobError({
      problem:
        '@LeaderCron stands in a request-scoped controller, which exists only while a request is handled',
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

/** Whether there is one instance for all; request-scoped and transient providers get one for each run. */
function isShared(wrapper: InstanceWrapper): boolean {
  return wrapper.isDependencyTreeStatic() && wrapper.scope !== Scope.TRANSIENT;
}

function prototypeOf(wrapper: InstanceWrapper): Record<string, unknown> | undefined {
  if (isShared(wrapper)) {
    const instance: unknown = wrapper.instance;
    return typeof instance === 'object' && instance !== null
      ? ((Object.getPrototypeOf(instance) as Record<string, unknown> | null) ?? undefined)
      : undefined;
  }
  // A factory's product is not known before it is made.
  const isClass = typeof wrapper.metatype === 'function' && wrapper.inject == null;
  return isClass ? (wrapper.metatype as { prototype?: Record<string, unknown> }).prototype : undefined;
}

function className(wrapper: InstanceWrapper, prototype: Record<string, unknown>): string {
  const constructor: unknown = prototype['constructor'];
  return typeof constructor === 'function' ? constructor.name : String(wrapper.name);
}
