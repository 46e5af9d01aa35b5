import fc from 'fast-check';

import type { RunRef } from '../../../lib/core/run/run-ref.js';
import type { RunRequest } from '../../../lib/ports/control-store.js';
import type { HistoryQuery } from '../../../lib/ports/history-store.js';
import type { TermRef } from '../../../lib/ports/run-store.js';
import { allUnfinished } from '../../support/all-unfinished.js';
import { MINUTE } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';

export const never: AbortSignal = new AbortController().signal;

/** One of the stores, in the course of a test. */
export interface World {
  readonly stores: RunStores;
  readonly start: number;
  leader: TermRef;
  /** By handle. */
  readonly requested: Map<string, RunRequest>;
}

/** One question to a store. */
export type Question = (world: World) => Promise<unknown>;

/** A question with its name and its input, as the property generates it. */
export interface Asked {
  readonly name: string;
  readonly value: unknown;
  readonly put: Question;
}

export const ask = <Input>(
  weight: number,
  name: string,
  input: fc.Arbitrary<Input>,
  put: (input: Input) => Question,
) => ({
  weight,
  arbitrary: input.map(value => ({ name, value, put: put(value) })),
});

export const dated = <Ref extends RunRef>(ref: Ref, start: number): Ref => ({
  ...ref,
  tick: start + ref.tick * MINUTE,
});

/** One of the runs that have not ended; there may be none. */
export async function found({ stores }: World, place: number): Promise<RunRef[]> {
  const unfinished = await allUnfinished(stores.runs, never);
  const at = place % Math.max(1, unfinished.length);
  return unfinished
    .slice(at, at + 1)
    .map(({ job, tick, runId, manual, handle }) => ({ job, tick, runId, manual, handle }));
}

export function past({ stores, start }: World, query: HistoryQuery) {
  const { before } = query;
  const instant = typeof before === 'number' ? start + before * MINUTE : undefined;
  const last = typeof before === 'object' ? { ...before, tick: start + before.tick * MINUTE } : undefined;
  return stores.history.history({ ...query, before: last ?? instant }, never);
}
