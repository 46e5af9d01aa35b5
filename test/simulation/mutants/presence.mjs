import { NEAR_PODS } from './worlds.mjs';

/** Presence has a connection of its own, and all else is in order. */
const PRESENCE = {
  fastTakeover: true,
  redis: 'resp2',
  intervalMs: 3000,
  ttlMs: 10_000,
  pods: NEAR_PODS,
  replicaLagsMs: [],
  isStrict: false,
  hasResigningListener: false,
};
const DROPS_AT_MS = [15_400, 27_700, 40_100];

/**
 * The presence of both pods is lost, at various moments between two renewals.
 *
 * @param {'both' | 'server'} end
 * @param {number} refusedMs
 */
const dropped = (end, refusedMs) =>
  DROPS_AT_MS.flatMap(atMs =>
    ['pod-a', 'pod-b'].map(pod => ({
      kind: 'drop-presence',
      pod,
      end,
      refusedMs,
      everyMs: 60_000,
      forMs: 1,
      atMs,
    })),
  );
/**
 * @param {'events' | 'lease'} connection
 * @param {number} forMs
 */
const blocked = (connection, forMs) =>
  DROPS_AT_MS.flatMap(atMs =>
    ['pod-a', 'pod-b'].map(pod => ({
      kind: 'block-one',
      pod,
      connection,
      way: 'both',
      forMs,
      atMs: atMs - 50,
    })),
  );
/** Nothing arrives on the connections for events. @param {number} forMs */
const unheard = forMs => blocked('events', forMs);
/** Nothing arrives on the connection for the lease of the pod that leads from the beginning. @param {number} forMs */
const stalled = forMs => blocked('lease', forMs).filter(({ pod }) => pod === 'pod-a');

/**
 * Ways to lose a healthy leader, or to trust one too long, by the connection that shows its presence.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const presenceMutants = [
  {
    name: 'presence-assumed',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [
      {
        find: "local isPresent = not isManual and term[2] == token and term[4] == '1'",
        replace: 'local isPresent = not isManual',
      },
    ],
    rule: 'a healthy leader keeps its term',
    wishes: {
      // A leader that is not notified does not clear what others find.
      faults: [],
      sure: [...dropped('both', 8000), ...unheard(30_000)],
      fixed: PRESENCE,
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'absence-not-published',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [{ find: "    redis.pcall('PUBLISH', args.events, 'holder-missing:' .. token)\n", replace: '' }],
    rule: 'a healthy leader keeps its term',
    wishes: {
      faults: [],
      sure: dropped('server', 8000),
      fixed: PRESENCE,
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'absence-published-unheard',
    file: 'lib/engine/election/election-presence.ts',
    changes: [{ find: 'isTermOf(state, event.token) ? renewNow(state, moment) : state', replace: 'state' }],
    rule: 'a healthy leader keeps its term',
    wishes: {
      faults: [],
      sure: dropped('server', 8000),
      fixed: PRESENCE,
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'lost-presence-not-renewed',
    file: 'lib/engine/election/election-presence.ts',
    changes: [
      {
        find: 'const lost = renewNow(withFacts(state, { presenceLostAt: state.facts.asked }), moment);',
        replace: 'const lost = withFacts(state, { presenceLostAt: state.facts.asked });',
      },
    ],
    rule: 'a healthy leader keeps its term',
    wishes: {
      // A leader that is not notified by others has to notice it by itself.
      faults: [],
      sure: [...dropped('both', 8000), ...unheard(30_000)],
      fixed: PRESENCE,
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'trust-outlives-presence',
    file: 'lib/engine/election/election-presence.ts',
    changes: [
      {
        find: "if (lost.kind !== 'leading' || lost.isSuspended) return",
        replace: "if (lost.kind !== 'idle') return",
      },
    ],
    rule: 'one leader',
    wishes: {
      // The renewal that would keep the term does not arrive.
      faults: [],
      sure: [...dropped('both', 8000), ...stalled(6000)],
      fixed: PRESENCE,
      job: { cron: '* * * * * *' },
    },
  },
];
