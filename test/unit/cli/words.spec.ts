import { describe, expect, it } from '@jest/globals';

import { leaseKeyOf } from '../../../lib/adapters/redis/redis-schedulers.js';
import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { plain, toJson } from '../../../lib/cli/answer.js';
import { EXIT } from '../../../lib/cli/exit-codes.js';
import { reportError } from '../../../lib/cli/cli-error.js';
import { table } from '../../../lib/cli/table.js';
import { fromNow, localIso, took } from '../../../lib/cli/times.js';
import { StoreUnavailableError } from '../../../lib/core/errors/errors.js';
import { describedSchedule, parseDescription } from '../../../lib/core/job/job-description.js';

describe('a time on the command line', () => {
  const now = Date.UTC(2030, 0, 1);

  it.each([
    [0, 'now'],
    [999, 'now'],
    [1000, 'in 1s'],
    [-59_999, '59s ago'],
    [180_000, 'in 3m'],
    [-7_200_000, '2h ago'],
    [3 * 86_400_000, 'in 3d'],
  ])('of %d ms is %s', (ms, words) => expect(fromNow(new Date(now + ms), now)).toBe(words));

  it('has the offset of the zone of the process, and is the same instant', () => {
    const written = localIso(new Date(now));
    expect(written).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(new Date(written).getTime()).toBe(now);
  });

  it.each([
    [undefined, ''],
    [850.4, '850ms'],
    [1249, '1.2s'],
    [185_400, '3m5s'],
  ])('that %s ms took is %s', (ms, words) => expect(took(ms)).toBe(words));
});

describe('a table', () => {
  it('shows rows below one another where the columns do not fit, each line within the width', () => {
    const row = [
      'a-job-with-quite-a-long-name',
      'in 3m',
      'succeeded',
      'at 3 in the morning of each working day of the week',
    ];
    const text = table(['JOB', 'NEXT', 'LAST RUN', 'SCHEDULE'], [row, ['b', '', '', 'x']], 48);
    expect(text.split('\n')).toEqual([
      'a-job-with-quite-a-long-name',
      '  NEXT      in 3m',
      '  LAST RUN  succeeded',
      '  SCHEDULE  at 3 in the morning of each working',
      '            day of the week',
      'b',
      '  SCHEDULE  x',
    ]);
  });

  it('is aligned, without blanks at the ends of its lines', () =>
    expect(
      table(
        ['A', 'B'],
        [
          ['long name', 'x'],
          ['y', 'z z'],
        ],
        100,
      ),
    ).toBe('A          B\nlong name  x\ny          z z'));

  it('wraps its last column within the width', () => {
    const lines = table(['A', 'B'], [['a', 'many words in one long line of text']], 24).split('\n');
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(24);
  });
});

describe('text of another author', () => {
  it('commands no terminal', () => expect(plain('a\u001b[31mb\u0008\nc')).toBe('ab\ufffd c'));

  it('has every field in JSON', () =>
    expect(toJson({ a: undefined, b: Infinity, c: new Date(0) })).toBe(
      '{"a":null,"b":null,"c":"1970-01-01T00:00:00.000Z"}',
    ));
});

describe('an error', () => {
  it('ends the process by what it means', () =>
    expect(reportError(new StoreUnavailableError({ problem: 'Away', remedy: 'Wait' }))).toMatchObject({
      exitCode: EXIT.redisUnavailable,
      message: 'Away. Wait',
    }));

  it('shows no password, whatever it is', () =>
    expect(reportError('redis://:secret@host is away')).toMatchObject({
      exitCode: EXIT.error,
      message: 'redis://***@host is away',
    }));
});

describe('a lease key', () => {
  it.each(['scheduler:a:leader', 'x:{tag}:y', 'plain'])('the key of its term identifies %s', key =>
    expect(leaseKeyOf(redisKeys(key).term)).toBe(key),
  );

  it.each(['a:term', ':term', '{}:term', '{a}:terms'])('%s identifies none', key =>
    expect(leaseKeyOf(key)).toBeUndefined(),
  );
});

describe('a schedule that was announced', () => {
  const described = (schedule: string, timeZone = '') =>
    describedSchedule(parseDescription(JSON.stringify({ schedule, timeZone })));

  it.each(['0 9 * * 1-5', '@every 30s', '@timeout 5s', '-', '2030-01-01T00:00:00.000Z'])(
    '%s is read',
    source => expect(described(source)?.source).toBe(source),
  );

  it('is not known in a zone that is not', () => expect(described('@hourly', 'Moon/Base')).toBeUndefined());
});
