import { PGlite, type Transaction } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { documented, documentedSql } from '../support/documented-sql.js';

const OLDER = 1_790_000_000_001;
const NEWER = 1_790_000_000_002;
class StaleTerm extends Error {}
let database: PGlite;

beforeAll(async () => {
  database = await PGlite.create();
});
beforeEach(async () => {
  await database.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public;');
  await database.exec(documented('schema'));
  await database.exec("INSERT INTO balance (account, cents) VALUES ('acme', 100)");
});
afterAll(() => database.close());

const passFence = async (sql: Pick<Transaction, 'query'>, token: number) => {
  const { rows } = await sql.query(documented('fence'), ['ledger', token]);
  if (rows.length === 0) throw new StaleTerm();
};

const add = (sql: Pick<Transaction, 'query'>, cents: number) =>
  sql.query("UPDATE balance SET cents = cents + $1 WHERE account = 'acme'", [cents]);

/** A transaction as the page describes it: the fence first, then any writes. */
const addFenced = (token: number, cents: number) =>
  database.transaction(async sql => {
    await passFence(sql, token);
    await add(sql, cents);
  });

const one = async (sql: string) => Object.values((await database.query<object>(sql)).rows[0] ?? {})[0];
const cents = () => one("SELECT cents FROM balance WHERE account = 'acme'");
const fence = () => one("SELECT token FROM fence WHERE resource = 'ledger'");

describe('the SQL of docs/fencing.md', () => {
  it('is all under a test', () =>
    expect([...documentedSql.keys()]).toEqual(['schema', 'fence', 'row', 'once']));
});

describe('the SQL of docs/fencing.md, a transaction that begins with the fence', () => {
  it('changes nothing with an older token', async () => {
    await addFenced(NEWER, 5);
    await expect(addFenced(OLDER, 7)).rejects.toThrow(StaleTerm);
    expect([await cents(), await fence()]).toEqual([105, NEWER]);
  });

  it('writes with an equal token', async () => {
    await addFenced(OLDER, 5);
    await addFenced(OLDER, 7);
    expect([await cents(), await fence()]).toEqual([112, OLDER]);
  });

  it('writes with a newer token, and locks the older out', async () => {
    await addFenced(OLDER, 5);
    await addFenced(NEWER, 7);
    await expect(addFenced(OLDER, 9)).rejects.toThrow(StaleTerm);
    expect([await cents(), await fence()]).toEqual([112, NEWER]);
  });

  it('forgets its token when it is rolled back', async () => {
    const failed = database.transaction(async sql => {
      await passFence(sql, NEWER);
      await add(sql, 5);
      throw new Error('something else failed');
    });
    await expect(failed).rejects.toThrow('something else failed');
    await addFenced(OLDER, 7);
    expect([await cents(), await fence()]).toEqual([107, OLDER]);
  });

  it('guards one resource only', async () => {
    await addFenced(NEWER, 5);
    const { rows } = await database.query(documented('fence'), ['another ledger', OLDER]);
    expect(rows).toEqual([{ token: OLDER }]);
  });

  it('keeps the write of the newest holder, with others that write at the same time', async () => {
    const tokens = Array.from({ length: 40 }, (_, n) => OLDER + ((n * 7) % 13));
    const written: number[] = [];
    await Promise.allSettled(
      tokens.map(token =>
        database.transaction(async sql => {
          await passFence(sql, token);
          await sql.query("UPDATE balance SET cents = $1 WHERE account = 'acme'", [token]);
          written.push(token);
        }),
      ),
    );
    expect(written).toEqual(written.toSorted((a, b) => a - b));
    expect([await cents(), await fence()]).toEqual([OLDER + 12, OLDER + 12]);
  });
});

const write = async (amount: number, token: number) =>
  (await database.query(documented('row'), ['acme', amount, token])).affectedRows;

describe('the SQL of docs/fencing.md, a row with a token', () => {
  it('is changed by an equal or newer token, and not by an older one', async () => {
    expect(await write(1, OLDER)).toBe(1);
    expect(await write(2, OLDER)).toBe(1);
    expect(await write(3, NEWER)).toBe(1);
    expect(await write(4, OLDER)).toBe(0);
    expect(await cents()).toBe(3);
  });
});

const invoice = async (sql: Pick<Transaction, 'query'>, key: string, amount = 42) =>
  (await sql.query(documented('once'), [key, 'acme', amount])).affectedRows;

const invoices = () => one('SELECT count(*)::int FROM invoice');

describe('the SQL of docs/fencing.md, an idempotency key', () => {
  it('that is repeated inserts nothing, and changes nothing', async () => {
    expect(await invoice(database, 'bill:2030-01-01T06:00:00.000Z', 42)).toBe(1);
    expect(await invoice(database, 'bill:2030-01-01T06:00:00.000Z', 43)).toBe(0);
    expect(await invoice(database, 'bill:2030-01-02T06:00:00.000Z', 44)).toBe(1);
    expect(await one('SELECT sum(cents)::int FROM invoice')).toBe(86);
  });

  it('inserts once among many transactions at the same time', async () => {
    const inserted = await Promise.all(
      Array.from({ length: 20 }, () => database.transaction(sql => invoice(sql, 'bill:one tick'))),
    );
    expect(inserted.filter(count => count === 1)).toHaveLength(1);
    expect(await invoices()).toBe(1);
  });

  it('of a run that was rolled back is free again', async () => {
    const failed = database.transaction(async sql => {
      await invoice(sql, 'bill:one tick');
      throw new Error('the rest failed');
    });
    await expect(failed).rejects.toThrow('the rest failed');
    expect(await invoice(database, 'bill:one tick')).toBe(1);
  });

  it('is not written by a term that is over', async () => {
    await addFenced(NEWER, 0);
    const late = database.transaction(async sql => {
      await invoice(sql, 'bill:one tick');
      await passFence(sql, OLDER);
    });
    await expect(late).rejects.toThrow(StaleTerm);
    expect(await invoices()).toBe(0);
  });
});
