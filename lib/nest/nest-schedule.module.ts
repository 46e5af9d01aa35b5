/*
 * @nestjs/schedule inside this module.
 *
 * Two `forRoot()` of @nestjs/schedule in one application run every plain `@Cron` twice, and give the application
 * two registries. Whether the application imports @nestjs/schedule's module itself is known only after Nest has
 * scanned it, so ours is one shared object that checks it then: beside the application's own it explores nothing
 * and lends out the application's registry as its own; alone it does all the work.
 */
import type { DynamicModule, Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ScheduleModule as NestScheduleModule, SchedulerRegistry } from '@nestjs/schedule';

import { DuplicateRegistryError } from '../core/errors/errors.js';

/** Marks the module below among its kind. */
const OURS = Symbol.for('nestjs-leader-schedule:shared');

const EXPLORE_NOTHING = { cronJobs: false, intervals: false, timeouts: false };

/** One object for every application and every call: Nest distinguishes dynamic modules by reference. */
export const nestScheduleModule: DynamicModule = share(
  NestScheduleModule.forRootAsync({
    inject: [ModulesContainer],
    useFactory: (modules: ModulesContainer) => (findOwn(modules).length > 0 ? EXPLORE_NOTHING : {}),
  }),
);

function share(module: DynamicModule): DynamicModule {
  const providers = (module.providers ?? []).filter(provider => provider !== SchedulerRegistry);
  const registry: Provider = {
    provide: SchedulerRegistry,
    inject: [ModulesContainer],
    useFactory: (modules: ModulesContainer) => {
      const own = findOwn(modules)[0];
      return own === undefined ? new SchedulerRegistry() : standIn(() => registryOf(own));
    },
  };
  return { ...module, providers: [...providers, registry, { provide: OURS, useValue: true }] };
}

/**
 * Throws `DuplicateRegistryError` when the application has more than one SchedulerRegistry of its own: every
 * plain `@Cron` would run more than once.
 */
export function assertOneRegistry(modules: ModulesContainer): void {
  const foreign = [...modules.values()].some(module =>
    [...module.providers.keys()].some(
      token =>
        typeof token === 'function' && token.name === 'SchedulerRegistry' && token !== SchedulerRegistry,
    ),
  );
  if (foreign) {
    throw new DuplicateRegistryError({
      problem: 'The application has a SchedulerRegistry of another copy of @nestjs/schedule',
      remedy:
        'Install one version of @nestjs/schedule only: `npm ls @nestjs/schedule` shows which package requires another',
    });
  }
  const own = findOwn(modules);
  if (own.length > 1) {
    throw new DuplicateRegistryError({
      problem: `@nestjs/schedule's ScheduleModule.forRoot() is called ${own.length} times, so every @Cron would run that often`,
      remedy: 'Call it once in the root module, or not at all: this module brings it',
    });
  }
}

type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

/** The modules of @nestjs/schedule that explore: ours, and those that the application imports. */
export function nestScheduleModulesIn(modules: ModulesContainer): NestModule[] {
  return [...modules.values()].filter(
    module => module.metatype === NestScheduleModule && module.hasProvider(SchedulerRegistry),
  );
}

function findOwn(modules: ModulesContainer): NestModule[] {
  return nestScheduleModulesIn(modules).filter(module => !module.hasProvider(OURS));
}

function registryOf(module: NestModule): SchedulerRegistry {
  return module.getProviderByKey<SchedulerRegistry>(SchedulerRegistry).instance;
}

/** A SchedulerRegistry that is another one, looked up at each use: it may not exist yet. */
function standIn(actual: () => SchedulerRegistry): SchedulerRegistry {
  return new Proxy(new SchedulerRegistry(), { get: (_, key) => Reflect.get(actual(), key) as unknown });
}
