/*
 * The explorers of @nestjs/schedule in this application.
 *
 * An explorer takes every method with `@Cron`, `@Interval` or `@Timeout` at its own onModuleInit, before this module knows
 * which of them become leader jobs: the options are read last. So this class, the first of all to initialize, has the
 * explorers wait. They explore when the jobs are known, without the methods that became leader jobs. Only these instances
 * are changed, neither the metadata of the methods nor a class: other applications in the process have their own.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';

import { UnsupportedJobError } from '../core/errors/errors.js';
import { HeldExplorer, isExplorer } from './held-explorer.js';
import { isShared, type FoundMethod } from './method-scanner.js';
import { nestScheduleModulesIn } from './nest-schedule.module.js';

type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

/** Has the explorers of @nestjs/schedule wait, and leave out methods that became leader jobs. */
@Injectable()
export class NestExplorers implements OnModuleInit {
  private readonly held: HeldExplorer[] = [];

  constructor(private readonly modules: ModulesContainer) {
    // Nest initializes modules by their distance from the root, the farthest first.
    for (const module of modules.values()) if (module.hasProvider(NestExplorers)) module.distance = Infinity;
  }

  onModuleInit(): void {
    for (const module of this.modules.values())
      for (const explorer of explorersOf(module)) this.held.push(new HeldExplorer(module, explorer));
  }

  /**
   * Lets them explore, without these methods.
   *
   * @throws UnsupportedJobError when one of these methods would run on every pod as well
   */
  release(adopted: readonly FoundMethod[]): void {
    const left = adopted.map(({ wrapper, key }) => ({ instance: wrapper.instance as unknown, key }));
    for (const explorer of this.held) explorer.release(left);
    if (adopted.length > 0) this.assertLeftOut(adopted);
  }

  private assertLeftOut(adopted: readonly FoundMethod[]): void {
    const known = adopted.filter(({ wrapper }) => isShared(wrapper));
    for (const module of nestScheduleModulesIn(this.modules)) {
      const explorers = this.held.filter(explorer => explorer.module === module);
      const lost = known.find(
        ({ wrapper, key }) => !explorers.some(explorer => explorer.hasLeftOut(wrapper.instance, key)),
      );
      if (lost !== undefined) throw unknownExplorer(lost);
    }
  }
}

function explorersOf(module: NestModule) {
  return [...module.providers]
    .filter(([token]) => typeof token === 'function' && token.name === 'ScheduleExplorer')
    .map(([, wrapper]) => wrapper.instance)
    .filter(isExplorer);
}

function unknownExplorer({ name }: FoundMethod): UnsupportedJobError {
  return new UnsupportedJobError({
    problem:
      'jobs.adopt cannot keep @nestjs/schedule from running the method on every pod: its explorer is unlike those of its versions 6 and 12',
    received: name,
    remedy: 'Install one of these versions, or write @LeaderCron in place of @Cron and leave jobs.adopt out',
  });
}
