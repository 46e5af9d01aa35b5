import { setTimeout as pause } from 'node:timers/promises';

/** Longer than a lease of 10 s. */
const LONG_MS = 15_000;
const RECOVERY_MS = 6000;

/** Faults of a cluster, in rounds; each settles when the cluster has recovered. */
export const SCENARIOS = {
  steady: async () => {
    await pause(10_000);
  },
  SIGTERM: async cluster => {
    const pod = await cluster.active();
    await pod.endBy('SIGTERM');
    await pod.start();
    await pause(RECOVERY_MS);
  },
  SIGKILL: async cluster => {
    const pod = await cluster.active();
    await pod.endBy('SIGKILL');
    await pause(2000);
    await pod.start();
    await pause(RECOVERY_MS);
  },
  SIGSTOP: async cluster => {
    const pod = await cluster.active();
    pod.signal('SIGSTOP');
    await pause(LONG_MS);
    pod.signal('SIGCONT');
    await pause(RECOVERY_MS);
  },
  partition: async cluster => {
    const { cable } = await cluster.active();
    cable.cut();
    await pause(LONG_MS);
    cable.repair();
    await pause(RECOVERY_MS);
  },
  'Redis restart': async ({ redis }) => {
    await redis.restart(3000);
    await pause(2 * RECOVERY_MS);
  },
};
