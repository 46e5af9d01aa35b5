import fc from 'fast-check';

import { ALL_JOBS } from '../../../lib/ports/control-store.js';
import { allUnfinished } from '../../support/all-unfinished.js';
import { HOUR } from '../../support/durations.js';
import {
  adoption,
  candidates,
  claim,
  ending,
  facts,
  handles,
  jobs,
  lockMs,
  minutes,
  place,
  requests,
  retention,
  run,
  states,
  terms,
} from './arbitraries.js';
import { ask, dated, found, never, past } from './world.js';

export const questions = fc.oneof(
  ask(
    8,
    'claim',
    fc.record({ term: terms, lockMs, claims: fc.array(claim, { minLength: 1, maxLength: 4 }) }),
    ({ term, claims, lockMs: lock }) =>
      ({ stores, start, leader }) => {
        const asked = claims.map(one => dated(one, start));
        return stores.runs.claim({ ...(term ?? leader), lockMs: lock, claims: asked }, never);
      },
  ),
  ask(1, 'finish any', fc.record({ run, ending }), ({ run: ref, ending: end }) => ({ stores, start }) => {
    return stores.runs.finish([{ ...dated(ref, start), ...end }], never);
  }),
  ask(3, 'finish', fc.record({ place, ending }), ({ place: at, ending: end }) => async world => {
    const refs = await found(world, at);
    // Twice: the reply may have been lost.
    const twice = [...refs, ...refs].map(ref => ({ ...ref, ...end }));
    return world.stores.runs.finish(twice, never);
  }),
  ask(
    1,
    'release any',
    run,
    ref =>
      ({ stores, start }) =>
        stores.runs.release(dated(ref, start), never),
  ),
  ask(2, 'release', place, at => async world => {
    const refs = await found(world, at);
    return Promise.all(refs.map(ref => world.stores.runs.release(ref, never)));
  }),
  ask(1, 'heartbeat any', fc.record({ lockMs, run }), ({ run: ref, ...rest }) => ({ stores, start }) => {
    return stores.runs.heartbeat({ ...rest, runs: [dated(ref, start)] }, never);
  }),
  ask(2, 'heartbeat', lockMs, lock => async ({ stores }) => {
    return stores.runs.heartbeat({ lockMs: lock, runs: await allUnfinished(stores.runs, never) }, never);
  }),
  ask(
    1,
    'adopt any',
    fc.record({ term: terms, lockMs, orphans: fc.array(adoption, { minLength: 1, maxLength: 3 }) }),
    ({ term, orphans, lockMs: lock }) =>
      ({ stores, start, leader }) => {
        const asked = orphans.map(one => ({ ...one, orphan: dated(one.orphan, start) }));
        return stores.runs.adopt({ ...(term ?? leader), lockMs: lock, orphans: asked }, never);
      },
  ),
  ask(
    3,
    'adopt',
    fc.record({
      term: terms,
      lockMs,
      wish: fc.constantFrom('recover', 'abandon'),
      retention,
      facts,
    } as const),
    ({ term, lockMs: lock, ...wish }) =>
      async ({ stores, leader }) => {
        const unfinished = await allUnfinished(stores.runs, never);
        const orphans = unfinished.map((orphan, at) => ({ orphan, runId: `new${at}`, ...wish }));
        return stores.runs.adopt({ ...(term ?? leader), lockMs: lock, orphans }, never);
      },
  ),
  ask(3, 'request', requests, wish => async ({ stores, requested }) => {
    const request = await stores.control.requestRun(wish, never);
    requested.set(request.id, request);
    // No two at one moment, which one clock might call so and the other one not.
    await stores.pass(2);
    return `${request.id} ${request.job}`;
  }),
  ask(
    6,
    'claim requested',
    fc.record({ claim, handle: handles, runId: fc.constantFrom('u', 'v') }),
    ({ claim: wish, ...rest }) =>
      async ({ stores, leader, requested }) => {
        const { job, tick } = requested.get(rest.handle) ?? wish;
        const byHand = { ...wish, ...rest, job, tick, manual: true, isRequested: true };
        const put = () => stores.runs.claim({ ...leader, lockMs: HOUR, claims: [byHand] }, never);
        // Twice: the reply may have been lost.
        return [...(await put()), ...(await put())];
      },
  ),
  ask(
    3,
    'outcome',
    requests,
    wish =>
      ({ stores, requested }) =>
        stores.cluster.outcome({ tick: 0, ...wish, ...requested.get(wish.id) }, never),
  ),
  ask(2, 'abort', place, at => async world => {
    const refs = await found(world, at);
    return Promise.all(refs.map(ref => world.stores.control.requestAbort(ref, never)));
  }),
  ask(
    1,
    'reschedule',
    fc.record({ job: jobs, order: fc.constantFrom(undefined, 'o') }),
    ({ job, order }) =>
      ({ stores }) =>
        stores.control.reschedule(job, order, never),
  ),
  ask(1, 'states', fc.constant(['one', 'two']), names => async world => {
    const { jobs: stored, pause } = await world.stores.cluster.states(names, never);
    return [{ pause }, ...stored].map(state => ({
      ...state,
      watermark: undefined,
      pause: state.pause?.reason,
    }));
  }),
  ask(1, 'open', fc.record({ term: terms, job: jobs, schedule: fc.constantFrom('s', 't') }), asked => {
    const { term, ...job } = asked;
    return ({ stores, leader }) => stores.runs.open({ ...(term ?? leader), jobs: [job] }, never);
  }),
  ask(
    1,
    'pause',
    fc.record({ job: fc.oneof(jobs, fc.constant(ALL_JOBS)), forMs: fc.constantFrom(Infinity, HOUR) }),
    ({ job, forMs }) =>
      ({ stores }) =>
        // When it began and ends is by clocks that are a little apart.
        stores.control.pause({ job, forMs, reason: '' }, never).then(({ reason }) => reason),
  ),
  ask(
    2,
    'resume',
    fc.oneof(jobs, fc.constant(ALL_JOBS)),
    job =>
      ({ stores }) =>
        stores.control.resume(job, never),
  ),
  ask(1, 'lead', candidates, term => async world => {
    world.leader = term;
    await world.stores.lead(term.podId, term.token);
  }),
  ask(
    2,
    'history',
    fc.record({
      job: fc.option(jobs, { nil: undefined }),
      limit: fc.constantFrom(0, 1, 2, 50),
      before: fc.option(fc.oneof(minutes, run), { nil: undefined }),
      states: fc.subarray([...states, 'skipped', 'missed', 'abandoned'] as const),
    }),
    query => world => past(world, query),
  ),
);
