import { NEAR_PODS } from './worlds.mjs';

/** Each run of the job is longer than the time between its ticks, and no fault delays a start. */
const QUEUED = {
  faults: [],
  job: { overlap: 'queue', cron: '*/5 * * * * *', durationsMs: [7000], jitterMs: 0, keep: 10_000 },
};

/**
 * Ways to break claims of ticks: their order, their conditions, and their release.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const claimMutants = [
  {
    name: 'lease-only-without-claim',
    file: 'lib/adapters/redis/redis-run-store.ts',
    changes: [
      {
        find: 'return parseClaims(await this.connection.ask(claimTicks, keys, args, signal, server));',
        replace: `parseClaims(await this.connection.ask(claimTicks, keys, args, signal));
          return claims.map(({ intent }) => (intent === 'run' ? { kind: 'go', attempt: 1 } : { kind: 'noted' }));`,
      },
    ],
  },
  {
    name: 'claim-without-record',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    // Not even the record of a claim that was released is checked.
    changes: [{ find: "if record.state ~= 'released' and not (", replace: 'if not (' }],
    wishes: { faults: ['block', 'cut'], job: { cron: '* * * * * *', durationsMs: [0] } },
  },
  {
    name: 'watermark-without-record',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    // A claim whose reply was lost cannot be distinguished from that of another pod.
    changes: [{ find: 'claim.record = recordOf(claim.runs, claim.slot)', replace: 'claim.record = nil' }],
    wishes: { faults: ['block', 'cut', 'redis-pause'], job: { durationsMs: [0], keep: 10_000 } },
  },
  {
    name: 'claim-without-watermark',
    isRare: true,
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [
      {
        find: 'local isPast = not claim.record and claim.dueAt <= claim.hwm',
        replace: 'local isPast = false',
      },
    ],
    // A claim that comes twice, the second time when its run has ended and no record is kept.
    wishes: { faults: ['repeat'], job: { keep: 0, recover: false, durationsMs: [0] } },
  },
  {
    name: 'claim-too-early',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'if not isPast and claim.dueAt > now + EARLY then', replace: 'if false then' }],
    wishes: { faults: ['wall-jump', 'stop', 'crash'] },
  },
  {
    name: 'overlap-ignored-across-pods',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [
      {
        find: "if claim.overlap == 'allow' or not claim.lock or claim.lock == claim.slot then",
        replace: 'if true then',
      },
    ],
    wishes: { faults: ['stop', 'resign', 'pause', 'block'] },
  },
  {
    name: 'crashed-run-passed-over',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: "claim.recovers == '1'", replace: 'false' }],
    wishes: {
      faults: ['crash', 'stop', 'block'],
      job: {
        overlap: 'queue',
        recover: true,
        cron: '*/5 * * * * *',
        durationsMs: [4000, 7000],
        keep: 10_000,
      },
    },
  },
  {
    name: 'claim-ignores-pauses',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'return ends > now or starts <= tick and tick < ends', replace: 'return false' }],
    wishes: { faults: ['job-pause', 'pause-all'] },
  },
  {
    name: 'start-after-the-run-lock',
    isRare: true,
    file: 'lib/engine/ticks/job-scheduler.ts',
    changes: [
      {
        find: 'const isTrusted = remainingTrustMs(askedAt, clock.now(), timing) > 0;',
        replace: 'const isTrusted = remainingTrustMs(askedAt, clock.now(), timing) > -Infinity;',
      },
    ],
    // A long way to Redis: many a pause falls between the question and the answer.
    wishes: {
      faults: ['pause', 'suspend'],
      fixed: {
        ttlMs: 3000,
        intervalMs: 1000,
        isStrict: false,
        pods: [
          { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 60 },
          { name: 'pod-b', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 1 },
        ],
      },
      job: { cron: '* * * * * *', durationsMs: [0] },
    },
  },
  {
    name: 'newer-ticks-claimed-while-an-answer-is-awaited',
    file: 'lib/engine/ticks/tick-list.ts',
    changes: [{ find: 'if (ASKING.includes(state)) return true;', replace: 'void ASKING.includes(state);' }],
  },
  {
    name: 'queued-tick-claimed-under-a-new-run-id',
    rule: 'a queued tick starts when the run before it has ended',
    file: 'lib/engine/ticks/job-scheduler.ts',
    // To the store it is the tick of another run, which no pod starts.
    changes: [
      {
        find: "const known = before === 'queued' || before === 'settling' ?",
        replace: "const known = before === 'done' ?",
      },
    ],
    wishes: QUEUED,
  },
  {
    name: 'end-of-a-run-ignored-by-queued-ticks',
    rule: 'a queued tick starts when the run before it has ended',
    file: 'lib/engine/ticks/job-scheduler.ts',
    changes: [{ find: "if (tick.state === 'queued') this.waits.poll(tick);", replace: '' }],
    wishes: QUEUED,
  },
  {
    name: 'give-back-always-certain',
    isRare: true,
    file: 'lib/engine/ticks/claim-queue.ts',
    changes: [
      {
        find: '    return false;\n  }\n\n  /** The same, and',
        replace: '    return true;\n  }\n\n  /** The same, and',
      },
    ],
    // A claim that counts for nothing, on a connection that is blocked until after its release.
    wishes: {
      faults: [],
      sure: [
        { kind: 'replica-cut', replica: 0, forMs: 60_000, atMs: 8000 },
        ...[12_000, 22_000, 32_000].map(atMs => ({
          kind: 'block-one',
          pod: 'pod-a',
          connection: 'runs',
          way: 'up',
          forMs: 5000,
          atMs,
        })),
      ],
      fixed: {
        ttlMs: 3000,
        intervalMs: 1000,
        quietAtMs: 45_000,
        endsAtMs: 80_000,
        replicaLagsMs: [1],
        isStrict: true,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS,
      },
      job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow', jitterMs: 0, keep: 10_000 },
    },
  },
  {
    name: 'release-given-up-in-its-term',
    file: 'lib/engine/ticks/claim-queue.ts',
    changes: [
      {
        find: 'while (!isCertain && this.mayGoOn(token)) isCertain = await this.release(run);',
        replace: '',
      },
    ],
    // A claim that Redis refuses, and no answer to its release for longer than a ttl, while the lease is renewed.
    wishes: {
      faults: [],
      sure: [
        { kind: 'redis-full', forMs: 2000, atMs: 12_000 },
        { kind: 'block-one', pod: 'pod-a', connection: 'runs', way: 'both', forMs: 6000, atMs: 13_500 },
      ],
      fixed: {
        ttlMs: 3000,
        intervalMs: 1000,
        quietAtMs: 25_000,
        endsAtMs: 60_000,
        replicaLagsMs: [],
        isStrict: false,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS.slice(0, 1),
      },
      job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow', jitterMs: 0, keep: 10_000 },
    },
  },
];
