import { describe, expect, it } from '@jest/globals';

import { EngineErrors } from '../../../lib/engine/engine-errors.js';
import { EventBus } from '../../../lib/engine/event-bus.js';
import type { ScheduleEvent } from '../../../lib/core/events.js';
import { MINUTE, SECOND } from '../../support/durations.js';
import { EngineCluster, INTERVAL, START, type Pod } from '../../support/engine-harness.js';
import { VirtualClock } from '../../../lib/testing/virtual-clock.js';

const MINUTE_MS = MINUTE;

/** As a codec that reads a field of an answer that is not there. */
const brokenParser = (): never => {
  throw new TypeError("Cannot read properties of undefined (reading 'runId')");
};

const reported = (pod: Pod) => pod.eventsOf('engine.error');

describe('a bug in the parser of an answer', () => {
  it('is reported with its stack, and not as an outage of the store', async () => {
    const cluster = new EngineCluster([{}]);
    const a = await cluster.started('a');
    a.runs.onClaimAnswered = brokenParser;
    await cluster.advance(10 * SECOND);
    expect(reported(a)).toMatchObject([{ error: expect.any(TypeError), repeats: 0 }]);
    expect(reported(a)[0]).toHaveProperty('error.stack', expect.stringContaining('brokenParser'));
    expect(a.eventsOf('store.unavailable')).toEqual([]);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('does not lose the tick: it is claimed again with delays, and runs when the bug is gone', async () => {
    const cluster = new EngineCluster([{ cron: '1 0 0 1 1 *' }]);
    const a = await cluster.started('a');
    a.runs.onClaimAnswered = brokenParser;
    await cluster.advance(4 * SECOND);
    expect(a.runs.claimed.length).toBeGreaterThan(4);
    expect(a.runs.claimed.length).toBeLessThan(16);
    expect(cluster.seconds()).toEqual([]);
    a.runs.onClaimAnswered = () => undefined;
    await cluster.advance(INTERVAL);
    expect(cluster.seconds()).toEqual([1]);
  });

  it('is reported once a minute, with the number in between', async () => {
    const cluster = new EngineCluster([{}]);
    const a = await cluster.started('a');
    a.runs.onClaimAnswered = brokenParser;
    await cluster.advance(3 * MINUTE_MS);
    expect(reported(a).length).toBeGreaterThanOrEqual(2);
    expect(reported(a).length).toBeLessThanOrEqual(3);
    expect(reported(a)[1]?.repeats).toBeGreaterThan(50);
  });

  it('leaves an outage an outage', async () => {
    const cluster = new EngineCluster([{}]);
    const a = await cluster.started('a');
    a.runs.fault = 'fails';
    await cluster.advance(5 * SECOND);
    expect(a.eventsOf('store.unavailable')).toHaveLength(1);
    expect(reported(a)).toEqual([]);
  });
});

describe('work in the background', () => {
  it('reports what it rejects with', async () => {
    const reportedEvents: ScheduleEvent[] = [];
    const events = new EventBus(() => undefined);
    events.subscribe(event => reportedEvents.push(event));
    const error = new RangeError('out of range');
    new EngineErrors({ clock: new VirtualClock(START), events }).inBackground(Promise.reject(error));
    await Promise.resolve();
    expect(reportedEvents).toEqual([{ type: 'engine.error', error, repeats: 0 }]);
  });
});
