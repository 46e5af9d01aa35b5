type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Notes each transition that is looked up in a table; the function returned stops that. */
export function watch(table: Table, walked: Set<string>): () => void {
  const entries = Object.entries(table).flatMap(([state, row]) =>
    Object.entries(row).map(([step, next]) => ({ state, row, step, next })),
  );
  for (const { state, row, step, next } of entries)
    Object.defineProperty(row, step, {
      get: () => {
        walked.add(`${state} → ${step}`);
        return next;
      },
      configurable: true,
      enumerable: true,
    });
  return () => {
    for (const { row, step, next } of entries)
      Object.defineProperty(row, step, { value: next, configurable: true, enumerable: true, writable: true });
  };
}

export const transitionsOf = (table: Table): string[] =>
  Object.entries(table).flatMap(([state, row]) => Object.keys(row).map(step => `${state} → ${step}`));
