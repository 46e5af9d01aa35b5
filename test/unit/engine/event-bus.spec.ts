import { describe, expect, it } from '@jest/globals';

import type { ScheduleEvent } from '../../../lib/core/events.js';
import { EventBus } from '../../../lib/engine/event-bus.js';
import { SECOND } from '../../support/durations.js';
import { EngineCluster } from '../../support/engine-harness.js';

const paused = (job: string): ScheduleEvent => ({ type: 'job.paused', job, until: undefined, reason: '' });

function busWithErrors() {
  const errors: unknown[] = [];
  return { errors, bus: new EventBus(error => errors.push(error)) };
}

function jobsSeenBy(bus: EventBus): string[] {
  const seen: string[] = [];
  bus.subscribe(event => 'job' in event && seen.push(event.job));
  return seen;
}

describe('the public bus', () => {
  it('delivers what a listener emits after the present event, to every listener', () => {
    const { bus } = busWithErrors();
    const before = jobsSeenBy(bus);
    bus.subscribe(event => {
      if (event.type === 'job.paused' && event.job === 'first') {
        bus.emit(paused('second'));
        bus.emit(paused('third'));
      }
    });
    const after = jobsSeenBy(bus);
    bus.emit(paused('first'));
    expect(before).toEqual(['first', 'second', 'third']);
    expect(after).toEqual(before);
  });

  it('informs the others when a listener throws or rejects, and reports both', async () => {
    const { bus, errors } = busWithErrors();
    bus.subscribe(() => {
      throw new Error('thrown');
    });
    bus.subscribe(async () => {
      throw new Error('rejected');
    });
    const seen = jobsSeenBy(bus);
    bus.emit(paused('a'));
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual(['a']);
    expect(errors.map(String)).toEqual(['Error: thrown', 'Error: rejected']);
  });

  it('survives a report that throws', () => {
    const bus = new EventBus(error => {
      throw error;
    });
    bus.subscribe(() => {
      throw new Error('thrown');
    });
    const seen = jobsSeenBy(bus);
    bus.emit(paused('a'));
    bus.emit(paused('b'));
    expect(seen).toEqual(['a', 'b']);
  });

  it('informs a listener that comes in the middle of events emitted from then on, and one that went of none', () => {
    const { bus } = busWithErrors();
    const late: string[] = [];
    const gone: string[] = [];
    const unsubscribe: (() => void)[] = [];
    bus.subscribe(event => {
      if (event.type !== 'job.paused' || event.job !== 'first') return;
      bus.emit(paused('second'));
      bus.subscribe(one => 'job' in one && late.push(one.job));
      bus.emit(paused('third'));
      unsubscribe.forEach(call => call());
    });
    unsubscribe.push(bus.subscribe(event => gone.push(event.type)));
    bus.emit(paused('first'));
    expect(late).toEqual(['third']);
    expect(gone).toEqual([]);
  });
});

describe('a listener that resigns when it is informed of the election', () => {
  it('does not keep the engine from ending the term, and every listener receives elected before lost', async () => {
    const cluster = new EngineCluster();
    const a = cluster.pod('a');
    let resigned = 0;
    a.bus.subscribe(event => {
      if (event.type !== 'leader.elected' || resigned > 0) return;
      resigned += 1;
      void a.elector.resign();
    });
    const after: string[] = [];
    a.bus.subscribe(event => after.push(event.type));
    a.start();
    await cluster.advance(0);
    expect(after).toEqual(['leader.elected', 'leader.lost']);
    expect(a.elector.isLeader()).toBe(false);
    const b = await cluster.started('b');
    await cluster.advance(3 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.calls.length).toBeGreaterThan(0);
    expect(cluster.calls.every(({ pod }) => pod === 'b')).toBe(true);
  });
});
