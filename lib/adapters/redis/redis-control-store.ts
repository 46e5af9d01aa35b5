import type { ControlStore } from '../../ports/control-store.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import { pauseJob } from './redis-scripts.js';

/** A hundred thousand years. */
const FOR_EVER_MS = 3.2e15;

/** Pauses, kept with the job: the claim itself finds them. */
export class RedisControlStore implements ControlStore {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: RedisKeys,
  ) {}

  async pause(job: string, forMs: number, signal: AbortSignal): Promise<void> {
    await this.connection.ask(pauseJob, [this.keys.job(job)], [Math.min(forMs, FOR_EVER_MS)], signal);
  }

  async resume(job: string, signal: AbortSignal): Promise<void> {
    await this.connection.ask(pauseJob, [this.keys.job(job)], [0], signal);
  }
}
