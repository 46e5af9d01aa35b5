import { readFileSync } from 'node:fs';

/** The statements that docs/fencing.md shows, by name. */
export const documentedSql: ReadonlyMap<string, string> = new Map(
  [...readFileSync('docs/fencing.md', 'utf8').matchAll(/<!-- sql: (\w+) -->\s+```sql\n(.*?)```/gs)].map(
    ([, name = '', sql = '']) => [name, sql],
  ),
);

/** One of them; throws when the page has none of this name. */
export function documented(name: string): string {
  const sql = documentedSql.get(name);
  if (sql === undefined) throw new Error(`docs/fencing.md has no statement ${name}`);
  return sql;
}
