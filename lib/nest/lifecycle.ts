import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';

import { IntervalSchedule } from '../core/schedule/interval-schedule.js';
import { CronSchedule } from '../core/schedule/cron-schedule.js';
import { DuplicateModuleError } from '../core/errors/errors.js';
import { refuseMisspeltDefaults } from '../core/options/misspelt-sections.js';
import { printAs } from '../core/errors/print-as.js';
import { leaderKeyOf, resolveOptions, type ResolvedOptions } from '../core/options/options.js';
import { assertOneRegistry } from './nest-schedule.module.js';
import type { Timer } from '../ports/clock.js';
import { askStores } from './root-access.js';
import { findConfig, optionsIn } from './config-source.js';
import { findEmitter } from './event-emitter-source.js';
import { SCHEDULE_MODULE_OPTIONS } from './tokens.js';
import { emitEvents } from '../observe/event-emitter.js';
import { JobExplorer } from './job-explorer.js';
import { LeaderHooks } from './leader-hooks.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { logFields } from './log-fields.js';
import { CompositionRoot } from './composition-root.js';

/** Jobs that tick more often than that are warned about at the start. */
const SHORT_INTERVAL_MS = 100;
/** After `app.init()` an application may still call `enableShutdownHooks`. */
const SIGTERM_CHECK_MS = 1000;

/**
 * Ties the scheduler to the application: made when it initializes, started last, stopped first. Jobs find every
 * provider initialized and none destroyed.
 */
@Injectable()
export class Lifecycle implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new ScheduleLog(OWN_CONTEXT);
  private options: ResolvedOptions | undefined;
  /** Whether there has been a connection, so that this pod may be noted in the store. */
  private hasConnected = false;
  private sigtermCheck: Timer | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly registry: SchedulerRegistry,
    private readonly explorer: JobExplorer,
    private readonly hooks: LeaderHooks,
    private readonly root: CompositionRoot,
    @Inject(SCHEDULE_MODULE_OPTIONS) private readonly code: unknown,
  ) {
    printAs(this, () => 'Lifecycle');
    // Nest starts modules by their distance from the root, the root last, and stops them the other way round.
    // Nearer than the root: after every other module at the start, before every other at the end.
    for (const module of this.ownModules()) module.distance = -1;
  }

  async onModuleInit(): Promise<void> {
    this.assertOneModule();
    assertOneRegistry(this.modules);
    const config = await findConfig(this.moduleRef);
    this.options = resolveOptions({ config: optionsIn(config), environment: process.env, code: this.code });
    this.explorer.explore(this.options, config);
    refuseMisspeltDefaults(
      this.options.jobSettings,
      this.root.jobs.jobs.map(({ name }) => name),
    );
    const ticker = this.root.tickerOf(this.registry);
    const { engine } = await this.root.assemble(this.options, ticker);
    this.hooks.explore();
    const emitter = await findEmitter(this.moduleRef);
    if (emitter !== undefined)
      emitEvents(emitter, this.root.events, error => this.root.listenerFailed(error));
    this.root.inContext(() => engine.mount());
  }

  onApplicationBootstrap(): void {
    const { parts } = this.root;
    this.root.inContext(() => {
      parts?.stores.open();
      parts?.errors.inBackground(parts.stores.ready().then(() => (this.hasConnected = true)));
      parts?.engine.start();
    });
    this.warnOfPastDates();
    this.warnOfStraySettings();
    this.warnOfShortIntervals();
    this.warnOfSharedKey();
    this.sigtermCheck = this.root.clock.timer(SIGTERM_CHECK_MS, () => this.warnUnlessSigtermIsHeard());
  }

  async onModuleDestroy(): Promise<void> {
    this.sigtermCheck?.cancel();
    this.root.endWaiting();
    const { parts } = this.root;
    if (parts === undefined || this.options === undefined) return;
    const { drainTimeoutMs } = this.options;
    const leftover = await this.root.inContext(() => parts.engine.shutdown(drainTimeoutMs));
    for (const { job, ref } of leftover) {
      const { runId } = ref;
      this.logger.warn(
        `Job ${job.name} (run ${runId}) has not ended within shutdown.drainTimeout; its signal was aborted`,
        ...logFields({ job: job.name, runId, pod: this.root.candidateId }),
      );
    }
    await this.leave();
    await parts.stores.close();
  }

  /** Nobody is to take this pod for one that died. Where Redis is away, it is forgotten in time. */
  private async leave(): Promise<void> {
    if (!this.hasConnected) return;
    const { candidateId } = this.root;
    await askStores(this.root, ({ cluster }, signal) => cluster.leave(candidateId, signal)).catch(
      () => undefined,
    );
  }

  private assertOneModule(): void {
    if (this.ownModules().length === 1) return;
    throw new DuplicateModuleError({
      problem: `ScheduleModule is imported ${this.ownModules().length} times with different options`,
      remedy:
        'Call ScheduleModule.forRoot() once, in the root module: LeaderService is then available everywhere',
    });
  }

  private ownModules() {
    return [...this.modules.values()].filter(module => module.hasProvider(Lifecycle));
  }

  /** Each tick is a claim in Redis: a hundred jobs that tick every 10 ms take a whole CPU. */
  private warnOfShortIntervals(): void {
    for (const { name, schedule } of this.root.jobs.jobs)
      if (schedule instanceof IntervalSchedule && schedule.everyMs < SHORT_INTERVAL_MS)
        this.logger.warn(
          `Job ${name} ticks every ${schedule.everyMs} ms: each tick is claimed and recorded, so leave ${SHORT_INTERVAL_MS} ms or more between ticks`,
        );
  }

  private warnOfPastDates(): void {
    const now = this.root.clock.now().wallMs;
    for (const { name, schedule } of this.root.jobs.jobs) {
      if (schedule instanceof CronSchedule && schedule.next(now) === undefined)
        this.logger.warn(
          `The date of job ${name}, ${schedule.source}, has passed: it runs only if it was missed`,
        );
    }
  }

  /** Not refused: jobs may be made later, and one configuration may serve several applications. */
  private warnOfStraySettings(): void {
    const names = this.root.jobs.jobs.map(({ name }) => name);
    for (const { job, path, nearest } of this.options?.jobSettings.strays(names) ?? []) {
      const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
      this.logger.warn(`There is no job '${job}', of which ${path} speaks${hint}`);
    }
  }

  /** Whoever shares the key competes for the lease, and only the leader's jobs run. */
  private warnOfSharedKey(): void {
    const { mode, appName, leaderKey } = this.options ?? {};
    if (mode !== 'redis' || appName !== '' || leaderKey !== leaderKeyOf('')) return;
    this.logger.warn(
      `Neither appName nor leader.key is set: the lease key is ${leaderKey}, and another application on this Redis that sets ` +
        'neither would share lease, jobs, pauses and history with this one. Set appName, the same in every pod',
    );
  }

  private warnUnlessSigtermIsHeard(): void {
    if (process.listenerCount('SIGTERM') > 0) return;
    // In RAM mode nobody else waits for the lease.
    const lease = this.options?.mode === 'ram' ? '' : ' and keeps the lease until it expires';
    this.logger.warn(
      `Nothing listens to SIGTERM: a stopped pod drops its running jobs${lease}. ` +
        'Call app.enableShutdownHooks() in main.ts',
    );
  }
}
