import { FAR_PODS, JOB_PLAN } from './worlds.mjs';

/**
 * Ways to break what the connection promises: commands sent once, and acknowledgements of replicas.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const connectionMutants = [
  {
    name: 'automatic-resend',
    file: 'lib/adapters/redis/connection/redis-client.ts',
    changes: [
      { find: 'autoResendUnfulfilledCommands: false,', replace: 'autoResendUnfulfilledCommands: true,' },
      { find: 'maxRetriesPerRequest: 0,', replace: 'maxRetriesPerRequest: null,' },
    ],
    // A long way to Redis: many a command is executed when its connection ends.
    wishes: {
      faults: ['half-open'],
      fixed: { ttlMs: 10_000, intervalMs: 3000, pods: FAR_PODS, hasResigningListener: false },
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'wait-on-a-new-connection',
    file: 'lib/adapters/redis/connection/redis-replicas.ts',
    changes: [
      { find: 'acks >= needed && closings() === before', replace: 'acks >= needed && before >= 0' },
      {
        find: 'return this.connection.send(() => redis.wait(replicas, timeoutMs), signal).catch(() => 0);',
        replace: `const ask = () => this.connection.send(() => redis.wait(replicas, timeoutMs), signal);
          const again = () => new Promise<number>(resolve => this.connection.client.once('ready', () => resolve(redis.wait(replicas, timeoutMs).catch(() => 0))));
          return ask().catch(again);`,
      },
    ],
    wishes: {
      faults: ['cut'],
      // One job: each claim waits for far replicas for a quarter of a second, so that a cut meets it there.
      fixed: {
        isStrict: true,
        replicaLagsMs: [100, 130],
        intervalMs: 3000,
        ttlMs: 10_000,
        jobs: [JOB_PLAN],
      },
    },
  },
  {
    name: 'claim-kept-without-acknowledgement',
    file: 'lib/adapters/redis/connection/redis-replicas.ts',
    changes: [{ find: 'doubt: isSure ? undefined :', replace: 'doubt: acks >= 0 ? undefined :' }],
    wishes: { faults: ['replica-cut', 'fail-over'], fixed: { isStrict: true, replicaLagsMs: [1, 5] } },
  },
  {
    name: 'replicas-counted-before-only',
    isRare: true,
    file: 'lib/adapters/redis/connection/redis-replicas.ts',
    changes: [{ find: 'const needed = Math.max(asked, this.most);', replace: 'const needed = asked;' }],
    // One joins while the acknowledgement is awaited.
    wishes: { faults: ['fail-over', 'replica-cut'], fixed: { isStrict: true, replicaLagsMs: [4, 14] } },
  },
  {
    name: 'acknowledgement-of-one-replica-is-enough',
    file: 'lib/adapters/redis/connection/redis-replicas.ts',
    changes: [
      { find: 'const asked = Math.max(1, wanted, this.most);', replace: 'const asked = 1;' },
      { find: 'const needed = Math.max(asked, this.most);', replace: 'const needed = asked;' },
    ],
    wishes: { faults: ['replica-cut', 'fail-over'], fixed: { isStrict: true, replicaLagsMs: [1, 25] } },
  },
];
