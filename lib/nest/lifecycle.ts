import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';

import { DuplicateModuleError } from '../core/errors/errors.js';
import { refuseMisspeltDefaults } from '../core/options/misspelt-sections.js';
import { printAs } from '../core/errors/print-as.js';
import { resolveOptions, type ResolvedOptions } from '../core/options/options.js';
import { assertOneRegistry } from './nest-schedule.module.js';
import type { Timer } from '../ports/clock.js';
import type { Stores } from '../ports/stores.js';
import { askStores } from './root-access.js';
import { findConfig, optionsIn } from './config-source.js';
import { findEmitter } from './event-emitter-source.js';
import { SCHEDULE_MODULE_OPTIONS } from './tokens.js';
import { emitEvents } from '../observe/event-emitter.js';
import { JobExplorer } from './job-explorer.js';
import { LeaderHooks } from './leader-hooks.js';
import { NestExplorers } from './nest-explorers.js';
import { OWN_CONTEXT, ScheduleLog } from './schedule-log.js';
import { logFields } from './log-fields.js';
import { startupLine } from './startup-line.js';
import { sigtermWarning, startupWarnings } from './startup-warnings.js';
import { CompositionRoot } from './composition-root.js';

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
    private readonly nestExplorers: NestExplorers,
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
    this.nestExplorers.release(this.explorer.explore(this.options, config));
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
      parts?.errors.inBackground(this.sayStarted(parts.stores));
      parts?.engine.start();
    });
    this.warn();
    this.sigtermCheck = this.root.clock.timer(SIGTERM_CHECK_MS, () => this.warnWithoutSigterm());
  }

  private async sayStarted(stores: Stores): Promise<void> {
    const { options } = this;
    const facts = await stores.facts();
    if (options === undefined || facts === undefined || this.root.closed.aborted) return;
    this.logger.log(startupLine(options, this.root.jobs.jobs.length, facts));
  }

  private warn(): void {
    if (this.options === undefined) return;
    const now = this.root.clock.now().wallMs;
    for (const warning of startupWarnings(this.options, this.root.jobs.jobs, now)) this.logger.warn(warning);
  }

  private warnWithoutSigterm(): void {
    if (this.options === undefined || process.listenerCount('SIGTERM') > 0) return;
    this.logger.warn(sigtermWarning(this.options));
  }

  async onModuleDestroy(): Promise<void> {
    this.sigtermCheck?.cancel();
    this.root.endWaiting();
    const { parts } = this.root;
    if (parts === undefined || this.options === undefined) return;
    await this.root.mayStop();
    const { drainTimeoutMs } = this.options;
    const leftover = await this.root.inContext(() => parts.engine.shutdown(drainTimeoutMs));
    for (const { job, ref } of leftover) {
      const { runId } = ref;
      this.logger.warn(
        `Job ${job.name} (run ${runId}) has not ended within shutdown.drainTimeout; its signal was aborted`,
        ...logFields({ job: job.name, runId, pod: this.root.podId }),
      );
    }
    await this.leave();
    await parts.stores.close();
  }

  /** Removes this pod from the candidates, so that it does not count as dead. Without Redis it is forgotten in time. */
  private async leave(): Promise<void> {
    if (!this.hasConnected) return;
    const { podId } = this.root;
    await askStores(this.root, ({ cluster }, signal) => cluster.leave(podId, signal)).catch(() => undefined);
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
}
