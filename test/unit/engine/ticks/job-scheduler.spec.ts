import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { TICK_TRANSITIONS } from '../../../../lib/engine/ticks/job-scheduler.js';
import { SECOND, ScriptedJob, START, TOKEN, TTL, turns, type Walk } from '../../../support/scripted-job.js';
import { transitionsOf, watch } from '../../../support/transitions.js';

const JITTER = { jitterMs: 500 };
const QUEUE = { overlap: 'queue' } as const;

/** For each transition, a way through it. */
const TICK_WALKS: Readonly<Record<string, Walk>> = {
  'waiting → jitter': { policy: JITTER, go: job => job.placed(), becomes: ['jittering'] },
  'waiting → claim': { go: job => job.placed(), becomes: ['claiming'] },
  'waiting → recover': {
    go: job => {
      const ref = { job: 'job', tick: START, runId: 'run', manual: false };
      const origin = { catchUp: false, recovering: true, attempt: 2, facts: {} };
      const run = { job: job.scheduler.job, ref, token: TOKEN, ...origin };
      job.scheduler.post({ kind: 'recovered', granted: { run, askedAt: job.clock.now() } });
    },
    becomes: ['starting'],
  },
  'waiting → drop': {
    go: async job => {
      await job.placed(2);
      job.endTerm();
    },
    becomes: ['claiming'],
  },
  'jittering → claim': {
    policy: JITTER,
    go: async job => {
      await job.placed();
      await job.clock.advance(500);
    },
    becomes: ['claiming'],
  },
  'jittering → drop': {
    policy: JITTER,
    go: async job => {
      await job.placed();
      job.endTerm();
    },
    becomes: [],
  },
  'claiming → grant': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
    },
    becomes: ['starting'],
  },
  'claiming → queue': { policy: QUEUE, go: job => job.queued(TTL), becomes: ['queued'] },
  'claiming → refuse': { go: job => job.refused(), becomes: ['refused'] },
  'claiming → decide': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'taken' });
    },
    becomes: [],
  },
  'claiming → put-back': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'early', waitMs: 20 });
    },
    becomes: [],
  },
  'queued → claim': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      job.scheduler.post({ kind: 'run-ended' });
    },
    becomes: ['claiming'],
  },
  'queued → settle': { policy: QUEUE, go: job => job.settling(), becomes: ['settling'] },
  'queued → withdraw': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      void job.scheduler.close();
    },
    becomes: ['withdrawing'],
  },
  'queued → drop': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      job.endTerm();
    },
    becomes: [],
  },
  'settling → claim': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      await job.orphans.settle();
    },
    becomes: ['claiming'],
  },
  'settling → withdraw': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      void job.scheduler.close();
    },
    becomes: ['withdrawing'],
  },
  'settling → drop': {
    policy: QUEUE,
    go: async job => {
      await job.settling();
      job.endTerm();
    },
    becomes: [],
  },
  'withdrawing → released': {
    policy: QUEUE,
    go: async job => {
      await job.queued(TTL);
      const closed = job.scheduler.close();
      await job.releases.settle(true);
      await closed;
    },
    becomes: [],
  },
  'refused → release': {
    go: async job => {
      await job.refused();
      await job.retries.settle();
    },
    becomes: ['releasing'],
  },
  'releasing → released': { go: job => job.released(true), becomes: ['claiming'] },
  'released → claim': { go: job => job.released(true), becomes: ['claiming'] },
  'released → drop': { go: job => job.released(false), becomes: [] },
  'starting → started': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.clock.advance(0);
    },
    becomes: ['running'],
  },
  'starting → end': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.runs.settle();
    },
    becomes: [],
  },
  'running → end': {
    go: async job => {
      await job.placed();
      job.answer({ kind: 'go' });
      await job.clock.advance(0);
      await job.runs.settle();
    },
    becomes: [],
  },
};

describe('a tick', () => {
  const walked = new Set<string>();
  let stop = (): void => undefined;
  beforeEach(() => {
    walked.clear();
    stop = watch(TICK_TRANSITIONS, walked);
  });
  afterEach(() => stop());

  it.each(Object.entries(TICK_WALKS))('%s', async (transition, { policy, go, becomes }) => {
    const job = new ScriptedJob(policy);
    await go(job);
    await turns();
    expect(walked).toContain(transition);
    expect(job.states).toEqual(becomes);
    expect(job.emitted.filter(({ type }) => type === 'engine.error')).toEqual([]);
  });

  it('has no other transition', () => {
    expect(Object.keys(TICK_WALKS).toSorted()).toEqual(transitionsOf(TICK_TRANSITIONS).toSorted());
  });
});

describe('ticks that are released together', () => {
  it('are claimed again oldest first, whichever was found first', async () => {
    const job = new ScriptedJob();
    await job.refused();
    const due = [{ tick: START, intent: 'run', isReleased: true }] as const;
    job.scheduler.post({ kind: 'found', due, token: TOKEN });
    await turns();
    job.answer({ kind: 'failed', message: 'OOM' });
    for (const end of [job.retries, job.retries]) await end.settle();
    expect(job.states).toEqual(['releasing', 'releasing']);
    await job.releases.settle(true);
    expect(job.states).toEqual(['released', 'releasing']);
    await job.releases.settle(true);
    expect(job.states).toEqual(['claiming', 'claiming']);
    expect(job.claimed.slice(-2).map(({ due: { tick } }) => tick)).toEqual([START, START + SECOND]);
  });
});

describe('an event that the state of its tick does not know', () => {
  it('changes nothing', async () => {
    const job = new ScriptedJob();
    await job.placed();
    const [tick] = job.claimed;
    if (tick === undefined) throw new Error('No tick was claimed');
    job.answer({ kind: 'go' });
    await job.clock.advance(0);
    for (const kind of ['moment', 'settled', 'started'] as const) job.scheduler.post({ kind, tick });
    job.scheduler.post({ kind: 'released', tick, isCertain: true });
    expect(job.states).toEqual(['running']);
  });
});
