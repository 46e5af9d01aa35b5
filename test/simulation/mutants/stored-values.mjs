import { NEAR_PODS } from './worlds.mjs';

/**
 * Ways to break how scripts read what Redis holds: numbers, tokens and watermarks.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const storedValueMutants = [
  {
    name: 'any-number-is-read',
    file: 'lib/adapters/redis/scripts/shared/stored-values.lua',
    // As tonumber does: nan, inf and 1e300 are numbers, too.
    changes: [
      {
        find: "if type(value) ~= 'string' or #value > 16 or not string.find(value, '^%d+$') then",
        replace: 'if not tonumber(value) then',
      },
      { find: 'return number <= (most or 9007199254740991) and number or nil', replace: 'return number' },
    ],
    wishes: { faults: ['tamper', 'delete-lease'] },
  },
  {
    name: 'a-token-of-the-future-fences',
    file: 'lib/adapters/redis/scripts/shared/term-token.lua',
    changes: [{ find: 'if seen > token and seen > now + SLACK then', replace: 'if false then' }],
    wishes: { faults: ['tamper'] },
  },
  {
    name: 'higher-token-ignored',
    file: 'lib/adapters/redis/scripts/shared/term-token.lua',
    changes: [{ find: '  return seen > token\nend', replace: '  return false\nend' }],
    wishes: { faults: ['clock-back'], fixed: { replicaLagsMs: [], isStrict: false } },
  },
  {
    name: 'clamp-without-record-check',
    file: 'lib/adapters/redis/scripts/shared/watermark.lua',
    changes: [
      { find: '  if hwm and newest and newest >= hwm then', replace: '  if false then' },
      { find: 'local watermark = newest or now + EARLY', replace: 'local watermark = now + EARLY' },
    ],
    // Redis' clock is set back by more than watermarks may be ahead; of the ticks before that few records are kept.
    wishes: {
      faults: [],
      sure: [{ kind: 'clock-back', byMs: 8000, atMs: 25_000 }],
      fixed: {
        intervalMs: 1000,
        ttlMs: 3000,
        quietAtMs: 30_000,
        endsAtMs: 80_000,
        replicaLagsMs: [],
        isStrict: false,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS,
      },
      job: { cron: '* * * * * *', durationsMs: [0], overlap: 'skip', jitterMs: 0, keep: 2 },
    },
  },
];
