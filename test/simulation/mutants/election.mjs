import { NEAR_PODS, nearPods } from './worlds.mjs';

const PROBERS = 'lib/adapters/redis/scripts/lease/probers.lua';

/** A leader crashes while a job ticks each second; all else is in order. */
const CRASHES = {
  faults: ['crash'],
  fixed: {
    intervalMs: 3000,
    ttlMs: 10_000,
    fastTakeover: true,
    redis: 'ordinary',
    pods: [
      { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
      { name: 'pod-b', startsAtMs: 100, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
      { name: 'pod-c', startsAtMs: 200, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
    ],
  },
  job: { cron: '* * * * * *', catchUp: 'latest', durationsMs: [0], overlap: 'allow', jitterMs: 0 },
};

/** The two followers that came first crash; seconds later the leader, long before the next attempt of the last one. */
const CRASHES_OF_PROBERS = {
  ...CRASHES,
  faults: [],
  sure: [
    { kind: 'crash', pod: 'pod-b', machine: false, atMs: 8000 },
    { kind: 'crash', pod: 'pod-c', machine: false, atMs: 8000 },
    { kind: 'crash', pod: 'pod-a', machine: false, atMs: 25_900 },
  ],
  fixed: {
    ...CRASHES.fixed,
    quietAtMs: 35_000,
    endsAtMs: 60_000,
    hasResigningListener: false,
    pods: nearPods('pod-a', 'pod-b', 'pod-c', 'pod-d'),
  },
};

/**
 * Ways to break the term on its pod: until when the leader trusts it, and who is notified of its beginning and end.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const electionMutants = [
  {
    name: 'flag-instead-of-deadline',
    file: 'lib/engine/election/elector.ts',
    changes: [
      { find: 'return this.isIn(state.term.token) ? state.term : undefined;', replace: 'return state.term;' },
    ],
    wishes: { faults: ['suspend'] },
  },
  {
    name: 'deadline-by-the-monotonic-clock-alone',
    file: 'lib/core/election/instant.ts',
    changes: [
      {
        find: 'return Math.max(now.monoMs - since.monoMs, now.wallMs - since.wallMs);',
        replace: 'return now.monoMs - since.monoMs;',
      },
    ],
    wishes: { faults: ['suspend'] },
  },
  {
    name: 'deadline-by-the-wall-clock-alone',
    file: 'lib/core/election/instant.ts',
    changes: [
      {
        find: 'return Math.max(now.monoMs - since.monoMs, now.wallMs - since.wallMs);',
        replace: 'return now.wallMs - since.wallMs;',
      },
    ],
    wishes: { faults: ['wall-jump', 'block', 'pause', 'redis-pause'] },
  },
  {
    name: 'deadline-from-the-reply',
    file: 'lib/engine/election/election-terms.ts',
    changes: [{ find: 'askedAt: question.askedAt, isSuspended };', replace: 'askedAt: now, isSuspended };' }],
    // A long way to Redis: what is counted from the answer is counted late.
    wishes: {
      faults: ['pause'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        pods: [{ name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 150 }],
      },
    },
  },
  {
    name: 'deadline-without-margin',
    file: 'lib/core/election/term.ts',
    changes: [
      {
        find: 'return timing.ttlMs - timing.marginMs - elapsedMs',
        replace: 'return timing.ttlMs - elapsedMs',
      },
    ],
    wishes: { faults: ['pause', 'suspend'], fixed: { intervalMs: 3000, ttlMs: 10_000 } },
  },
  {
    name: 'deadline-without-a-timer',
    file: 'lib/engine/election/election-timing.ts',
    changes: [
      { find: 'return leftMs === Infinity ? undefined :', replace: 'return leftMs > 0 ? undefined :' },
    ],
    rule: 'a term ends when its trust does',
    // Its renewals get no answer: the timer of the deadline is the one that is set.
    wishes: {
      faults: ['block', 'redis-pause'],
      fixed: { intervalMs: 3000, ttlMs: 10_000, redis: 'ordinary', pods: NEAR_PODS },
    },
  },
  {
    name: 'trust-kept-when-the-connection-closes',
    file: 'lib/engine/election/election-machine.ts',
    changes: [{ find: '{ ...closed, isSuspended: true }', replace: 'closed' }],
    wishes: { faults: ['cut', 'block'], fixed: { fastTakeover: true, redis: 'ordinary' } },
  },
  {
    name: 'listeners-informed-at-once',
    file: 'lib/engine/event-bus.ts',
    // An event that a listener causes is delivered before the listeners after it were informed of the present event.
    changes: [
      {
        find: '    if (this.isDelivering) return;\n',
        replace: '',
      },
    ],
    wishes: { fixed: { hasResigningListener: true } },
  },
  {
    name: 'engine-called-after-the-listeners',
    file: 'lib/engine/election/election-loop.ts',
    changes: [
      { find: "  'term-began',\n", replace: '' },
      {
        find: 'for (const effect of effects) {',
        replace:
          "for (const effect of effects.toSorted((one, other) => Number(one.kind === 'term-began') - Number(other.kind === 'term-began'))) {",
      },
    ],
    wishes: { fixed: { hasResigningListener: true } },
  },
  {
    name: 'followers-do-not-probe-after-a-tick',
    file: 'lib/engine/election/election-probes.ts',
    changes: [
      {
        find: 'return { ...state, probedAt: now, probe: { setAt: now, delayMs } };',
        replace: 'return { ...state, probedAt: now };',
      },
    ],
    wishes: CRASHES,
  },
  {
    name: 'probe-does-not-see-absence',
    file: 'lib/adapters/redis/scripts/lease/probe-lease.lua',
    changes: [
      { find: "return redis.pcall('PUBSUB', 'NUMSUB', ARGV[2])[2] == 0 and 0 or 1", replace: 'return 1' },
    ],
    wishes: CRASHES,
  },
  {
    name: 'finding-of-a-probe-ignored',
    file: 'lib/engine/election/election-probes.ts',
    changes: [
      { find: "if (kind === 'there') return Infinity;", replace: "if (kind !== 'unknown') return Infinity;" },
    ],
    wishes: CRASHES,
  },
  {
    name: 'every-follower-probes',
    file: PROBERS,
    changes: [
      { find: "  if not taken then\n    return '0'", replace: "  if not taken then\n    return '1'" },
    ],
    rule: 'only two followers probe after a tick',
    wishes: { ...CRASHES_OF_PROBERS, sure: [] },
  },
  {
    name: 'prober-that-died-keeps-its-position',
    file: PROBERS,
    changes: [{ find: ' or position.isAway then', replace: ' then' }],
    rule: 'a crash of the leader delays a tick by half a second',
    wishes: CRASHES_OF_PROBERS,
  },
  {
    name: 'no-follower-probes',
    file: PROBERS,
    changes: [{ find: "rank, id }, '|'))\n  return '1'", replace: "rank, id }, '|'))\n  return '0'" }],
    rule: 'a crash of the leader delays a tick by half a second',
    wishes: CRASHES_OF_PROBERS,
  },
  {
    name: 'zombie-never-asked-to-resign',
    file: 'lib/engine/election/zombie-guard.ts',
    changes: [
      {
        find: 'this.deps.errors.inBackground(this.deps.leaseLookup.requestResignation(token, job.name));',
        replace: 'void token;',
      },
    ],
    wishes: {
      faults: ['block-one'],
      fixed: {
        quietAtMs: 50_000,
        endsAtMs: 80_000,
        ttlMs: 3000,
        intervalMs: 1000,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS,
      },
      job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow', jitterMs: 0 },
    },
  },
];
