import { setTimeout as pause } from 'node:timers/promises';

/** How long and how often {@link eventually} asks. */
export interface EventuallyOptions {
  /** Milliseconds after which it gives up; 10,000 by default. */
  within?: number;
  /** Milliseconds between two tries; 10 by default. */
  every?: number;
  /** The awaited fact, for the message: "the follower leads". */
  what?: string;
}

type Truthy<T> = Exclude<T, false | 0 | 0n | '' | null | undefined>;

/**
 * Resolves with the first truthy answer of `check`; a falsy answer or a thrown error means "ask again". Rejects
 * after `within` with the last answer or error in the message, also when `check` itself never settles.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 10_000, every = 10, what = 'the condition' }: EventuallyOptions = {},
): Promise<Truthy<Awaited<T>>> {
  const deadlineMono = performance.now() + within;
  let last: Answer<Awaited<T>> = { kind: 'none' };
  for (let tries = 1; ; tries += 1) {
    const answer = await answerBefore(deadlineMono, check);
    if (answer.kind === 'value' && isTruthy(answer.value)) return answer.value;
    if (answer.kind !== 'none') last = answer;
    if (performance.now() + every >= deadlineMono) {
      throw new Error(`Waited ${within} ms for this: ${what}. ${describe(last)} (try ${tries}).`, {
        cause: last.kind === 'error' ? last.error : undefined,
      });
    }
    await pause(every);
  }
}

type Answer<T> = { kind: 'value'; value: T } | { kind: 'error'; error: unknown } | { kind: 'none' };

async function answerBefore<T>(deadlineMono: number, check: () => T): Promise<Answer<Awaited<T>>> {
  const settled = new AbortController();
  const tooLate = pause(deadlineMono - performance.now(), { kind: 'none' } as const, {
    signal: settled.signal,
  });
  try {
    return await Promise.race([answerOf(check), tooLate]);
  } finally {
    tooLate.catch(() => {});
    settled.abort();
  }
}

async function answerOf<T>(check: () => T): Promise<Answer<Awaited<T>>> {
  try {
    return { kind: 'value', value: await check() };
  } catch (error) {
    return { kind: 'error', error };
  }
}

function isTruthy<T>(value: T): value is Truthy<T> {
  return Boolean(value);
}

function describe(last: Answer<unknown>): string {
  if (last.kind === 'none') return 'There was no answer at all';
  return last.kind === 'value'
    ? `The last answer was ${String(last.value)}`
    : `It last failed with ${String(last.error)}`;
}
