import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';

/**
 * A network that takes its time, between this process and a Redis server. It has a thread of its own: while this process
 * is busy answers arrive all the same, as they do from another machine.
 */
export class SlowLink {
  /** @param delayMs in each direction */
  static async start(port: number, delayMs: number): Promise<SlowLink> {
    const worker = new Worker(new URL('./slow-link-worker.mjs', import.meta.url), {
      workerData: { port, delayMs },
    });
    const [address] = (await once(worker, 'message')) as [AddressInfo];
    return new SlowLink(worker, `redis://127.0.0.1:${address.port}`);
  }

  private constructor(
    private readonly worker: Worker,
    /** For ioredis. */
    readonly url: string,
  ) {}

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
