import { ContextIdFactory, ModuleRef } from '@nestjs/core';

import { UnsupportedJobError } from '../core/errors/errors.js';
import type { JobContext, JobHandler } from '../core/job/job.js';
import { isShared, type FoundMethod } from './method-scanner.js';

type Instance = Record<string, (...args: unknown[]) => unknown>;

/**
 * The handler of a job that is a method. It reads the method at each call, so that one replaced later (by a spy, a proxy)
 * is the one that runs. Throws `UnsupportedJobError` for a method of a request-scoped controller.
 *
 * @param argumentsOf what the method is called with
 */
export function jobHandler(found: FoundMethod, argumentsOf: (context: JobContext) => unknown[]): JobHandler {
  const { wrapper, key } = found;
  if (isShared(wrapper)) {
    const instance = wrapper.instance as Instance;
    return context => instance[key]?.(...argumentsOf(context));
  }
  const moduleRef = moduleOf(found);
  return async context => {
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId(context, contextId);
    const instance = await moduleRef.resolve<Instance>(wrapper.token, contextId, { strict: true });
    return instance[key]?.(...argumentsOf(context));
  };
}

function moduleOf({ wrapper, isController, name }: FoundMethod): ModuleRef {
  const moduleRef = wrapper.host?.getProviderByKey<ModuleRef>(ModuleRef).instance;
  if (!isController && moduleRef !== undefined) return moduleRef;
  throw new UnsupportedJobError({
    problem: 'A job stands in a request-scoped controller, which exists only while a request is handled',
    received: name,
    remedy: 'Move the method to a provider: a request-scoped one gets an instance of its own for each run',
  });
}
