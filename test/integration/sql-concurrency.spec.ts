import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';

import { documented } from '../support/documented-sql.js';
import { eventually } from '../support/eventually.js';
import { postgresFolder, PostgresServer } from '../support/postgres-server.js';

const OLDER = 1_790_000_000_001;
const NEWER = 1_790_000_000_002;
const programs = postgresFolder();
const describeWithPostgres = programs === undefined ? describe.skip : describe;
let server: PostgresServer;
let one: Client;
let other: Client;
let admin: Client;

beforeAll(async () => {
  server = await PostgresServer.start(programs ?? '');
  [one, other, admin] = [await server.connect(), await server.connect(), await server.connect()];
});
beforeEach(async () => {
  await admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
  await admin.query(documented('schema'));
  await admin.query("INSERT INTO balance (account, cents) VALUES ('acme', 100)");
});
afterEach(async () => {
  await Promise.all([one.query('ROLLBACK'), other.query('ROLLBACK')]);
});
afterAll(() => server.dispose());
const begin = (client: Client, level = 'READ COMMITTED') => client.query(`BEGIN ISOLATION LEVEL ${level}`);

const fence = async (client: Client, token: number) => {
  const { rows } = await client.query<{ token: string }>(documented('fence'), ['ledger', token]);
  return rows.map(row => Number(row.token));
};

/** Resolves when a connection waits for another one to end its transaction. */
const someoneWaits = () =>
  eventually(async () => {
    const { rows } = await admin.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    return rows.length > 0;
  });

/** The answer to a statement that waits for the transaction of the first client, which then ends as given. */
const behind = async <Answer>(ask: () => Promise<Answer>, end: 'COMMIT' | 'ROLLBACK'): Promise<Answer> => {
  const answer = ask();
  answer.catch(() => undefined);
  await someoneWaits();
  await one.query(end);
  return answer;
};

/* The statements of docs/fencing.md on concurrent transactions, on a real server with several connections. */
describeWithPostgres('the SQL of docs/fencing.md, at the same time (needs PostgreSQL)', () => {
  it.each([
    ['an older one waits for a newer, and is refused', NEWER, OLDER, 'COMMIT', []],
    ['an older one goes on when the newer is rolled back', NEWER, OLDER, 'ROLLBACK', [OLDER]],
    ['a newer one waits for an older, and goes on', OLDER, NEWER, 'COMMIT', [NEWER]],
    ['an equal one waits, and goes on', OLDER, OLDER, 'COMMIT', [OLDER]],
  ] as const)('%s', async (_, first, second, end, expected) => {
    for (const isKnown of [false, true]) {
      await admin.query('DELETE FROM fence');
      if (isKnown) await fence(admin, OLDER - 1);
      await begin(one);
      expect(await fence(one, first)).toEqual([first]);
      await begin(other);
      expect(await behind(() => fence(other, second), end)).toEqual(expected);
      await other.query('COMMIT');
    }
  });

  it.each(['REPEATABLE READ', 'SERIALIZABLE'])('may end with 40001 where the level is %s', async level => {
    await fence(admin, OLDER - 1);
    await begin(one, level);
    await begin(other, level);
    // Its snapshot is taken with its first statement.
    await other.query('SELECT 1 FROM fence');
    await fence(one, OLDER);
    await expect(behind(() => fence(other, NEWER), 'COMMIT')).rejects.toMatchObject({ code: '40001' });
  });

  it('one row: an older write that waits for a newer changes nothing', async () => {
    const write = (client: Client, cents: number, token: number) =>
      client.query(documented('row'), ['acme', cents, token]);
    await begin(one);
    expect((await write(one, 7, NEWER)).rowCount).toBe(1);
    expect((await behind(() => write(other, 5, OLDER), 'COMMIT')).rowCount).toBe(0);
    const { rows } = await admin.query('SELECT cents FROM balance');
    expect(rows).toEqual([{ cents: '7' }]);
  });

  it.each([
    ['COMMIT', 0],
    ['ROLLBACK', 1],
  ] as const)(
    'once: of two at the same time, after %s of the first the other inserts %d',
    async (end, count) => {
      const make = (client: Client) => client.query(documented('once'), ['day:acme', 'acme', 4200]);
      await begin(one);
      expect((await make(one)).rowCount).toBe(1);
      expect((await behind(() => make(other), end)).rowCount).toBe(count);
      const { rows } = await admin.query('SELECT * FROM invoice');
      expect(rows).toHaveLength(1);
    },
  );
});
