import { NEAR_PODS } from './worlds.mjs';

/**
 * Ways to break the lease: who may take, renew and resign it, and which token a term gets.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const leaseMutants = [
  {
    name: 'renew-without-compare',
    isRare: true,
    file: 'lib/adapters/redis/scripts/lease/renew-lease.lua',
    changes: [
      {
        find: "if lease ~= args.candidateId .. '|' .. args.token then",
        replace: 'if not lease then',
      },
    ],
    wishes: { faults: ['cut', 'block', 'delete-lease', 'redis-restart'] },
  },
  {
    name: 'resign-without-compare',
    file: 'lib/adapters/redis/scripts/lease/resign-lease.lua',
    changes: [{ find: "if lease ~= args.candidateId .. '|' .. args.token then", replace: 'if false then' }],
    wishes: { faults: ['stop', 'resign', 'block', 'pause', 'delay', 'redis-pause'] },
  },
  {
    name: 'token-by-incr',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [
      {
        find: 'text(math.max(last + 1, term + 1, (whole(held) or 0) + 1, now))',
        replace: 'text(last + 1)',
      },
    ],
    wishes: {
      faults: ['fail-over', 'crash', 'stop', 'redis-restart'],
      fixed: { replicaLagsMs: [1, 20] },
    },
  },
  {
    name: 'no-wait-for-the-old-term',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [{ find: "if term[2] == '1' or expiresAt <= now then", replace: 'if true then' }],
    wishes: { faults: ['delete-lease', 'delay', 'block'] },
  },
  {
    name: 'takeover-on-one-finding',
    file: 'lib/adapters/redis/redis-lease-store.ts',
    changes: [{ find: 'const GONE_MS = 250;', replace: 'const GONE_MS = 0;' }],
    wishes: { faults: ['cut', 'crash', 'block'], fixed: { fastTakeover: true, redis: 'ordinary' } },
  },
  {
    name: 'note-of-absence-survives-a-renewal',
    file: 'lib/adapters/redis/scripts/lease/renew-lease.lua',
    changes: [{ find: "redis.call('HDEL', keys.term, 'missingSince')\n", replace: '' }],
    wishes: {
      faults: ['flap'],
      fixed: { fastTakeover: true, redis: 'ordinary', hasResigningListener: false },
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'resignation-not-notified',
    file: 'lib/adapters/redis/scripts/lease/resign-lease.lua',
    changes: [{ find: "redis.pcall('PUBLISH', args.channel, 'resigned')", replace: "text(now, 'resigned')" }],
    wishes: {
      faults: [],
      sure: [{ kind: 'stop', pod: 'pod-a', atMs: 25_000 }],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS,
      },
      job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow', catchUp: 'latest', jitterMs: 0 },
    },
  },
];
