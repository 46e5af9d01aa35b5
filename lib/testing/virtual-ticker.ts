import type { SchedulerRegistry } from '@nestjs/schedule';

import type { LeaderCronJob } from '../adapters/registry/leader-cron-job.js';
import { RegistryTicker } from '../adapters/registry/registry-ticker.js';
import type { Job } from '../core/job.js';
import type { Wake } from '../ports/ticker.js';
import type { VirtualClock } from './virtual-clock.js';
import { VirtualCronJob } from './virtual-cron-job.js';

/** The jobs in the SchedulerRegistry, as in production, on virtual time. */
export class VirtualTicker extends RegistryTicker {
  /** @param onStop the application has begun to close */
  constructor(
    registry: SchedulerRegistry,
    private readonly virtual: VirtualClock,
    private readonly onStop: () => void,
  ) {
    super(registry, virtual);
  }

  override stop(): void {
    super.stop();
    this.onStop();
  }

  protected override cronJobOf(job: Job, onWake: (wake: Wake) => void): LeaderCronJob {
    return new VirtualCronJob(job, this.virtual, onWake);
  }
}
