import type { PageListener } from '../../ports/pages.js';

/** Calls under way at once: more would only wait in Redis, behind the time limit of the first. */
const CALLS_AT_ONCE = 4;

/**
 * Requests many items in several calls, a few at a time, and none in one call. The answers keep the order of the items.
 *
 * @param ask also receives the number of its chunk
 * @param onPage called after each answer
 */
export async function inChunks<Item, Answer>(
  items: readonly Item[],
  size: number,
  ask: (chunk: readonly Item[], number: number) => Promise<readonly Answer[]>,
  onPage: PageListener = () => undefined,
): Promise<Answer[]> {
  const count = Math.max(1, Math.ceil(items.length / size));
  const answers: Answer[] = [];
  for (let first = 0; first < count; first += CALLS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(CALLS_AT_ONCE, count - first) }, (_, at) => first + at);
    const calls = numbers.map(number => ask(items.slice(number * size, (number + 1) * size), number));
    answers.push(...(await Promise.all(calls)).flat());
    onPage();
  }
  return answers;
}
