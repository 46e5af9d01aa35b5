import { abortMutants } from './mutants-aborts.mjs';
import { endlessMutants } from './mutants-endless.mjs';
import { termMutants } from './mutants-terms.mjs';
import { preferenceMutants } from './mutants-preference.mjs';
import { clockMutants } from './mutants-clock.mjs';
import { delayMutants } from './mutants-delays.mjs';
import { jobMutants } from './mutants-jobs.mjs';
import { removalMutants } from './mutants-removal.mjs';
import { scheduleMutants } from './mutants-schedules.mjs';
import { timingMutants } from './mutants-timing.mjs';

/** A long way to Redis: what two of them ask at one moment meets there in any order. */
const FAR_PODS = ['pod-a', 'pod-b'].map(name => ({
  name,
  startsAtMs: 0,
  wallOffsetMs: 0,
  rate: 1,
  delayMs: 60,
}));
const NEAR_PODS = FAR_PODS.map((pod, index) => ({ ...pod, startsAtMs: 500 * index, delayMs: 0.3 }));

const EACH_SECOND = {
  name: 'job-1',
  cron: '* * * * * *',
  durationsMs: [0, 50],
  overlap: 'allow',
  catchUp: 'all',
  catchUpWindowMs: 3_600_000,
  recover: false,
  attempts: 1,
  failureRate: 0,
  heedsAbort: true,
  keep: 10,
};

/**
 * Ways to break the library, each of which a rule of the simulator must notice. What is replaced occurs exactly once
 * in its file; where it does not any more, the mutant is outdated and the gate says so.
 *
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} file below the root
 * @property {readonly { find: string, replace: string }[]} changes
 * @property {boolean} [isRare] whether hundreds of scenarios may pass before it shows
 * @property {object} [wishes] scenarios in which it shows soon; without them any scenario will do
 *
 * @type {readonly Mutant[]}
 */
export const mutants = [
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
    // Not even the record of a claim that was given back is looked at.
    changes: [{ find: "if record.state ~= 'released' and not (", replace: 'if not (' }],
    wishes: { faults: ['block', 'cut'], job: { cron: '* * * * * *', durationsMs: [0] } },
  },
  {
    name: 'mark-without-record',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    // A claim whose reply was lost cannot be told from that of somebody else.
    changes: [{ find: 'local record = recordOf(run.runs, run.slot)', replace: 'local record = nil' }],
    wishes: { faults: ['block', 'cut', 'redis-pause'], job: { durationsMs: [0], keep: 10_000 } },
  },
  {
    name: 'claim-without-mark',
    isRare: true,
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'local isPast = not record and run.tick <= hwm', replace: 'local isPast = false' }],
    // A claim that comes twice, the second time when its run has ended and no record is kept.
    wishes: { faults: ['repeat'], job: { keep: 0, recover: false, durationsMs: [0] } },
  },
  {
    name: 'claim-too-early',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'if not isPast and run.tick > now + EARLY then', replace: 'if false then' }],
    wishes: { faults: ['wall-jump', 'stop', 'crash'] },
  },
  {
    name: 'overlap-ignored-across-pods',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: "if overlap ~= 'allow' and lock and lock ~= run.slot then", replace: 'if false then' }],
    wishes: { faults: ['stop', 'resign', 'pause', 'block'] },
  },
  {
    name: 'crashed-run-passed-over',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: "ARGV[arg + 10] == '1'", replace: 'false' }],
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
    name: 'renew-without-compare',
    isRare: true,
    file: 'lib/adapters/redis/scripts/lease/renew-lease.lua',
    changes: [
      {
        find: "if lease ~= ARGV[1] .. '|' .. ARGV[2] then",
        replace: 'if not lease then',
      },
    ],
    wishes: { faults: ['cut', 'block', 'delete-lease', 'redis-restart'] },
  },
  {
    name: 'resign-without-compare',
    file: 'lib/adapters/redis/scripts/lease/resign-lease.lua',
    changes: [{ find: "if lease ~= ARGV[1] .. '|' .. ARGV[2] then", replace: 'if false then' }],
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
    name: 'presence-assumed',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [
      {
        find: "local present = not isByHand and term[2] == token and term[4] == '1'",
        replace: 'local present = not isByHand',
      },
    ],
    wishes: { fixed: { fastTakeover: true, redis: 'resp2' } },
  },
  {
    name: 'flag-instead-of-deadline',
    file: 'lib/engine/election/elector.ts',
    changes: [
      { find: 'return this.trustLeft(phase) > 0 ? phase.term : undefined;', replace: 'return phase.term;' },
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
    file: 'lib/engine/election/elector.ts',
    changes: [
      { find: '    phase.askedAt = askedAt;', replace: '    phase.askedAt = this.deps.clock.now();' },
    ],
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
    name: 'trust-kept-when-the-connection-closes',
    file: 'lib/engine/election/elector.ts',
    changes: [{ find: '    this.phase.suspended = true;', replace: '' }],
    wishes: { faults: ['cut', 'block'], fixed: { fastTakeover: true, redis: 'ordinary' } },
  },
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
        jobs: [EACH_SECOND],
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
  {
    name: 'drain-without-run-locks',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      {
        find: '    this.isClosing = true;',
        replace:
          '    this.isClosing = true;\n    for (const run of this.running) this.deps.keeper.forget(run.runId);',
      },
    ],
    wishes: { faults: ['stop'], fixed: { drainTimeoutMs: 20_000, ttlMs: 3000, intervalMs: 1000 } },
  },
  {
    name: 'run-locks-never-kept',
    file: 'lib/engine/runs/lock-heartbeat.ts',
    changes: [
      { find: 'if (this.isBeating || this.kept.size === 0) return;', replace: 'if (delayMs > 0) return;' },
    ],
    wishes: {
      fixed: { ttlMs: 3000, intervalMs: 1000 },
      job: { durationsMs: [7000], cron: '*/5 * * * * *', timeoutMs: undefined },
    },
  },
  {
    name: 'lost-run-lock-unheeded',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [{ find: 'life.abort(lockLostError())', replace: 'void lockLostError()' }],
    wishes: { faults: ['block', 'delay', 'cut'] },
  },
  {
    name: 'start-after-the-run-lock',
    isRare: true,
    file: 'lib/engine/ticks/claim-queue.ts',
    changes: [
      {
        find: 'return remainingTrustMs(askedAt, this.deps.clock.now(), this.deps.timing) > 0;',
        replace: 'return remainingTrustMs(askedAt, this.deps.clock.now(), this.deps.timing) > -Infinity;',
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
    name: 'finish-of-a-stale-run',
    file: 'lib/adapters/redis/scripts/runs/finish-runs.lua',
    changes: [
      {
        find: "if not record or record.state ~= 'claimed' or record.runId ~= runId then",
        replace: 'if not record then',
      },
    ],
    wishes: { faults: ['pause', 'suspend', 'block'], fixed: { ttlMs: 3000, intervalMs: 1000 } },
  },
  {
    name: 'nothing-caught-up',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "const run = catchUp === 'skip' ? [] :", replace: 'const run = catchUp !== undefined ? [] :' },
    ],
    wishes: {
      faults: ['crash', 'redis-pause'],
      job: { catchUp: 'all', catchUpWindowMs: 3_600_000, keep: 10_000 },
    },
  },
  {
    name: 'orphans-left',
    file: 'lib/engine/runs/orphan-recovery.ts',
    changes: [{ find: 'liveMs <= 0 || isOverlong;', replace: 'liveMs < 0 || isOverlong;' }],
    wishes: { faults: ['crash'] },
  },
  {
    name: 'listeners-informed-at-once',
    file: 'lib/engine/event-bus.ts',
    // What a listener causes is delivered before the listeners after it were informed of the present event.
    changes: [
      {
        find: '    this.queue.push({ event, to: [...this.listeners] });',
        replace: '    this.deliver({ event, to: [...this.listeners] });',
      },
    ],
    wishes: { fixed: { hasResigningListener: true } },
  },
  {
    name: 'engine-called-after-the-listeners',
    file: 'lib/engine/election/elector.ts',
    changes: [
      { find: '    riders.termBegan(publicTerm(term));\n', replace: '' },
      {
        find: "    events.emit({ type: 'leader.elected', term: publicTerm(term) });",
        replace:
          "    events.emit({ type: 'leader.elected', term: publicTerm(term) });\n    riders.termBegan(publicTerm(term));",
      },
    ],
    wishes: { fixed: { hasResigningListener: true } },
  },
  {
    name: 'end-of-a-blocking-run-not-notified',
    file: 'lib/adapters/redis/scripts/shared/run-records.lua',
    changes: [{ find: "redis.pcall('PUBLISH', channel, 'run-ended:'", replace: "text(now, 'run-ended:'" }],
    wishes: {
      faults: ['stop'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        redis: 'ordinary',
        drainTimeoutMs: 20_000,
        pods: [
          { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-b', startsAtMs: 100, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-c', startsAtMs: 200, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
        ],
      },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        timeoutMs: undefined,
        failureRate: 0,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'blocked-sleeps-for-the-whole-lock',
    file: 'lib/engine/ticks/tick-dispatcher.ts',
    changes: [
      {
        find: 'const pollMs = Math.min(waitMs, timing.intervalMs);',
        replace: 'const pollMs = waitMs + 0 * timing.intervalMs;',
      },
    ],
    wishes: {
      faults: ['stop'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        redis: 'no-pubsub',
        drainTimeoutMs: 20_000,
        pods: [
          { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-b', startsAtMs: 100, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-c', startsAtMs: 200, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
        ],
      },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        timeoutMs: undefined,
        failureRate: 0,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'ticks-by-the-wall-clock-of-the-pod',
    file: 'lib/engine/election/store-clock.ts',
    changes: [
      {
        find: 'return Math.floor(this.at(this.clock.now()));',
        replace: 'return Math.floor(this.clock.now().wallMs);',
      },
    ],
    wishes: { fixed: { isStrict: false }, job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow' } },
  },
  {
    name: 'timers-not-set-anew-by-the-clock-of-the-store',
    file: 'lib/engine/scheduler.ts',
    changes: [{ find: 'deps.storeClock.watch(() => this.realign());', replace: '' }],
    wishes: { faults: ['wall-jump', 'drift'], job: { durationsMs: [0], overlap: 'allow' } },
  },
  {
    name: 'followers-do-not-look-after-a-tick',
    file: 'lib/engine/election/elector.ts',
    changes: [{ find: 'this.attempts.hasten(PROBE_DELAY_MS + this.deps.riders.deferMs);', replace: '' }],
    wishes: {
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
    },
  },
  {
    name: 'a-young-pod-makes-up-the-past',
    file: 'lib/engine/ticks/catch-up-gate.ts',
    changes: [{ find: 'this.isPassed = afterMs <= 0;', replace: 'this.isPassed = afterMs >= 0;' }],
    wishes: { faults: ['crash', 'stop'] },
  },
  {
    name: 'claim-ignores-pauses',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'return ends > now or starts <= tick and tick < ends', replace: 'return false' }],
    wishes: { faults: ['job-pause', 'pause-all'] },
  },
  {
    name: 'latest-catches-up-nothing',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "catchUp === 'all' ? MAX_CAUGHT_UP : 1", replace: "catchUp === 'all' ? MAX_CAUGHT_UP : 0" },
    ],
    wishes: { faults: ['crash', 'redis-pause'], job: { catchUp: 'latest', catchUpWindowMs: 3_600_000 } },
  },
  {
    name: 'history-never-trimmed',
    file: 'lib/adapters/redis/scripts/shared/run-records.lua',
    changes: [{ find: '  trim(run)\n', replace: '' }],
    wishes: { job: { keep: 2 } },
  },
  {
    name: 'decision-not-in-the-same-turn',
    file: 'lib/engine/ticks/tick-decider.ts',
    changes: [
      {
        find: '    const delayMs = this.delayOf(order.due);\n',
        replace: '    await Promise.resolve();\n    const delayMs = this.delayOf(order.due);\n',
      },
    ],
  },
  {
    name: 'abandoned-run-not-reported',
    file: 'lib/engine/runs/orphan-adopter.ts',
    changes: [
      {
        find: "      events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
        replace: '      void [events, tick, runId, counts];\n',
      },
    ],
    wishes: { faults: ['crash'], job: { recover: false, durationsMs: [2500, 7000] } },
  },
  {
    name: 'abandoned-run-reported-again',
    file: 'lib/engine/runs/orphan-adopter.ts',
    changes: [
      {
        find: "      events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
        replace:
          "      for (const _ of [1, 2]) events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
      },
    ],
    wishes: { faults: ['crash'], job: { recover: false, durationsMs: [2500, 7000] } },
  },
  {
    name: 'blocked-waits-three-times-as-long',
    file: 'lib/engine/ticks/tick-dispatcher.ts',
    changes: [
      {
        find: 'const pollMs = Math.min(waitMs, timing.intervalMs);',
        replace: 'const pollMs = 3 * Math.min(waitMs, timing.intervalMs);',
      },
    ],
    // Nobody is notified: a blocked job asks again by itself.
    wishes: {
      faults: ['stop'],
      fixed: {
        redis: 'no-pubsub',
        replicaLagsMs: [],
        isStrict: false,
        drainTimeoutMs: 20_000,
        ttlMs: 10_000,
      },
      job: { overlap: 'skip', cron: '* * * * * *', durationsMs: [2500, 7000], jitterMs: 0, recover: false },
    },
  },
  {
    name: 'zombie-never-asked-to-resign',
    file: 'lib/engine/election/zombie-guard.ts',
    changes: [
      {
        find: 'if (isAskedToResign) void this.deps.elector.requestResignation(token, job.name);',
        replace: 'if (isAskedToResign) void token;',
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
  {
    name: 'loser-of-a-lock-not-notified',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: '    dispossess(run.unfinished, dispossessed)\n', replace: '' }],
    wishes: {
      faults: ['pause', 'suspend', 'block'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS, isStrict: false },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        heedsAbort: false,
        recover: false,
        timeoutMs: undefined,
        jitterMs: 0,
      },
    },
  },
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
    file: 'lib/adapters/redis/scripts/shared/run-records.lua',
    changes: [{ find: 'if seen > token and seen > now + SLACK then', replace: 'if false then' }],
    wishes: { faults: ['tamper'] },
  },
  {
    name: 'heartbeat-revives-a-dispossessed-run',
    file: 'lib/adapters/redis/scripts/runs/heartbeat-runs.lua',
    changes: [{ find: 'if not score or tonumber(score) < 0 or', replace: 'if not score or' }],
    wishes: {
      faults: ['pause', 'suspend', 'block'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS, isStrict: false },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        heedsAbort: false,
        recover: false,
        timeoutMs: undefined,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'note-of-absence-survives-a-renewal',
    file: 'lib/adapters/redis/scripts/lease/renew-lease.lua',
    changes: [{ find: "redis.call('HDEL', KEYS[2], 'missingSince')\n", replace: '' }],
    wishes: {
      faults: ['flap'],
      fixed: { fastTakeover: true, redis: 'ordinary', hasResigningListener: false },
      job: { cron: '* * * * * *' },
    },
  },
  {
    name: 'live-run-adopted',
    isRare: true,
    file: 'lib/adapters/redis/scripts/runs/adopt-runs.lua',
    changes: [{ find: '  if score > now then', replace: '  if false then' }],
    // Its pod comes back between the look and the question.
    wishes: {
      faults: ['delay', 'pause', 'suspend'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS },
      job: { durationsMs: [15_000], heedsAbort: false, cron: '*/5 * * * * *' },
    },
  },
  {
    name: 'resignation-not-notified',
    file: 'lib/adapters/redis/scripts/lease/resign-lease.lua',
    changes: [{ find: "redis.pcall('PUBLISH', ARGV[3], 'resigned')", replace: "text(now, 'resigned')" }],
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
  {
    name: 'latest-makes-up-two',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "catchUp === 'all' ? MAX_CAUGHT_UP : 1", replace: "catchUp === 'all' ? MAX_CAUGHT_UP : 2" },
    ],
    wishes: {
      faults: ['crash', 'stop', 'pause'],
      job: { catchUp: 'latest', cron: '*/2 * * * * *', jitterMs: 0 },
    },
  },
  ...preferenceMutants,
  ...abortMutants,
  ...endlessMutants,
  ...termMutants,
  ...removalMutants,
  ...scheduleMutants,
  ...jobMutants,
  ...delayMutants,
  ...timingMutants,
  ...clockMutants,
  {
    name: 'higher-token-ignored',
    file: 'lib/adapters/redis/scripts/shared/run-records.lua',
    changes: [{ find: '  return seen > token\nend', replace: '  return false\nend' }],
    wishes: { faults: ['clock-back'], fixed: { replicaLagsMs: [], isStrict: false } },
  },
  {
    name: 'clamp-without-record-check',
    file: 'lib/adapters/redis/scripts/shared/run-records.lua',
    changes: [
      { find: '  if hwm and newest and newest >= hwm then', replace: '  if false then' },
      { find: 'local mark = newest or now + EARLY', replace: 'local mark = now + EARLY' },
    ],
    // Redis' clock is set back by more than marks may be ahead; of the ticks before that few records are kept.
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
  {
    name: 'give-back-always-certain',
    isRare: true,
    file: 'lib/engine/ticks/claim-queue.ts',
    changes: [
      {
        find: '    return false;\n  }\n\n  private mayTryOn',
        replace: '    return true;\n  }\n\n  private mayTryOn',
      },
    ],
    // A claim that counts for nothing, on a connection that is blocked for longer than it is given back.
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
    file: 'lib/engine/ticks/tick-decider.ts',
    changes: [
      {
        find: 'while (!isCertain && claimer.mayGoOn(token)) isCertain = await claimer.giveBack(claim);',
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
