import { isDeepStrictEqual } from 'node:util';

import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';

import { SchedulerView } from './client/scheduler-view.js';
import { InvalidOptionsError } from './core/errors/errors.js';
import { printAs } from './core/errors/print-as.js';
import { redactedValue } from './core/errors/redact-value.js';
import type {
  ScheduleModuleAsyncOptions,
  ScheduleModuleOptions,
  ScheduleOptionsFactory,
} from './interfaces/schedule-module-options.interface.js';
import { LeaderService } from './leader.service.js';
import { nestScheduleModule } from './nest/nest-schedule.module.js';
import { SCHEDULE_MODULE_OPTIONS } from './nest/tokens.js';
import { JobExplorer } from './nest/job-explorer.js';
import { NestExplorers } from './nest/nest-explorers.js';
import { LeaderHooks } from './nest/leader-hooks.js';
import { Lifecycle } from './nest/lifecycle.js';
import { EventLogger } from './nest/event-logger.js';
import { MethodScanner } from './nest/method-scanner.js';
import { CompositionRoot } from './nest/composition-root.js';
import { ScheduleService } from './schedule.service.js';

const viewProvider: Provider = {
  provide: SchedulerView,
  inject: [ScheduleService, LeaderService],
  useFactory: viewOf,
};

/** The services, for every module of the application. It initializes first, so that it holds only what must come before all others. */
@Global()
@Module({
  providers: [CompositionRoot, EventLogger, NestExplorers, LeaderService, ScheduleService, viewProvider],
  exports: [CompositionRoot, NestExplorers, LeaderService, ScheduleService, SchedulerView],
})
class ScheduleServicesModule {}

/** By the services, so that a service that a test replaces is replaced for health and metrics, too. */
function viewOf(schedule: ScheduleService, leader: LeaderService): SchedulerView {
  return {
    get jobNames() {
      return schedule.jobNames;
    },
    isLeader: () => leader.isLeader(),
    status: () => schedule.status(),
    lastSuccess: job => schedule.lastSuccess(job),
    onEvent: listener => {
      const subscription = schedule.events.subscribe(listener);
      return () => subscription.unsubscribe();
    },
  };
}

/**
 * Cron jobs that run on one pod of a cluster: the leader, which holds a lease in Redis.
 *
 * Import it once, in the root module. It brings @nestjs/schedule with it, so plain `@Cron` methods and the
 * SchedulerRegistry work as well; importing @nestjs/schedule's own module beside it changes nothing.
 */
@Module({})
export class ScheduleModule {
  /**
   * The module with options from code, the environment and ConfigService, in this order of strength. If Redis is away,
   * that neither fails nor delays the start.
   *
   * Invalid options end the initialization of the application with one `InvalidOptionsError` that lists all of them.
   *
   * @example
   * ```ts
   * @Module({
   *   imports: [ScheduleModule.forRoot({ appName: 'shop', redis: 'redis://localhost:6379' })],
   * })
   * export class AppModule {}
   * ```
   */
  static forRoot(options: ScheduleModuleOptions = {}): DynamicModule {
    return (
      reuse(options) ??
      remember(options, dynamicModule([{ provide: SCHEDULE_MODULE_OPTIONS, useValue: hidden(options) }]))
    );
  }

  /**
   * As `forRoot`, with the options in code made by a factory or a provider.
   *
   * @throws InvalidOptionsError unless exactly one of `useFactory`, `useClass` and `useExisting` is given
   *
   * @example
   * ```ts
   * ScheduleModule.forRootAsync({
   *   inject: [Secrets],
   *   useFactory: async (secrets: Secrets) => ({ redis: await secrets.read('redis-url') }),
   * });
   * ```
   */
  static forRootAsync(options: ScheduleModuleAsyncOptions): DynamicModule {
    return dynamicModule(asyncProviders(options), options.imports);
  }
}

function dynamicModule(
  providers: Provider[],
  imports: ScheduleModuleAsyncOptions['imports'] = [],
): DynamicModule {
  return {
    module: ScheduleModule,
    imports: [...imports, ScheduleServicesModule, nestScheduleModule, DiscoveryModule],
    providers: [...providers, MethodScanner, JobExplorer, LeaderHooks, Lifecycle],
  };
}

function asyncProviders({
  useFactory,
  useClass,
  useExisting,
  inject = [],
}: ScheduleModuleAsyncOptions): Provider[] {
  const provide = SCHEDULE_MODULE_OPTIONS;
  const factory = useClass ?? useExisting;
  const given = [useFactory, useClass, useExisting].filter(way => way !== undefined);
  if (given.length !== 1) {
    throw new InvalidOptionsError({
      problem: `ScheduleModule.forRootAsync got ${given.length} of useFactory, useClass and useExisting`,
      remedy: 'Give exactly one of them',
    });
  }
  if (factory === undefined) {
    const make = useFactory as (...args: unknown[]) => unknown;
    return [{ provide, inject, useFactory: async (...args: unknown[]) => hidden(await make(...args)) }];
  }
  const created = {
    provide,
    inject: [factory],
    useFactory: async (made: ScheduleOptionsFactory) => hidden(await made.createScheduleOptions()),
  };
  return useClass === undefined ? [created] : [useClass, created];
}

/** A copy that shows no password when it is printed, alone or in another object. */
function hidden(options: unknown): unknown {
  const isPlain = typeof options === 'object' && options !== null && !Array.isArray(options);
  return isPlain ? printAs({ ...options }, () => redactedValue(options)) : options;
}

/*
 * Nest distinguishes dynamic modules by reference. Two calls of `forRoot` with the same options mean the same module,
 * so they return the same object.
 */
const made = new Set<WeakRef<DynamicModule>>();
const optionsOf = new WeakMap<DynamicModule, ScheduleModuleOptions>();

function reuse(options: ScheduleModuleOptions): DynamicModule | undefined {
  for (const reference of made) {
    const module = reference.deref();
    if (module === undefined) made.delete(reference);
    else if (isDeepStrictEqual(optionsOf.get(module), options)) return module;
  }
  return undefined;
}

function remember(options: ScheduleModuleOptions, module: DynamicModule): DynamicModule {
  made.add(new WeakRef(module));
  optionsOf.set(module, options);
  return module;
}
