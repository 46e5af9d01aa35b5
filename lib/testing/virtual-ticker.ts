import type { SchedulerRegistry } from '@nestjs/schedule';

import { RegistryTicker } from '../adapters/registry/registry-ticker.js';
import type { VirtualClock } from './virtual-clock.js';

/** The jobs in the SchedulerRegistry, as in production, on virtual time. */
export class VirtualTicker extends RegistryTicker {
  /** @param onStop the application has begun to close */
  constructor(
    registry: SchedulerRegistry,
    virtual: VirtualClock,
    private readonly onStop: () => void,
  ) {
    super(registry, virtual);
  }

  override stop(): void {
    super.stop();
    this.onStop();
  }
}
