import { beforeEach, expect, it } from '@jest/globals';

import { electionTiming } from '../../../lib/core/election/timing.js';
import { BatchedCall } from '../../../lib/engine/batched-call.js';
import { EventBus } from '../../../lib/engine/event-bus.js';
import { StoreCall } from '../../../lib/engine/store-call.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { SECOND } from '../../support/durations.js';

/** A call that the store has not answered. */
interface Sent {
  readonly requests: readonly string[];
  readonly token: number;
  readonly answer: (answers: readonly string[]) => void;
}

let clock: VirtualClock;
let sent: Sent[];
let batched: BatchedCall<string, string>;

beforeEach(() => {
  clock = new VirtualClock();
  sent = [];
  const timing = electionTiming(3 * SECOND, 10 * SECOND);
  const events = new EventBus(() => undefined);
  batched = new BatchedCall({
    clock,
    storeCall: new StoreCall({ clock, events, timing, source: 'runs' }),
    send: (requests, _, token) =>
      new Promise(answer => sent.push({ requests: [...requests], token, answer })),
  });
});

const many = (count: number, name = 'request') =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);
const make = (requests: readonly string[], token = 1) =>
  requests.map(request => batched.call(request, token));
const sizes = () => sent.map(({ requests }) => requests.length);

it('sends the requests of one moment in one call, and resolves each to its answer', async () => {
  const replies = make(['a', 'b']);
  expect(sent).toEqual([]);
  await clock.advance(0);
  expect(sent).toMatchObject([{ requests: ['a', 'b'], token: 1 }]);
  sent[0]?.answer(['yes', 'no']);
  const askedAt = clock.now();
  expect(await Promise.all(replies)).toEqual([
    { answer: 'yes', askedAt },
    { answer: 'no', askedAt },
  ]);
});

it('sends the requests of each term in calls of their own, in order', async () => {
  void make(['a', 'b'], 1);
  void make(['c'], 2);
  void make(['d'], 3);
  await clock.advance(0);
  expect(sent).toMatchObject([
    { requests: ['a', 'b'], token: 1 },
    { requests: ['c'], token: 2 },
    { requests: ['d'], token: 3 },
  ]);
});

it('sends no more than 250 requests in a call', async () => {
  void make(many(501));
  await clock.advance(0);
  expect(sizes()).toEqual([250, 250, 1]);
});

it('has four calls under way at most; what waits for one of them is sent together', async () => {
  void make(many(1000));
  await clock.advance(0);
  void make(['early']);
  await clock.advance(0);
  void make(['late']);
  await clock.advance(0);
  expect(sizes()).toEqual([250, 250, 250, 250]);
  sent[1]?.answer([]);
  await clock.advance(0);
  expect(sent.slice(4)).toMatchObject([{ requests: ['early', 'late'] }]);
  void make(['later']);
  await clock.advance(0);
  expect(sent).toHaveLength(5);
  for (const { answer } of sent) answer([]);
  await clock.advance(0);
  expect(sent.slice(5)).toMatchObject([{ requests: ['later'] }]);
});

it('resolves to no answer when the store gives none in time', async () => {
  const [reply] = make(['a']);
  const askedAt = clock.now();
  await clock.advance(10 * SECOND);
  expect(await reply).toEqual({ answer: undefined, askedAt });
});
