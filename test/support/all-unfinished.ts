import type { RunStore, UnfinishedRun } from '../../lib/ports/run-store.js';

/** Every run that has not ended, oldest tick first. */
export async function allUnfinished(
  runs: RunStore,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly UnfinishedRun[]> {
  const all: UnfinishedRun[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Awaited<ReturnType<RunStore['unfinished']>> = await runs.unfinished(after, signal);
    all.push(...page.runs);
    after = page.next;
  }
  return all.sort((a, b) => a.tick - b.tick);
}
